"""Where the trials of a run take place, and how their workers are started there."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from harness.bundle import Bundle
from harness.contenders import Contender
from harness.plan import shares
from harness.processors import Launcher
from harness.samples import Segment
from harness.worker.job import Job, TraceJob
from harness.worker.tracing import TRACE_COLUMNS
from harness.workers import WorkerError, WorkerProcess
from servers.base import Role

__all__ = ["Place"]

TRACE_CAPACITY = 1 << 12  # traces a worker may be ahead of the drain
NUMBERS_PER_WORKER = 1 << 26


@dataclass(frozen=True)
class Place:
    """Where trials run: shared by all of a run."""

    bundle: Bundle
    launcher: Launcher
    worker_cpus: tuple[int, ...] | None
    target_cpus: int  # how many CPUs the target can keep busy
    target_cpu_ns: Callable[[], Mapping[Role, int]]  # empty where it cannot be seen
    scrub: Callable[[str], str]  # a foreign message as it may be kept
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def next_number(self, count: int) -> int:
        """The first of ``count`` request numbers that no other worker of the run has."""
        return next(self.numbers) * count

    def start_workers(self, contender: Contender, capacity: int) -> Iterator[WorkerProcess]:
        """Start a contender's workers, each with a record of ``capacity`` rows; they belong to the caller.

        Raises ``WorkerError`` at the first that does not start; those before it run.
        """
        for index, slots in enumerate(shares(contender.slots, contender.processes)):
            yield self._start(contender, index, slots, capacity)

    def _start(self, contender: Contender, index: int, slots: int, capacity: int) -> WorkerProcess:
        segment = Segment(capacity)
        traces = Segment(TRACE_CAPACITY, len(TRACE_COLUMNS)) if contender.trace_share else None
        job = self._job(contender, slots, segment, traces)
        log = self.bundle.log(f"{uuid.uuid4().hex}-{index}")
        arguments = (contender.python, self.bundle, log, job, segment, traces)
        try:
            return self.launcher.run(WorkerProcess, *arguments)
        except WorkerError:
            for part in filter(None, (segment, traces)):
                part.close()
            raise

    def _job(
        self, contender: Contender, slots: int, segment: Segment, traces: Segment | None
    ) -> Job:
        return Job(
            module=contender.client.module,
            mode=contender.mode,
            loop=contender.loop,
            slots=slots,
            request=contender.request,
            settings=contender.settings,
            segment_fd=segment.fd,
            capacity=segment.capacity,
            cpus=self.worker_cpus,
            site=str(contender.site),
            think_ns=contender.think_ns,
            first_gap_ns=contender.first_gap_ns * contender.processes,
            busy_share=contender.busy_share,
            trace=None if traces is None else self._trace_job(contender.trace_share, traces),
        )

    def _trace_job(self, share: float, traces: Segment) -> TraceJob:
        number = self.next_number(NUMBERS_PER_WORKER)
        return TraceJob(share, number, traces.fd, traces.capacity)
