"""Trends and steps: found where they are, and hardly ever where there is noise alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.analysis.doubts.stationarity import Change, changes, stationarity_doubts
from harness.records.model import SliceRecord, TrialSummary
from tests.examples import failed, trial

RATE = 10_000
BLOCK_NS = 50_000_000
REPETITIONS = 100
SOUND = trial()


def measured(rates: np.ndarray, label: str = "requests") -> list[TrialSummary]:
    """A trial for each row of throughputs (rounds × blocks, relative to RATE)."""
    trials = []
    for number, row in enumerate(rates, 1):
        correct = [round(RATE * rate) for rate in row]
        slices = tuple(
            SliceRecord(*(block, 0, block * BLOCK_NS, (block + 1) * BLOCK_NS), *[count] * 4, None)
            for block, count in enumerate(correct)
        )
        total, window_ns = sum(correct), BLOCK_NS * len(correct)
        changed = {"label": label, "round": number, "correct": total, "window_ns": window_ns}
        trials.append(replace(SOUND, slices=slices, **changed))  # type: ignore[arg-type]
    return trials


def noise(seed: int, rounds: int, blocks: int, percent: float = 2.0) -> np.ndarray:
    """Of slices, and half as much between rounds."""
    generator = np.random.default_rng(seed)
    slices = generator.normal(0, percent / 100, (rounds, blocks))
    return np.exp(slices + generator.normal(0, percent / 200, (rounds, 1)))


def shares(found: list[Change]) -> set[str]:
    return {one.where for one in found}


@pytest.mark.long
@pytest.mark.parametrize(("rounds", "blocks"), [(5, 20), (10, 1), (10, 20), (20, 12)])
@pytest.mark.parametrize("competitors", [1, 2, 3])
def test_noise_alone_is_hardly_ever_doubted(rounds: int, blocks: int, competitors: int) -> None:
    alarms = 0
    for seed in range(REPETITIONS):
        trials = [
            made
            for number in range(competitors)
            for made in measured(noise(10 * seed + number, rounds, blocks), f"client {number}")
        ]
        alarms += bool(stationarity_doubts(trials))

    assert alarms <= 0.05 * REPETITIONS


@pytest.mark.long
def test_noise_is_not_doubted_because_it_is_strong() -> None:
    """So strong that no margin hides what the statistics would get wrong."""
    alarms = 0
    for seed in range(3 * REPETITIONS):
        rates = np.exp(np.random.default_rng(seed).normal(0, 0.1, (5, 20, 1)))
        alarms += bool(changes([t for n in range(5) for t in measured(rates[n], f"client {n}")]))

    assert alarms <= 0.02 * 3 * REPETITIONS


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_step_inside_the_trials_is_found(factor: float) -> None:
    for seed in range(20):
        rates = noise(seed, 10, 20)
        rates[:, 8:] *= factor
        (found,) = [one for one in changes(measured(rates)) if one.where == "trial"]
        assert 30 <= found.at <= 50
        assert found.ratio == pytest.approx(factor, abs=0.03)


def test_a_beginning_that_differs_is_a_warm_up_that_is_too_short() -> None:
    rates = noise(1, 10, 20)
    rates[:, :2] *= 0.9
    (doubt,) = stationarity_doubts(measured(rates))

    assert (doubt.kind, doubt.subject) == ("not stationary", "requests")
    assert "after the first 10 % of a trial" in doubt.message
    assert "--warmup" in doubt.remedy


def test_a_trend_inside_the_trials_is_found() -> None:
    rates = noise(2, 10, 20) * np.exp(np.linspace(0, -0.2, 20))
    (doubt,) = stationarity_doubts(measured(rates))

    assert "throughput changes by -" in doubt.message
    assert "--warmup" not in doubt.remedy


def test_a_step_between_rounds_is_found() -> None:
    for seed in range(20):
        rates = noise(seed, 12, 20)
        rates[6:] *= 0.9
        (found,) = changes(measured(rates))
        assert (found.where, found.ratio) == ("rounds", pytest.approx(0.9, abs=0.03))
        assert 6 <= found.at <= 8


def test_what_slows_all_competitors_alike_is_cancelled_by_the_rounds() -> None:
    slow = np.ones((12, 1))
    slow[6:] = 0.5
    both = [measured(noise(seed, 12, 10) * slow, label) for seed, label in ((1, "a"), (2, "b"))]

    assert changes(both[0] + both[1]) == []
    assert shares(changes(both[0])) == {"rounds"}


@pytest.mark.parametrize("factor", [0.8, 1.08])
@pytest.mark.parametrize("others", [2, 4])
def test_of_several_the_one_that_changes_is_named_alone_and_with_all_of_its_change(
    others: int, factor: float
) -> None:
    for seed in range(10):
        rates = noise(100 + seed, 20, 10)
        rates[10:] *= factor
        trials = measured(rates, "odd")
        for number in range(others):
            trials += measured(noise(10 * seed + number, 20, 10), f"client {number}")
        (found,) = changes(trials)

        assert (found.label, found.where) == ("odd", "rounds")
        assert found.ratio == pytest.approx(factor, abs=0.03)
    (doubt,) = stationarity_doubts(trials)
    assert doubt.subject == "odd"
    assert "throughput relative to the others changed by" in doubt.message


@pytest.mark.parametrize("changing", [0, 1])
def test_of_two_it_is_their_ratio_that_changes(changing: int) -> None:
    """Nobody can know which of them did."""
    rates = [noise(seed, 12, 10, percent=0.5) for seed in (1, 2)]
    rates[changing][6:] *= 1.08
    trials = measured(rates[0], "steady") + measured(rates[1], "other")
    (found,) = changes(trials)
    (doubt,) = stationarity_doubts(trials)

    assert found.ratio == pytest.approx(1.08 if changing == 0 else 1 / 1.08, abs=0.01)
    assert (doubt.subject, found.others) == ("run", ("other",))
    assert doubt.message.startswith("from round 7 on the ratio of steady to other changed by ")


def test_the_other_of_two_does_not_count_when_it_has_too_few_rounds() -> None:
    rates = noise(3, 12, 10)
    rates[6:] *= 0.8
    (found,) = changes(measured(rates) + measured(noise(4, 5, 1), "brief"))

    assert (found.label, found.others) == ("requests", ())


def test_too_few_rounds_say_nothing() -> None:
    rates = noise(3, 4, 20, percent=0.1)
    rates[:, 10:] *= 0.5
    assert changes(measured(rates)) == []
    rates = noise(3, 5, 1, percent=0.1)
    rates[3:] *= 0.5
    assert changes(measured(rates)) == []


def test_a_change_within_the_margin_does_not_matter() -> None:
    rates = noise(4, 20, 20, percent=0.1)
    rates[:, 10:] *= 1.015
    rates[10:] *= 1.015

    assert changes(measured(rates)) == []


def test_nothing_measured_nothing_said() -> None:
    assert changes([]) == []
    assert changes([failed("requests", number) for number in range(1, 12)]) == []
    assert changes(measured(np.ones((12, 10)))) == []
    assert changes(measured(np.zeros((12, 10)))) == []


def test_rounds_may_differ_in_their_number_of_blocks() -> None:
    longer, shorter = noise(5, 8, 40), noise(6, 16, 25)
    longer[:, 20:] *= 0.8
    shorter[:, 12:] *= 0.8
    trials = [*measured(longer), *measured(shorter)[8:]]

    assert [(one.where, one.at) for one in changes(trials)] == [("trial", 50)]


def test_a_trial_that_stood_still_for_a_while_is_left_out() -> None:
    rates = noise(5, 8, 20)
    rates[:, 10:] *= 0.8
    rates[0, 2:4] = 0
    rates[1, 2] = 0  # half a part: not even that

    assert [one.where for one in changes(measured(rates))] == ["trial"]


def test_a_change_without_any_noise_is_certain() -> None:
    rates = np.ones((8, 10))
    rates[4:] = 0.5
    (found,) = changes(measured(rates))

    assert (found.where, found.at, found.p) == ("rounds", 5, 0.0)
