"""Estimators of noise: what the model was told, they find in what it draws."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from benchmarks.measured_noise import Measured, Recording, measure
from benchmarks.noise import WHITE, Design, Noise, one_after_the_other, rounds
from harness.scenario.plan import PAUSE_CHANCE, PAUSE_SHARES, RHYTHM_S

QUIET = replace(WHITE, process_sd=0.0, slice_sd=0.01)


def measured(noise: Noise, competitors: int = 2, count: int = 400) -> Measured:
    design = Design(competitors=competitors)
    drawn = list(islice(rounds(noise, design, 1, np.random.default_rng(7)), count))
    return measure(
        Recording(
            design.slice_s,
            np.array([one.start_s[..., 0] for one in drawn]),
            np.array([one.log_rates[..., 0] for one in drawn], float),
        )
    )


def test_of_noise_of_slices_alone_nothing_else_is_found() -> None:
    found = measured(QUIET)
    assert found.noise_sd == pytest.approx(0.01, rel=0.05)
    assert found.process_sd < 0.001
    assert found.drift_sd < 0.002
    assert abs(found.autocorrelation) < 0.05
    assert found.burst_share == 0


@pytest.mark.parametrize("competitors", [2, 4])
def test_difference_between_processes(competitors: int) -> None:
    found = measured(replace(QUIET, process_sd=0.02), competitors)
    assert found.process_sd == pytest.approx(0.02, rel=0.1)
    assert found.noise_sd == pytest.approx(0.01, rel=0.05)


def test_drift_and_steps_between_rounds_are_no_difference_between_processes() -> None:
    assert measured(replace(QUIET, drift_sd=0.1)).process_sd < 0.004


def test_drift() -> None:
    assert measured(replace(QUIET, drift_sd=0.1)).drift_sd == pytest.approx(0.1, rel=0.25)


def test_noise_that_goes_on_is_told_from_that_of_slices() -> None:
    found = measured(replace(QUIET, machine_sd=0.02, machine_rho=0.6), count=1000)
    assert found.autocorrelation == pytest.approx(0.6 * 0.02**2 / (0.02**2 + 0.01**2), abs=0.1)
    assert found.machine_rho == pytest.approx(0.6, abs=0.1)
    assert found.machine_sd == pytest.approx(0.02, rel=0.15)
    assert found.slice_sd == pytest.approx(0.01, rel=0.25)


def test_bursts() -> None:
    found = measured(replace(QUIET, clocked_bursts=((5.17, 0.03),), slice_sd=0.003))
    # such a burst falls at least in part into slices that start so near to it
    slice_s = Design().slice_s
    assert found.burst_share == pytest.approx((slice_s + 0.03) / 5.17, rel=0.2)
    assert found.burst_s * found.burst_share == pytest.approx(slice_s * 0.03 / 5.17, rel=0.2)
    assert found.noise_sd == pytest.approx(0.003, rel=0.1)


def test_slow_and_fast_tails_alike_are_no_bursts() -> None:
    assert measured(replace(QUIET, slice_df=3.0)).burst_share < 0.005


def test_time_between_rounds() -> None:
    found = measured(QUIET)
    design = Design()
    expected_s = design.between_s + design.lead_in_s
    assert found.between_s == pytest.approx(expected_s, rel=0.05)


def test_half_of_the_rounds_begin_late() -> None:
    design, runs = Design(), 4000
    quiet = replace(design, pause_chance=0.0, between_sd=0.0)
    late = replace(quiet, pause_chance=PAUSE_CHANCE)
    first, second = (
        next(rounds(QUIET, of, runs, np.random.default_rng(3))).start_s.min((0, 1))
        for of in (quiet, late)
    )
    waits_s = second - first
    paused_s = waits_s[waits_s > 1e-6]

    assert paused_s.size == pytest.approx(PAUSE_CHANCE * runs, rel=0.1)
    ends = [share * min(design.round_s, RHYTHM_S) for share in PAUSE_SHARES]
    assert (paused_s.min(), paused_s.max()) == pytest.approx(ends, rel=0.02)


def test_processes_differ_from_trial_to_trial_also_one_after_the_other() -> None:
    noise = replace(QUIET, process_sd=0.02, slice_sd=1e-6)
    drawn = one_after_the_other(noise, Design(), 30, 20, np.random.default_rng(7))
    assert drawn.shape == (2, 30, Design().blocks, 20)
    assert drawn.std(axis=2).max() < 1e-4
    assert drawn.std(axis=(0, 1)).mean() == pytest.approx(0.02, rel=0.1)
