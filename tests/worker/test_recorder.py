"""The shared memory between a worker and the orchestrator, both sides of it in real use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.samples import Segment
from harness.worker.recorder import END, OUTCOME, RECEIVED, START, Recorder

CAPACITY = 64


class Pair:
    """A segment, and the recorder of a worker that inherited it."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.segment = Segment(capacity)
        self.recorder = Recorder(os.dup(self.segment.fd), capacity)

    def write(self, start: int, end: int, outcome: int = 200, received: int = 0) -> None:
        """As the hot path does."""
        recorder = self.recorder
        row = recorder.claim() & recorder.mask
        if not recorder.columns[END][row]:
            recorder.columns[START][row] = start
            recorder.columns[OUTCOME][row] = outcome
            recorder.columns[RECEIVED][row] = received
            recorder.columns[END][row] = end

    def close(self) -> None:
        self.recorder.columns.clear()
        self.segment.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.close()


def starts(rows: Any) -> list[int]:
    return sorted(rows[START].tolist())


def test_rows_come_out_as_they_went_in(pair: Pair) -> None:
    pair.write(5, 9, 404, 1_000_000_000_000)

    rows = pair.segment.drain()

    assert rows[:, 0].tolist() == [0, 0, 5, 0, 404, 1_000_000_000_000, 9]


def test_a_row_is_drained_once(pair: Pair) -> None:
    pair.write(1, 2)

    assert pair.segment.drain().shape[1] == 1
    assert pair.segment.drain().shape[1] == 0


def test_a_row_without_its_last_field_does_not_count_until_it_has_it(pair: Pair) -> None:
    row = pair.recorder.claim() & pair.recorder.mask
    pair.recorder.columns[START][row] = 7
    pair.recorder.columns[OUTCOME][row] = 200

    assert pair.segment.drain().shape[1] == 0
    pair.recorder.columns[END][row] = 8
    assert starts(pair.segment.drain()) == [7]


def test_a_drained_array_is_a_copy_that_later_rows_do_not_change(pair: Pair) -> None:
    pair.write(1, 2)
    rows = pair.segment.drain()
    for number in range(CAPACITY):
        pair.write(100 + number, 200)

    assert rows[START].tolist() == [1]


@given(batches=st.lists(st.integers(0, CAPACITY), max_size=12))
def test_the_ring_wraps_without_losing_anything_as_long_as_it_is_drained(
    batches: list[int],
) -> None:
    pair, written, drained = Pair(), 0, []
    try:
        for batch in batches:
            for _ in range(batch):
                written += 1
                pair.write(written, written + 1)
            drained += starts(pair.segment.drain())
        assert drained == list(range(1, written + 1))
        assert pair.recorder.claimed() == written
    finally:
        pair.close()


@given(overrun=st.integers(0, 3 * CAPACITY))
def test_what_does_not_fit_is_missing_in_the_drain_but_not_in_the_claims(overrun: int) -> None:
    pair = Pair()
    try:
        for number in range(CAPACITY + overrun):
            pair.write(number + 1, number + 2)
        rows = pair.segment.drain()
        # the oldest are kept: a full row is never written over
        assert starts(rows) == list(range(1, CAPACITY + 1))
        assert pair.recorder.claimed() - rows.shape[1] == overrun
    finally:
        pair.close()


def test_asking_for_claims_again_and_again_counts_no_request(pair: Pair) -> None:
    for number in range(10):
        assert pair.recorder.claimed() == number
        assert pair.recorder.claimed() == number
        pair.write(number + 1, number + 2)


def test_many_threads_and_a_busy_drain_lose_and_duplicate_nothing() -> None:
    """Every row is either drained exactly once or missing from what was claimed, fields together."""
    pair = Pair(1 << 10)
    threads, each = 16, 1_500
    barrier = threading.Barrier(threads + 1)

    def write(number: int) -> None:
        barrier.wait()
        for index in range(each):
            identity = number * each + index + 1
            pair.write(identity, identity + 1, 200 + identity % 100, identity * 7)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # change threads in the middle of rows, often
    try:
        writers = [threading.Thread(target=write, args=(n,)) for n in range(threads)]
        for writer in writers:
            writer.start()
        barrier.wait()
        drained = []
        while any(writer.is_alive() for writer in writers):
            drained.append(pair.segment.drain())
        for writer in writers:
            writer.join()
    finally:
        sys.setswitchinterval(interval)
    drained.append(pair.segment.drain())
    rows = np.concatenate(drained, axis=1)
    identities = rows[START]

    assert max(Counter(identities.tolist()).values()) == 1
    assert pair.recorder.claimed() == threads * each
    lost = threads * each - identities.size
    assert lost >= 0
    assert (rows[END] == identities + 1).all()
    assert (rows[OUTCOME] == 200 + identities % 100).all()
    assert (rows[RECEIVED] == identities * 7).all()
    pair.close()


def test_threads_lose_nothing_at_all_when_the_ring_is_large_enough() -> None:
    pair = Pair(1 << 14)
    threads, each = 16, 1_000
    writers = [
        threading.Thread(
            target=lambda n=n: [pair.write(n * each + i + 1, 10**9) for i in range(each)]
        )
        for n in range(threads)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert starts(pair.segment.drain()) == list(range(1, threads * each + 1))
    pair.close()


DYING_WRITER = """
import os, sys
from harness.worker.recorder import END, START, Recorder

recorder = Recorder(int(sys.argv[1]), int(sys.argv[2]))
for start, complete in ((11, True), (13, False)):
    row = recorder.claim() & recorder.mask
    recorder.columns[START][row] = start
    if complete:
        recorder.columns[END][row] = start + 1
os.kill(os.getpid(), 9)
"""


def test_rows_outlive_the_process_that_wrote_them(pair: Pair) -> None:
    descriptor = os.dup(pair.segment.fd)
    command = [sys.executable, "-c", DYING_WRITER, str(descriptor), str(CAPACITY)]
    ended = subprocess.run(command, pass_fds=(descriptor,), check=False)
    os.close(descriptor)

    assert ended.returncode == -signal.SIGKILL
    assert starts(pair.segment.drain()) == [11]
