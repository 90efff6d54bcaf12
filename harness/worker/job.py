"""What the orchestrator tells a worker, and what it answers: plain data, JSON lines over pipes.

Commands (stdin): the job first, then any number of ``{"do": "window", ...}``, then ``{"do": "close"}``. End
of input means that the orchestrator is gone: the worker ends at once.
Events (the pipe whose number is the first argument): ``ready``, ``window``, ``closed`` or ``failed``.
A worker that only asks is told ``{"do": "ask"}`` instead of windows, and sends an ``answer`` each time.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.base import Request, Settings
from harness.worker.memory import OUT_OF_MEMORY

__all__ = ["Events", "Hold", "Job", "Pace", "TraceJob", "Window", "described"]

LONGEST_MESSAGE = 1 << 18  # characters: the longest head of a response, escaped


@dataclass(frozen=True)
class TraceJob:
    """What a worker is to trace, and where the traces go."""

    share: float  # of the requests, 0 to 1
    first_number: int  # of its requests, unique in the run
    segment_fd: int
    capacity: int


@dataclass(frozen=True)
class Job:
    """One worker's part of a trial."""

    module: str  # the adapter's module
    mode: str
    loop: str | None  # of the asynchronous mode: asyncio or uvloop
    slots: int  # threads or tasks
    request: Request
    settings: Settings
    segment_fd: int
    capacity: int
    cpus: tuple[int, ...] | None  # to run on; None: as it is started
    site: str  # the only folder of installed packages this process may see
    think_ns: int = 0  # pause of a slot after each request of a closed loop
    first_gap_ns: int = 0  # between the first requests of two slots; 0: all at once
    trace: TraceJob | None = None
    # of a request's CPU, wasted after each on purpose; None: no such detour
    busy_share: float | None = None
    memory_bytes: int | None = None  # by which it may grow once its client is loaded; None: any
    asking: bool = False  # it measures nothing, but sends a request whenever it is told to
    body_fd: int | None = None  # where the request's body is, if it is too long for a line

    @classmethod
    def from_json(cls, line: bytes) -> Job:
        """The inverse of ``to_json``."""
        data: dict[str, Any] = json.loads(line)
        request = data.pop("request")
        body = request.pop("body")
        cpus, trace, body_fd = data.pop("cpus"), data.pop("trace"), data.pop("body_fd", None)
        content = None if body is None else base64.b64decode(body)
        if body_fd is not None:
            with open(body_fd, "rb") as file:  # noqa: PTH123  a descriptor has no path
                content = file.read()
        return cls(
            request=Request(body=content, **request),
            settings=Settings(**data.pop("settings")),
            cpus=None if cpus is None else tuple(cpus),
            trace=None if trace is None else TraceJob(**trace),
            **data,
        )

    def to_json(self) -> bytes:
        """One line of plain data; a body travels as base64."""
        data = dict(vars(self))
        body = self.request.body
        data["request"] = {
            "method": self.request.method,
            "url": self.request.url,
            "headers": self.request.headers,
            "body": None if body is None else base64.b64encode(body).decode(),
        }
        data["trace"] = self.trace and vars(self.trace)
        data["settings"] = {name: getattr(self.settings, name) for name in self.settings.__slots__}
        return json.dumps(data).encode() + b"\n"


@dataclass(frozen=True)
class Pace:
    """An open loop: requests start when they are due, whatever became of those before.

    ``stages`` are (rate at the start, rate at the end, length in ns), for all workers of the trial together;
    this one takes the arrivals number ``share``, ``share + of``, … ``starter``: "fixed-workers", each slot
    takes the next arrival when it is free, or "per-request", an arrival is given to any free slot, and
    dropped if there is none.
    """

    stages: tuple[tuple[float, float, int], ...]
    spacing: str  # of arrivals.SPACINGS
    seed: int
    starter: str
    share: int = 0
    of: int = 1
    phase: float = 0.0  # as of arrivals.offsets
    # arrivals in the window, for all workers together; None: as many as are due
    count: int | None = None


@dataclass(frozen=True)
class Hold:
    """Requests, each on a connection of its own, are held at ``point`` and released on the clock.

    ``paced``: one after another is brought there and released ``delay_ns`` after the one before, with at most
    ``limit`` unfinished. Otherwise batches: of ``size``, one when the last is done, or ``once``; or those of
    ``starts``, (size, beginning in ns from the window's), which may overlap.
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
    """One stretch of load. All instants are CLOCK_MONOTONIC in ns, common to all workers of a trial.

    Load begins at ``begin_ns`` (lead-in), counts from ``start_ns`` and ends at ``end_ns`` or after
    ``permits`` requests: of this worker, in an open loop (``pace``) of all of them together.
    """

    id: int
    begin_ns: int
    start_ns: int
    end_ns: int
    permits: int | None = None
    pace: Pace | None = None
    hold: Hold | None = None
    steps: tuple[tuple[int, int], ...] = ()  # (slots that send, until how many ns after the start)
    sampled: tuple[int, ...] = ()  # statuses of which one answer is to be kept, if any comes

    @classmethod
    def from_command(cls, command: Mapping[str, Any]) -> Window:
        """The window of a ``{"do": "window", ...}`` command."""
        fields = {name: value for name, value in command.items() if name != "do"}
        pace, hold = fields.pop("pace"), fields.pop("hold")
        return cls(
            **fields,
            pace=None if pace is None else Pace(**pace),
            hold=None if hold is None else Hold(**hold),
        )

    def to_command(self) -> dict[str, Any]:
        """The inverse of ``from_command``."""
        nested = {"pace": self.pace and vars(self.pace), "hold": self.hold and vars(self.hold)}
        return {"do": "window", **vars(self), **nested}


def described(error: BaseException) -> str:
    """An exception for an event: its class, and as much text as finding secrets in it takes."""
    # a MemoryError has no text of its own
    text = OUT_OF_MEMORY if isinstance(error, MemoryError) else error
    return f"{type(error).__name__}: {text}"[:LONGEST_MESSAGE]


class Events:
    """The worker's way to the orchestrator. Any thread may send; a line is written whole."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def send(self, event: str, **details: object) -> None:
        """Send one event; nobody listening any more is the orchestrator's end, and ours."""
        line = json.dumps({"event": event, **details}).encode() + b"\n"
        with self._lock:
            try:
                while line:
                    line = line[os.write(self._fd, line) :]
            except BrokenPipeError:
                os._exit(0)
