"""The messages between orchestrator and worker: plain data, JSON lines over pipes.

Commands (stdin): the job first, then any number of ``{"do": "window", ...}``, then ``{"do":
"close"}``. The end of input means that the orchestrator is gone: the worker ends at once. Events
(to the descriptor given as first argument): ``ready``, ``window``, ``closed`` or ``failed``. A
worker that only sends single requests gets ``{"do": "ask"}`` instead of windows, and sends an
``answer`` for each.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from adapters.base import Settings
from harness.worker.memory import OUT_OF_MEMORY

__all__ = ["Events", "Hold", "Job", "Pace", "TraceJob", "Window", "described"]

T = TypeVar("T")
LONGEST_MESSAGE = 1 << 18  # characters: the longest header section of a response, escaped


@dataclass(frozen=True)
class TraceJob:
    """The tracing of a worker: the share of requests, and the file for the traces."""

    share: float  # part of the requests, 0 to 1
    first_number: int  # its first request's, unique in the run
    segment_fd: int
    capacity: int


@dataclass(frozen=True)
class Job:
    """One worker's part of a trial."""

    module: str  # the adapter's module
    mode: str
    loop: str | None  # a key of adapters.loops.LOOPS; None: threads
    slots: int  # threads, greenlets or tasks
    mix_fd: int  # descriptor of its requests, as of Mix.encoded
    settings: Settings
    segment_fd: int
    capacity: int
    cpus: tuple[int, ...] | None  # CPUs to run on; None: those it is started with
    site: str  # the only folder of installed packages this process may see
    think_ns: int = 0  # pause of a slot after each request of a closed loop
    first_gap_ns: int = 0  # between the first requests of two slots; 0: all at once
    trace: TraceJob | None = None
    # share of a request's CPU time to waste after each one; None: none
    busy_share: float | None = None
    memory_bytes: int | None = None  # allowed growth after its client is loaded; None: no limit
    asking: bool = False  # it measures nothing and sends single requests on command
    dedicated: tuple[int, ...] = ()  # the endpoint that each slot serves; none: all serve all
    begin: int = 0  # place in the order of its requests at which those that count begin

    @classmethod
    def from_json(cls, line: bytes) -> Job:
        """Parse what ``to_json`` returned."""
        data: dict[str, Any] = json.loads(line)
        cpus, trace = data.pop("cpus"), data.pop("trace")
        return cls(
            settings=Settings(**data.pop("settings")),
            cpus=None if cpus is None else tuple(cpus),
            dedicated=tuple(data.pop("dedicated")),
            trace=None if trace is None else TraceJob(**trace),
            **data,
        )

    def to_json(self) -> bytes:
        """Return one line of plain data."""
        data = dict(vars(self))
        data["trace"] = self.trace and vars(self.trace)
        data["settings"] = {name: getattr(self.settings, name) for name in self.settings.__slots__}
        return json.dumps(data).encode() + b"\n"


@dataclass(frozen=True)
class Pace:
    """An open loop: requests start when they are due, independently of earlier ones.

    ``stages`` are (rate at the start, rate at the end, length in ns), for all workers of the trial
    together. ``starter``: with "fixed-workers" each slot takes the next arrival when it is free;
    with "per-request" an arrival is given to any free slot, and dropped if there is none.
    """

    stages: tuple[tuple[float, float, int], ...]
    spacing: str  # one of arrivals.SPACINGS, or RECORDED
    seed: int
    starter: str
    phase: float = 0.0  # as of arrivals.offsets
    # arrivals in the window for all workers together; None: as many as are due
    count: int | None = None


@dataclass(frozen=True)
class Hold:
    """Requests, each on its own connection, are held at ``point`` and released at planned instants.

    ``paced``: requests are held one after another, each released ``delay_ns`` after the one before,
    with at most ``limit`` unfinished. Otherwise they come in batches: of ``size``, each after the
    end of the last one, or ``once``; or those of ``starts``, (size, ns after the window's start),
    which may overlap.
    """

    point: str  # a key of adapters.trace.HOLD_POINTS
    delay_ns: int
    size: int = 1
    limit: int = 1
    paced: bool = False
    once: bool = False
    starts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Window:
    """One window of load. Instants are CLOCK_MONOTONIC in ns, the same for all workers of a trial.

    Load begins at ``begin_ns`` (lead-in), counts from ``start_ns`` and ends at ``end_ns`` or after
    ``permits`` requests of all workers together. This one sends those number ``share``,
    ``share + of``, …
    """

    id: int
    begin_ns: int
    start_ns: int
    end_ns: int
    counts: bool = True  # False: its requests are warm-up, and the order of the mix does not go on
    share: int = 0
    of: int = 1
    permits: int | None = None
    pace: Pace | None = None
    hold: Hold | None = None
    steps: tuple[tuple[int, int], ...] = ()  # (slots that send, until how many ns after the start)
    peek_at: tuple[int, ...] = ()  # statuses of which one answer is to be kept, if any comes

    def own(self, everybodys: Iterator[T]) -> Iterator[T]:
        """Return this worker's part of what all of them share."""
        if self.of == 1:
            return everybodys
        return itertools.islice(everybodys, self.share, None, self.of)

    @classmethod
    def from_command(cls, command: Mapping[str, Any]) -> Window:
        """Parse a ``{"do": "window", ...}`` command."""
        fields = {name: value for name, value in command.items() if name != "do"}
        pace, hold = fields.pop("pace"), fields.pop("hold")
        return cls(
            **fields,
            pace=None if pace is None else Pace(**pace),
            hold=None if hold is None else Hold(**hold),
        )

    def to_command(self) -> dict[str, Any]:
        """Return the command, which ``from_command`` parses."""
        nested = {"pace": self.pace and vars(self.pace), "hold": self.hold and vars(self.hold)}
        return {"do": "window", **vars(self), **nested}


def described(error: BaseException) -> str:
    """Describe an exception for an event: its class, and enough text to find secrets in it."""
    # a MemoryError has no text of its own
    text = OUT_OF_MEMORY if isinstance(error, MemoryError) else error
    return f"{type(error).__name__}: {text}"[:LONGEST_MESSAGE]


class Events:
    """The worker's event pipe to the orchestrator. Any thread may send.

    Lines are not interleaved.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def send(self, event: str, **details: object) -> None:
        """Send one event; end the process if the orchestrator is gone."""
        line = json.dumps({"event": event, **details}).encode() + b"\n"
        with self._lock:
            try:
                while line:
                    line = line[os.write(self._fd, line) :]
            except BrokenPipeError:
                os._exit(0)
