"""From rows to counts: what is counted where (DESIGN §1), and that no order or split changes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import ERROR_KINDS
from harness.measure.rules import Rules
from harness.measure.samples import Fold, WindowCounts
from harness.worker.recorder import COLUMNS, END, OUTCOME, START

KIND = {kind: code for code, kind in enumerate(ERROR_KINDS, start=1)}
RULES = Rules(expected=frozenset(range(200, 400)), length=None, timeout_ns=1_000)
WINDOWS = ((1_000, 2_000), (3_000, 4_000))


def row(
    start: int,
    end: int,
    outcome: int = 200,
    received: int = 0,
    intended: int = 0,
    ready: int = 0,
    endpoint: int = 0,
) -> tuple[int, ...]:
    return (intended, ready or intended, start, endpoint, outcome, received, end)


def table(*rows: tuple[int, ...]) -> Any:
    return np.array(rows, np.int64).reshape(len(rows), len(COLUMNS)).T


def fold(*rows: tuple[int, ...], rules: Rules = RULES, windows: Any = WINDOWS) -> Fold:
    made = Fold([rules], [WindowCounts(*window) for window in windows])
    made.add(table(*rows))
    return made


def counted(made: Fold) -> tuple[Any, ...]:
    return (
        [(w.completed, w.correct, w.last_end_ns) for w in made.windows],
        (made.drained, made.responses, made.population, made.whole.correct, made.whole.censored),
        made.whole.service_sum_ns,
        dict(made.whole.statuses),
        dict(made.errors),
        made.whole.service.counts.tolist(),
    )


def test_a_request_of_the_lead_in_counts_nowhere_but_among_responses() -> None:
    made = fold(row(900, 999))

    assert (made.responses, made.population, made.windows[0].completed) == (1, 0, 0)


def test_a_request_from_the_lead_in_that_ends_inside_is_throughput_but_not_latency() -> None:
    made = fold(row(999, 1_000))

    assert made.windows[0].completed == made.windows[0].correct == 1
    assert (made.population, made.whole.service.total) == (0, 0)


def test_a_drained_request_is_latency_but_not_throughput() -> None:
    made = fold(row(1_999, 2_500))

    assert made.windows[0].completed == 0
    assert (made.population, made.whole.correct, made.whole.service.total) == (1, 1, 1)
    assert made.whole.service_sum_ns == 501


@pytest.mark.parametrize(
    ("instant", "inside"),
    [(999, -1), (1_000, 0), (1_999, 0), (2_000, -1), (2_999, -1), (3_000, 1), (4_000, -1)],
)
def test_windows_include_their_start_and_exclude_their_end(instant: int, inside: int) -> None:
    by_end = fold(row(1, instant))
    by_start = fold(row(instant, 10_000))

    assert [w.completed for w in by_end.windows] == [int(inside == n) for n in (0, 1)]
    assert by_start.population == int(inside >= 0)


def test_the_intended_start_decides_about_the_population_where_there_is_one() -> None:
    assert fold(row(2_500, 2_600, intended=1_500)).population == 1
    assert fold(row(1_500, 1_600, intended=500)).population == 0


@pytest.mark.parametrize(
    ("outcome", "received", "took", "length", "kind"),
    [
        (200, 5, 10, 5, None),
        (200, 5, 10, None, None),
        (399, 0, 10, None, None),
        (400, 0, 10, None, "status"),
        (503, 0, 10, None, "status"),
        (100, 0, 10, None, "status"),
        (999, 0, 10, None, "status"),
        (1_000_000, 0, 10, None, "protocol"),
        (200, 4, 10, 5, "body"),
        (404, 4, 10, 5, "status"),
        (200, 0, 1_000, None, None),
        (200, 0, 1_001, None, "timeout_total"),
        (500, 0, 1_001, None, "status"),
        (200, 4, 1_001, 5, "body"),
        (200, RULES.max_body_bytes, 10, None, None),
        (200, RULES.max_body_bytes + 1, 10, None, "body"),
        # whatever number a server sends in the place of a status
        *((number, 0, 10, None, "protocol") for number in (-200, 0, 13, 99, 1000)),
        *((code, 0, 10, 5, kind) for kind, code in KIND.items()),
    ],
)
def test_each_row_is_correct_or_has_one_error_kind(
    outcome: int, received: int, took: int, length: int | None, kind: str | None
) -> None:
    rules = Rules(RULES.expected, length, RULES.timeout_ns)
    made = fold(row(3_000, 3_000 + took, outcome, received), rules=rules, windows=[(3_000, 10_000)])

    assert dict(made.errors) == ({} if kind is None else {kind: 1})
    assert made.whole.correct == made.windows[0].correct == int(kind is None)
    assert made.windows[0].completed == made.population == 1


def test_statuses_are_counted_as_they_came_correct_or_not() -> None:
    made = fold(*[row(1_100, 1_200, s) for s in (200, 200, 204, 500, KIND["reset"])])

    assert made.whole.statuses == {200: 2, 204: 1, 500: 1}
    assert made.responses == 4


def test_timeouts_keep_their_rank_and_other_errors_have_none() -> None:
    kinds = ("timeout_read", "timeout_connect", "timeout_total", "reset", "status")
    made = fold(row(1_000, 1_010), *[row(1_100, 1_900, KIND[k]) for k in kinds])

    assert (made.whole.censored, made.whole.service.total, made.whole.correct) == (3, 4, 1)
    assert made.whole.service_sum_ns == 10  # the mean is that of correct ones


def test_without_windows_rows_are_only_counted() -> None:
    made = fold(row(1, 2), row(3, 4, KIND["dns"]), windows=[])

    assert (made.drained, made.responses, made.population) == (2, 1, 0)


def test_no_rows_change_nothing() -> None:
    made = fold(row(1_100, 1_200))
    before = counted(made)
    made.add(table())

    assert counted(made) == before


rows = st.lists(
    st.builds(
        lambda start, took, outcome, received: row(start, start + took, outcome, received),
        st.integers(1, 5_000),
        st.integers(0, 3_000),
        st.sampled_from([200, 204, 301, 404, 500, *KIND.values()]),
        st.integers(0, 2),
    ),
    max_size=40,
)


@given(rows=rows, data=st.data())
def test_neither_order_nor_split_of_drains_matters(
    rows: list[tuple[int, ...]], data: st.DataObject
) -> None:
    whole = fold(*rows)
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    parts = fold(*shuffled[:cut])
    parts.add(table(*shuffled[cut:]))

    assert counted(parts) == counted(whole)


@given(rows=rows)
def test_the_books_balance(rows: list[tuple[int, ...]]) -> None:
    made = fold(*rows)

    assert made.drained == len(rows)
    assert made.whole.correct + sum(made.errors.values()) == made.population
    assert made.whole.service.total == made.whole.correct + made.whole.censored
    assert made.whole.censored == sum(n for k, n in made.errors.items() if k.startswith("timeout_"))
    for window in made.windows:
        assert window.correct <= window.completed
        assert window.completed == 0 or window.start_ns <= window.last_end_ns < window.end_ns


@given(rows=rows)
def test_each_row_counts_by_hand(rows: list[tuple[int, ...]]) -> None:
    """The vectorised fold against the definitions written out row by row."""
    made = fold(*rows)
    inside = [[r for r in rows if low <= r[END] < high] for low, high in WINDOWS]
    population = [r for r in rows if any(low <= r[START] < high for low, high in WINDOWS)]

    assert [w.completed for w in made.windows] == [len(found) for found in inside]
    assert made.population == len(population)
    assert made.whole.correct == sum(
        r[OUTCOME] in RULES.expected and r[END] - r[START] <= RULES.timeout_ns for r in population
    )


def test_an_open_loop_tells_queue_wait_from_pacer_lag() -> None:
    fold = Fold([RULES], [WindowCounts(1000, 9_000_000)])
    fold.add(
        table(
            row(1500, 2500, intended=1100, ready=1400),  # a slot was free at 1400
            row(2_001_200, 2_001_900, intended=1200),  # one was free all the time, and we were late
            row(3000, 3400, outcome=ERROR_KINDS.index("reset") + 1, intended=2999),
            row(900, 1900, intended=900),  # lead-in
        )
    )
    starts = fold.whole.starts
    assert starts is not None
    assert [value for value, _ in starts.queue_wait.counted()] == [0, 300]
    assert [count for _, count in starts.queue_wait.counted()] == [2, 1]
    assert [value for value, _ in starts.pacer_lag.counted()][:2] == [1, 100]
    assert starts.pacer_lag.total == 3
    assert starts.late == 1
    assert starts.response.total == 2  # of failed requests only timeouts have a rank
    assert starts.response_sum_ns == (2500 - 1100) + (2_001_900 - 1200)


def test_a_closed_loop_has_no_starts_of_its_own() -> None:
    fold = Fold([RULES], [WindowCounts(0, 10)])
    fold.add(table(row(1, 2)))
    assert fold.whole.starts is None
