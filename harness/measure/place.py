"""The environment shared by all trials of a run, in which their workers are started."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.clients.bundle import Bundle
from harness.machine.processors import Launcher
from harness.measure.contenders import Contender
from harness.measure.samples import Segment
from harness.measure.workers import WorkerError, WorkerProcess
from harness.scenario.allocation import dedicated
from harness.scenario.plan import shares
from harness.worker.job import Job, TraceJob
from harness.worker.threads import STACK_BYTES
from harness.worker.tracing import TRACE_COLUMNS
from servers.base import Role

__all__ = ["Place"]

TRACE_CAPACITY = 1 << 12  # traces that a worker may be ahead of the drain
NUMBERS_PER_WORKER = 1 << 26
COPIES = 3  # copies in memory of a body that is read whole
CONNECTION_BYTES = 512 << 10  # buffers, TLS
SPARE_BYTES = 512 << 20  # threads of libraries themselves, and what allocators keep


def memory_bytes(contender: Contender, slots: int) -> int:
    """Return by how much one of its workers may grow: for expected bodies and one endless body.

    A library that reads a body whole keeps its pieces until it has joined them, and the last growth
    of either may be half as much again.
    """
    threads = 2 if contender.settings.hold_s else 1  # a held request has one of its own
    known = COPIES * max(one.answer_bytes for one in contender.endpoints)
    known += COPIES * max(len(one.body or b"") for one in contender.mix.requests)
    per_slot = threads * STACK_BYTES + CONNECTION_BYTES + known
    longest = max(one.max_body_bytes for one in contender.rules)
    return COPIES * longest + slots * per_slot + SPARE_BYTES


@dataclass(frozen=True)
class Place:
    """The environment of trials, shared by all of a run."""

    bundle: Bundle
    launcher: Launcher
    worker_cpus: tuple[int, ...] | None
    scrub: Callable[[str], str]  # a foreign message as it may be kept
    target_cpus: int = 1  # how many CPUs the target can keep busy
    target_cpu_ns: Callable[[], Mapping[Role, int]] = dict  # empty where it cannot be seen
    # One for each worker that traces, so that no two of them number their requests alike.
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def start_workers(
        self, contender: Contender, capacity: int, begin: int
    ) -> Iterator[WorkerProcess]:
        """Start a contender's workers, each with a record of ``capacity`` rows, owned by the
        caller. ``begin`` is the place of its sequence of requests at which they begin.

        Raises ``WorkerError`` at the first that does not start; those before it run.
        """
        for index, slots in enumerate(shares(contender.slots, contender.processes)):
            yield self._start(contender, index, slots, capacity, begin=begin)

    def start_asking(self, contender: Contender) -> WorkerProcess:
        """Start a process that sends the contender's request on command, owned by the caller.

        It may use any CPU: nothing is measured meanwhile. Raises ``WorkerError``.
        """
        return self._start(replace(contender, trace_share=0.0), 0, 1, capacity=1, asking=True)

    def _start(
        self,
        contender: Contender,
        index: int,
        slots: int,
        capacity: int,
        *,
        begin: int = 0,
        asking: bool = False,
    ) -> WorkerProcess:
        segment = Segment(capacity)
        traces = trace = None
        if contender.trace_share:
            traces = Segment(TRACE_CAPACITY, len(TRACE_COLUMNS))
            number = next(self.numbers) * NUMBERS_PER_WORKER
            trace = TraceJob(contender.trace_share, number, traces.fd, traces.capacity)
        job = Job(
            module=contender.client.module,
            mode=contender.mode,
            loop=contender.loop,
            slots=slots,
            mix_fd=-1,  # until it starts
            settings=contender.settings,
            segment_fd=segment.fd,
            capacity=segment.capacity,
            cpus=None if asking else self.worker_cpus,
            site=str(contender.site),
            memory_bytes=memory_bytes(contender, slots),
            think_ns=contender.think_ns,
            first_gap_ns=contender.first_gap_ns * contender.processes,
            busy_share=contender.busy_share,
            trace=trace,
            asking=asking,
            dedicated=tuple(dedicated(slots, contender.weights)) if contender.weights else (),
            begin=begin,
        )
        log = self.bundle.log(f"{uuid.uuid4().hex}-{index}")
        arguments = (contender.python, self.bundle, log, job, contender.mix, segment, traces)
        try:
            return self.launcher.run(WorkerProcess, *arguments)
        except WorkerError:
            for part in filter(None, (segment, traces)):
                part.close()
            raise
