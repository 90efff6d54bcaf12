"""Latencies and counts of the latency population: the requests whose intended start lies in a window."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import numpy.typing as npt

from adapters.base import ERROR_KINDS
from harness.records.histogram import Histogram
from harness.worker.recorder import END, INTENDED, OUTCOME, READY, START

__all__ = ["CODES", "FIRST_STATUS", "Integers", "Mask", "Population", "Starts", "counted"]

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

CODES = {kind: code for code, kind in enumerate(ERROR_KINDS, start=1)}
TIMEOUTS = tuple(code for kind, code in CODES.items() if kind.startswith("timeout_"))
FIRST_STATUS = 100
LATE_NS = 1_000_000  # a start is late from 1 ms on, whatever delayed it


@dataclass
class Starts:
    """Delays of the starts of an open loop, for every request of the population.

    Start lag = queue wait (no slot was free: client and target) + start delay (a slot was free, and
    clientbench was late).
    """

    # correct and timed-out ones, as ``service``
    response: Histogram = field(default_factory=Histogram)
    response_sum_ns: int = 0  # correct ones only
    queue_wait: Histogram = field(default_factory=Histogram)
    pacer_lag: Histogram = field(default_factory=Histogram)
    late: int = 0
    # as ``response``, of those that were due in the first half of their window: as if it had ended
    # there
    early_response: Histogram = field(default_factory=Histogram)

    def merged(self, other: Starts) -> Starts:
        """Return new counts of both populations."""
        return Starts(
            response=self.response.merged(other.response),
            response_sum_ns=self.response_sum_ns + other.response_sum_ns,
            queue_wait=self.queue_wait.merged(other.queue_wait),
            pacer_lag=self.pacer_lag.merged(other.pacer_lag),
            late=self.late + other.late,
            early_response=self.early_response.merged(other.early_response),
        )

    def add(self, rows: Integers, correct: Mask, timed_out: Mask, early: Mask) -> None:
        """Fold rows of the population; ``early`` are those due in the first half of
        their window.
        """
        response = rows[END] - rows[INTENDED]
        self.response.record(response[correct | timed_out])
        self.early_response.record(response[(correct | timed_out) & early])
        self.response_sum_ns += int(response[correct].sum())
        self.queue_wait.record(rows[READY] - rows[INTENDED])
        self.pacer_lag.record(rows[START] - rows[READY])
        self.late += int(np.count_nonzero(rows[START] - rows[INTENDED] > LATE_NS))


@dataclass
class Population:
    """The population of one endpoint, or of several together."""

    size: int = 0  # requests, errors included
    service: Histogram = field(default_factory=Histogram)  # of correct and timed-out ones, in ns
    service_sum_ns: int = 0  # of correct ones
    correct: int = 0
    censored: int = 0  # timed-out ones
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    starts: Starts | None = None  # open loops only
    ended: int = 0  # correct responses that ended inside the windows, whenever they started

    def merged(self, other: Population) -> Population:
        """Return both together."""
        both = [starts for starts in (self.starts, other.starts) if starts is not None]
        return Population(
            size=self.size + other.size,
            service=self.service.merged(other.service),
            service_sum_ns=self.service_sum_ns + other.service_sum_ns,
            correct=self.correct + other.correct,
            censored=self.censored + other.censored,
            statuses=self.statuses + other.statuses,
            errors=self.errors + other.errors,
            starts=reduce(Starts.merged, both) if both else None,
            ended=self.ended + other.ended,
        )

    def add(self, rows: Integers, outcome: Integers, early: Mask) -> None:
        """Fold rows with their outcomes; ``early`` are those of the first half of a window."""
        service = rows[END] - rows[START]
        correct = outcome >= FIRST_STATUS
        timed_out = np.isin(outcome, TIMEOUTS)
        self.size += outcome.size
        self.correct += int(np.count_nonzero(correct))
        self.censored += int(np.count_nonzero(timed_out))
        self.service.record(service[correct | timed_out])
        self.service_sum_ns += int(service[correct].sum())
        if rows[INTENDED].any():
            self.starts = self.starts or Starts()
            self.starts.add(rows, correct, timed_out, early)
        statuses = rows[OUTCOME][rows[OUTCOME] >= FIRST_STATUS]
        self.statuses.update(dict(zip(*counted(statuses), strict=True)))
        for code, count in zip(*counted(outcome[~correct]), strict=True):
            self.errors[ERROR_KINDS[code - 1]] += count


def counted(values: Integers) -> tuple[list[int], list[int]]:
    """Return the different values, and how often each occurs."""
    unique, counts = np.unique(values, return_counts=True)
    return unique.tolist(), counts.tolist()
