"""Counts from recorded rows: the orchestrator's side of the recorder.

A worker's rows are copied out of its segment, placed into the trial's windows by their instants,
and folded into histograms and counters. Nothing is kept per request, so memory does not grow with
the run.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import numpy.typing as npt

from adapters.base import ERROR_KINDS, USUAL_MAX_BODY_BYTES
from harness.records.histogram import Histogram
from harness.worker.recorder import (
    COLUMNS,
    END,
    INTENDED,
    OUTCOME,
    READY,
    RECEIVED,
    START,
    segment_bytes,
)

__all__ = [
    "Fold",
    "Integers",
    "Rules",
    "Segment",
    "Starts",
    "WindowCounts",
    "anonymous_file",
]

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

CODES = {kind: code for code, kind in enumerate(ERROR_KINDS, start=1)}
TIMEOUTS = tuple(code for kind, code in CODES.items() if kind.startswith("timeout_"))
FIRST_STATUS, LAST_STATUS = 100, 999
PARTS = 10  # number of parts that a long window is divided into …
LONG_NS = 500_000_000  # … if it is at least this long
LATE_NS = 1_000_000  # a start is late from 1 ms on, whatever delayed it


class Segment:
    """Shared memory of one worker, made here and inherited by it."""

    def __init__(self, capacity: int, columns: int = len(COLUMNS)) -> None:
        self.capacity = capacity
        self.bytes = segment_bytes(capacity, columns)
        self.fd = anonymous_file(self.bytes)
        memory = mmap.mmap(self.fd, self.bytes)
        self._columns = np.frombuffer(memory, np.int64).reshape(columns, capacity)

    def drain(self) -> Integers:
        """Return the complete rows since the last call as an array (columns, rows), and free them.

        Rows come in the order of the ring, which is not that of time.
        """
        # a copy first: the worker goes on writing while numpy counts
        complete = np.flatnonzero(self._columns[-1].copy())
        rows: Integers = self._columns[:, complete]
        self._columns[-1, complete] = 0
        return rows

    @property
    def waiting(self) -> int:
        """Return how many complete rows the next drain will find at least."""
        return int(np.count_nonzero(self._columns[-1]))

    def close(self) -> None:
        """Give the memory back. No worker needs to be alive."""
        del self._columns  # the mapping ends with its last view
        os.close(self.fd)


def anonymous_file(size: int) -> int:
    """Create a file of ``size`` zero bytes without a name; return its descriptor."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("clientbench")
    else:
        fd, path = tempfile.mkstemp(prefix="clientbench-")
        os.unlink(path)  # noqa: PTH108  the descriptor is all we keep
    os.ftruncate(fd, size)
    return fd


@dataclass(frozen=True)
class Rules:
    """The rules for correct responses (DESIGN §1)."""

    expected: Collection[int]  # statuses
    length: int | None  # length of the body, if the target's response is known
    timeout_ns: int
    max_body_bytes: int = USUAL_MAX_BODY_BYTES

    def outcomes(self, rows: Integers) -> Integers:
        """Return each row's outcome after the checks of status, length and time: a status if
        correct.
        """
        outcome: Integers = rows[OUTCOME].copy()
        # neither a status nor an error code: some libraries return any number that the server sent
        no_code = (outcome < 1) | (outcome > len(ERROR_KINDS))
        no_status = (outcome < FIRST_STATUS) | (outcome > LAST_STATUS)
        outcome[no_code & no_status] = CODES["protocol"]
        answered = outcome >= FIRST_STATUS
        accepted = np.zeros(1000, np.bool_)
        accepted[list(self.expected)] = True
        wrong_status = answered & ~accepted[np.clip(outcome, 0, 999)]
        wrong_length = answered & (rows[RECEIVED] > self.max_body_bytes)
        if self.length is not None:
            wrong_length |= answered & (rows[RECEIVED] != self.length)
        late = answered & (rows[END] - rows[START] > self.timeout_ns)
        outcome[late] = CODES["timeout_total"]
        outcome[wrong_length] = CODES["body"]
        outcome[wrong_status] = CODES["status"]
        return outcome


