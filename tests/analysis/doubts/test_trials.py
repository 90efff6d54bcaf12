"""Each doubt both ways: raised when it should be, silent when it should not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.doubts.run import count_doubt
from harness.analysis.doubts.trials import short_slices_doubts, trial_doubts
from harness.records.histogram import Histogram
from harness.records.model import Doubt, OpenLoop, SliceRecord, TrialSummary
from tests.examples import failed, histogram, trial, unmeasured

MANY = 10_000  # enough for p99


def kinds(*trials: TrialSummary) -> list[str]:
    return sorted(doubt.kind for doubt in trial_doubts(trials))


def many(round: int = 1, **changes: Any) -> TrialSummary:
    return trial("requests", round, rate=MANY, **changes)


def test_a_sound_result_has_no_doubts() -> None:
    assert trial_doubts([many(1), many(2)]) == []
    assert trial_doubts([]) == []


@pytest.mark.parametrize(
    ("shares", "doubted"),
    [((0.95,), True), ((0.9,), True), ((0.89,), False), ((1.0, 0.5), False), ((None, 0.95), True)],
)
def test_server_bound(shares: tuple[float | None, ...], doubted: bool) -> None:
    trials = [many(number, target_cpu_share=share) for number, share in enumerate(shares, 1)]

    assert kinds(*trials) == (["server-bound"] if doubted else [])


def test_a_target_that_cannot_be_seen_is_not_suspected() -> None:
    assert kinds(many(target_cpu_share=None)) == []


def test_errors_are_told_with_their_kinds() -> None:
    (doubt,) = trial_doubts([many(error_counts={"reset": 2, "body": 1}, population=MANY + 3)])

    assert doubt.kind == "errors"
    assert "3 of 10,003" in doubt.message
    assert "1 body, 2 reset" in doubt.message


@pytest.mark.parametrize(
    ("samples", "weak"),
    [(2_000, None), (1_999, "p99"), (400, "p99"), (399, "p95, p99"), (39, "p50, p95, p99")],
)
def test_a_percentile_needs_twenty_samples_beyond_it(samples: int, weak: str | None) -> None:
    doubts = trial_doubts([trial(rate=samples)])

    assert [doubt.kind for doubt in doubts] == (["too few samples"] if weak else [])
    assert weak is None or f"too short for {weak}:" in doubts[0].message


@pytest.mark.parametrize(
    ("lengths_ms", "doubted"),
    [((21, 21), False), ((19, 19), True), ((30, 19, 19), True), ((21, 21, 5), False)],
)
def test_slices_hold_twenty_service_times_in_most_rounds(
    lengths_ms: tuple[int, ...], doubted: bool
) -> None:
    def sliced(*slices_ms: int) -> tuple[SliceRecord, ...]:
        return tuple(SliceRecord(0, 0, 0, ms * 1_000_000, 1, 1, 1, 1, None) for ms in slices_ms)

    # the shortest slice of a round counts
    trials = [many(n, slices=sliced(100, length_ms)) for n, length_ms in enumerate(lengths_ms, 1)]
    assert many().service.percentile(50) == pytest.approx(1_000_000, rel=0.001)
    found = [doubt.kind for doubt in short_slices_doubts(trials)]
    assert found == (["short slices"] if doubted else [])


def test_a_slot_that_thinks_has_fewer_requests_in_a_slice() -> None:
    slices = (SliceRecord(0, 0, 0, 100_000_000, 1, 1, 1, 1, None),)
    trials = [many(number, slices=slices) for number in (1, 2)]
    assert short_slices_doubts(trials, think_ns=3_900_000) == []
    (doubt,) = short_slices_doubts(trials, think_ns=9_000_000)
    assert "last 9.9 median service times with think times" in doubt.message


def test_lost_rows_are_never_silent() -> None:
    (doubt,) = trial_doubts([many(1), many(2, lost_rows=7)])

    assert doubt.kind == "rows lost"
    assert "7 of 20,200" in doubt.message


@pytest.mark.parametrize(("idle_ms", "doubted"), [(9, False), (10, True), (400, True), (0, False)])
def test_a_client_that_works_while_others_are_measured(idle_ms: int, doubted: bool) -> None:
    found = kinds(many(idle_cpu_ns=idle_ms * 1_000_000))  # 500 ms of CPU in its own slices

    assert found == (["not idle"] if doubted else [])


def test_unequal_settings_are_told_once_each() -> None:
    texts = ("no read timeout", "resends once")
    (doubt,) = trial_doubts([many(1, unequal=texts), many(2, unequal=texts)])

    assert doubt.kind == "unequal settings"
    assert all(doubt.message.count(text) == 1 for text in texts)


def test_doubts_are_about_one_competitor_each() -> None:
    doubts = trial_doubts([many(lost_rows=1), trial("aiohttp:async", rate=MANY, lost_rows=2)])

    assert [(doubt.subject, doubt.kind) for doubt in doubts] == [
        ("requests", "rows lost"),
        ("aiohttp:async", "rows lost"),
    ]


@pytest.mark.parametrize("complete", [0, 2, 3])
def test_rounds_that_were_not_completed_are_told(complete: int) -> None:
    trials = [many(number) if number <= complete else failed("requests") for number in (1, 2, 3)]
    doubts = trial_doubts([replace(one, label="requests") for one in trials])

    assert [doubt.kind for doubt in doubts] == ([] if complete == 3 else ["incomplete"])
    assert complete == 3 or f"{complete} of 3" in doubts[0].message
    assert complete == 3 or ("figures are those" in doubts[0].message) is (complete > 0)


def test_a_round_with_too_few_samples_counts_however_many_the_others_have() -> None:
    (doubt,) = trial_doubts([many(1), trial(round=2, rate=1_999)])
    assert doubt.kind == "too few samples"
    assert doubt.message.startswith("a round of 1,999 samples")


def test_no_samples_at_all_are_too_few_unless_all_failed() -> None:
    nothing = replace(trial(rate=0), population=0)
    assert kinds(nothing) == ["too few samples"]
    assert kinds(replace(nothing, population=5, completed=5, error_counts={"connect": 5})) == [
        "errors"
    ]
    missed = OpenLoop(5, 0, 5, 0, Histogram(), None, Histogram(), Histogram())
    assert kinds(replace(nothing, open_loop=missed)) == []


def test_every_doubt_names_what_to_do_in_one_line() -> None:
    doubts = trial_doubts(
        [
            many(
                target_cpu_share=1.0,
                error_counts={"reset": 1},
                lost_rows=1,
                idle_cpu_ns=10**9,
                unequal=("x",),
                service=histogram([1]),
            )
        ]
    )

    assert len(doubts) == 6
    for doubt in [*doubts, count_doubt(3, 1, 1, 2)]:
        assert isinstance(doubt, Doubt)
        assert doubt.remedy and doubt.message and "\n" not in str(doubt)


@pytest.mark.parametrize(
    ("trials", "seen"),
    [
        ([trial(round=1), unmeasured("requests", 2)], "in 1 of 2 rounds no request fell"),
        ([replace(trial(), completed=0, correct=0)], "in 1 of 1 rounds no response fell"),
        (
            [unmeasured("requests"), replace(trial(round=2), completed=0, correct=0)],
            "in 1 of 2 rounds no request fell into the measured time; in 1 of 2 rounds no response",
        ),
    ],
)
def test_rounds_in_which_nothing_was_measured_are_told_and_nobody_is_said_to_have_failed(
    trials: list[TrialSummary], seen: str
) -> None:
    found = {doubt.kind: doubt for doubt in trial_doubts(trials)}
    assert found["nothing measured"].message.startswith(seen)
    assert "--duration" in found["nothing measured"].remedy
    assert "incomplete" not in found
