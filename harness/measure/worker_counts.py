"""The workers' own counts of a trial, against which recorded rows are checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.measure.workers import WorkerProcess

__all__ = ["WorkerCounts"]

Event = Mapping[str, Any]  # as worker.job has it


@dataclass
class WorkerCounts:
    """Counts of requests, summed over the workers of one trial."""

    first_sent: int = 0  # before any window, one on each slot
    first_responses: int = 0
    planned: int = 0  # intended starts in the windows of an open loop
    dropped: int = 0  # those not sent: no slot was free at once
    _rows: dict[WorkerProcess, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of the record that were claimed, one for each request since the first ones."""
        return sum(self._rows.values())

    def take_first(self, ready: Collection[Event]) -> None:
        """Add the results of the first requests."""
        failed = sum(sum(event["first_errors"].values()) for event in ready)
        self.first_sent = sum(event["first_sent"] for event in ready)
        self.first_responses = self.first_sent - failed

    def take_rows(self, done: Mapping[WorkerProcess, Event]) -> None:
        """Take over each worker's count of rows, which goes on from window to window."""
        self._rows.update({worker: event["claimed"] for worker, event in done.items()})

    def take_arrivals(self, done: Collection[Event]) -> None:
        """Add the results of the arrivals of one more window."""
        self.planned += sum(event["planned"] for event in done)
        self.dropped += sum(event["dropped"] for event in done)