@dataclass
class WindowCounts:
    """Counts of requests that ended inside one window."""

    start_ns: int
    end_ns: int
    completed: int = 0
    correct: int = 0
    last_end_ns: int = 0
    # correct responses by tenths of the window, if it is long enough for that
    parts: list[int] = field(default_factory=list)
    early_correct: int = 0  # correct responses that ended in its first half
    has_halves: bool = True  # False: it ends by a count, at an unknown time

    @property
    def middle_ns(self) -> int:
        """Start of its second half; without halves the first one is empty."""
        return (self.start_ns + self.end_ns) // 2 if self.has_halves else self.start_ns


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
class Fold:
    """Everything kept of a trial's rows.

    ``windows`` are added in order of time, before their load.
    """

    rules: Rules
    windows: list[WindowCounts] = field(default_factory=list)
    drained: int = 0
    responses: int = 0  # all rows, with warm-up and lead-in
    population: int = 0
    service: Histogram = field(default_factory=Histogram)
    service_sum_ns: int = 0
    correct: int = 0
    censored: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    starts: Starts | None = None  # open loops only

    def take(self, other: Fold) -> None:
        """Add what was counted elsewhere, but none of its windows."""
        self.drained += other.drained
        self.responses += other.responses
        self.service = self.service.merged(other.service)

    def merged(self, other: Fold) -> Fold:
        """Return a new fold of both, whose windows come after one another."""
        both = [starts for starts in (self.starts, other.starts) if starts is not None]
        return Fold(
            self.rules,
            windows=[*self.windows, *other.windows],
            drained=self.drained + other.drained,
            responses=self.responses + other.responses,
            population=self.population + other.population,
            service=self.service.merged(other.service),
            service_sum_ns=self.service_sum_ns + other.service_sum_ns,
            correct=self.correct + other.correct,
            censored=self.censored + other.censored,
            statuses=self.statuses + other.statuses,
            errors=self.errors + other.errors,
            starts=reduce(Starts.merged, both) if both else None,
        )

    def add(self, rows: Integers) -> None:
        """Fold rows as ``Segment.drain`` returns them."""
        self.drained += rows.shape[1]
        self.responses += int(np.count_nonzero(rows[OUTCOME] >= FIRST_STATUS))
        if not rows.shape[1] or not self.windows:
            return
        outcome = self.rules.outcomes(rows)
        self._count_ends(rows[END], outcome)
        intended = np.where(rows[INTENDED] == 0, rows[START], rows[INTENDED])
        place = self._place(intended)
        inside = place >= 0
        middles = np.array([window.middle_ns for window in self.windows])
        early = intended < middles[place]
        self._count_population(rows[:, inside], outcome[inside], early[inside])

    def _count_ends(self, ends: Integers, outcome: Integers) -> None:
        place = self._place(ends)
        correct = outcome >= FIRST_STATUS
        for index in np.unique(place[place >= 0]):
            window, here = self.windows[index], place == index
            window.completed += int(np.count_nonzero(here))
            window.correct += int(np.count_nonzero(here & correct))
            window.last_end_ns = max(window.last_end_ns, int(ends[here].max()))
            self._look_inside(window, ends[here & correct])

    def _look_inside(self, window: WindowCounts, ends: Integers) -> None:
        """Count in which part of the window correct responses ended."""
        window.early_correct += int(np.count_nonzero(ends < window.middle_ns))
        if window.parts:
            number, length_ns = len(window.parts), window.end_ns - window.start_ns
            places = (ends - window.start_ns) * number // length_ns
            for place, count in zip(*_counted(places), strict=True):
                window.parts[place] += count

    def _count_population(self, rows: Integers, outcome: Integers, early: Mask) -> None:
        service = rows[END] - rows[START]
        correct = outcome >= FIRST_STATUS
        timed_out = np.isin(outcome, TIMEOUTS)
        self.population += outcome.size
        self.correct += int(np.count_nonzero(correct))
        self.censored += int(np.count_nonzero(timed_out))
        self.service.record(service[correct | timed_out])
        self.service_sum_ns += int(service[correct].sum())
        if rows[INTENDED].any():
            self.starts = self.starts or Starts()
            self.starts.add(rows, correct, timed_out, early)
        statuses = rows[OUTCOME][rows[OUTCOME] >= FIRST_STATUS]
        self.statuses.update(dict(zip(*_counted(statuses), strict=True)))
        for code, count in zip(*_counted(outcome[~correct]), strict=True):
            self.errors[ERROR_KINDS[code - 1]] += count

    def _place(self, instants: Integers) -> Integers:
        """Return the index of the window that contains each instant, -1 for none."""
        starts = np.array([window.start_ns for window in self.windows])
        ends = np.array([window.end_ns for window in self.windows])
        index = np.searchsorted(starts, instants, "right") - 1
        placed: Integers = np.where((index >= 0) & (instants < ends[index]), index, -1)
        return placed


def _counted(values: Integers) -> tuple[list[int], list[int]]:
    unique, counts = np.unique(values, return_counts=True)
    return unique.tolist(), counts.tolist()
