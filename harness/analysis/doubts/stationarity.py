"""Warnings about throughput that changed: a trend or a step inside the trials, or between rounds.

Every series is split in two at several points, and the halves are compared. Inside the trials,
rounds are the repetitions: a change counts if it comes at the same point in all of them. n is the
number of rounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import fmean
from typing import Literal

from harness.analysis.statistics import MARGIN, mean_and_variance
from harness.analysis.summaries import by_label
from harness.option_names import option
from harness.records.model import Doubt, SliceRecord, TrialSummary

__all__ = ["Change", "changes", "stationarity_doubts"]

KIND = "not stationary"
LEVEL = 0.01  # probability of a false alarm, for the whole run
FEWEST_INSIDE = 5  # rounds, for changes inside the trials
FEWEST_ON_A_SIDE = 3  # rounds before and after a change between them
MOST_SPLITS = 10  # per series: each further split costs the others power
PARTS = 10  # per trial: slices are short, and their number differs between rounds
EARLY_PERCENT = 20  # a change in this first part of a trial is warm-up

Matrix = Sequence[Sequence[float]]  # rounds × parts of a trial, logarithms of throughput
Rounds = dict[int, TrialSummary]  # of one competitor, by number


@dataclass(frozen=True)
class Change:
    """A change of a competitor's throughput at some point of its trials, or from some round on."""

    label: str
    # the change is relative to their mean; with two, either may be the one that changed
    others: tuple[str, ...]
    where: Literal["trial", "rounds"]
    at: int  # percent of a trial before it; or the number of the first round after it
    ratio: float  # of throughput, after ÷ before
    p: float  # probability of such a change by chance, at this one point
    weight: float  # the point of a series with the largest weight is the likeliest


def stationarity_doubts(trials: Iterable[TrialSummary]) -> list[Doubt]:
    """Warn of changes in closed loops with a given duration; a fixed rate or count shows none."""
    return [_doubt(change) for change in changes(trials)]


def changes(trials: Iterable[TrialSummary]) -> list[Change]:
    """Return the likeliest change of each competitor inside its trials, and one between rounds.

    If one competitor changes between rounds, all others change the other way relative to it, so
    only the largest change is returned.

    Bonferroni over all points of all competitors: with noise alone none is found with a probability
    of at least 1 − ``LEVEL``. Changes within the margin do not matter.
    """
    whole = [one for one in trials if one.state == "complete" and one.correct and one.window_ns]
    rounds = {label: {one.round: one for one in own} for label, own in by_label(whole).items()}
    found: list[Change] = []
    for label, of_label in rounds.items():
        found += _inside(label, _matrix(of_label.values()))
    for label, others, series in _series(rounds):
        found += _between(label, others, series)
    return _likeliest([one for one in found if one.p < LEVEL / len(found) and _matters(one)])


def _inside(label: str, matrix: Matrix) -> Iterator[Change]:
    """Test, with Student's t over rounds, the mean after each point against the mean before it."""
    if len(matrix) < FEWEST_INSIDE:
        return
    sums = [list(accumulate(row)) for row in matrix]
    parts = len(matrix[0])
    for at in _places(1, parts - 1):
        steps = [(row[-1] - row[at - 1]) / (parts - at) - row[at - 1] / at for row in sums]
        mean, variance = mean_and_variance(steps)
        p = _probability(mean, variance / len(steps), len(steps) - 1)
        weight = abs(mean) * math.sqrt(at * (parts - at))
        yield Change(label, (), "trial", round(100 * at / parts), math.exp(mean), p, weight)


def _between(label: str, others: tuple[str, ...], series: Mapping[int, float]) -> Iterator[Change]:
    """Test the rounds after each point against those before it, with Student's t.

    Welch's t would give too low probabilities for such rare events with three rounds on a side.
    """
    numbers, values = list(series), list(series.values())
    for at in _places(FEWEST_ON_A_SIDE, len(values) - FEWEST_ON_A_SIDE):
        before, noise = mean_and_variance(values[:at])
        after, later_noise = mean_and_variance(values[at:])
        rest, freedom = len(values) - at, len(values) - 2
        pooled = (noise * (at - 1) + later_noise * (rest - 1)) / freedom
        step = after - before
        p = _probability(step, pooled * (1 / at + 1 / rest), freedom)
        weight = abs(step) * math.sqrt(at * rest)
        yield Change(label, others, "rounds", numbers[at], math.exp(step), p, weight)


def _matrix(trials: Iterable[TrialSummary]) -> Matrix:
    """Return a row for each trial that has parts, without trials that have an empty part."""
    known = list(trials)
    sliced = [trial.slices for trial in known if len(trial.slices) > 1]
    parts = min(PARTS, min(map(len, sliced), default=0))
    rows: list[Sequence[float]] = [_rates(slices, parts) for slices in sliced]
    if not sliced:  # then the parts of a slice are of equal length
        rows = [one.parts for trial in known for one in trial.slices if one.parts]
    return [[math.log(value) for value in row] for row in rows if all(row)]


def _rates(slices: Sequence[SliceRecord], parts: int) -> list[float]:
    """Return the throughput of ``parts`` consecutive, equal parts."""
    edges = [round(number * len(slices) / parts) for number in range(parts + 1)]
    return [_rate(slices[first:end]) for first, end in pairwise(edges)]


def _rate(slices: Sequence[SliceRecord]) -> float:
    length_ns = sum(one.end_ns - one.start_ns for one in slices)
    return sum(one.correct for one in slices) / length_ns if length_ns else 0.0


def _series(
    rounds: Mapping[str, Rounds],
) -> Iterator[tuple[str, tuple[str, ...], dict[int, float]]]:
    """Yield competitor, others, and its log throughput by round relative to the mean of the others.

    Relative, because the comparison cancels what slows all of them alike. Two competitors have one
    series: the other would be its mirror image.
    """
    enough = {label: of for label, of in rounds.items() if len(of) >= 2 * FEWEST_ON_A_SIDE}
    numbers = sorted(set.intersection(*map(set, enough.values()))) if enough else []
    logs = {
        label: {number: math.log(of[number].correct / of[number].window_ns) for number in numbers}
        for label, of in enough.items()
    }
    for label in list(logs)[:1] if len(logs) == 2 else logs:
        others = tuple(other for other in logs if other != label)
        yield label, others, {number: _relative(logs, label, others, number) for number in numbers}


def _relative(
    logs: Mapping[str, Mapping[int, float]], label: str, others: Sequence[str], number: int
) -> float:
    own = logs[label][number]
    return own - fmean(logs[other][number] for other in others) if others else own


def _places(first: int, last: int) -> list[int]:
    """Return the points to split at: all, or evenly spread ones with the first and the last."""
    number = min(MOST_SPLITS, last - first + 1)
    if number < 2:
        return [first] if number == 1 else []
    return [first + round(index * (last - first) / (number - 1)) for index in range(number)]


def _probability(mean: float, variance: float, freedom: float) -> float:
    """Return the probability of a mean so far from 0 if it were 0; ``variance`` is the mean's."""
    if not variance:
        return 0.0 if mean else 1.0
    # scipy.stats has the same behind half a second of import.
    from scipy.special import stdtr  # noqa: PLC0415

    return 2 * float(stdtr(freedom, -abs(mean) / math.sqrt(variance)))


def _matters(change: Change) -> bool:
    return not 1 / (1 + MARGIN) <= change.ratio <= 1 + MARGIN


def _likeliest(found: Iterable[Change]) -> list[Change]:
    best: dict[str, Change] = {}
    for change in sorted(found, key=lambda one: -one.weight):
        best.setdefault(change.label if change.where == "trial" else "", change)
    return list(best.values())


def _doubt(change: Change) -> Doubt:
    percent = 100 * (change.ratio - 1)
    if change.where == "rounds":
        return _doubt_between(change, percent)
    if change.at <= EARLY_PERCENT:
        message = (
            f"throughput changes by {percent:+.1f} % after the first {change.at} % of a trial, so "
            "warm-up is too short"
        )
        remedy = f"use a longer {option('warmup')}"
    else:
        message = (
            f"throughput changes by {percent:+.1f} % after {change.at} % of a trial, so figures "
            "depend on the duration"
        )
        remedy = "look for a cache or table that fills up"
    return Doubt(KIND, change.label, message, remedy)


def _doubt_between(change: Change, percent: float) -> Doubt:
    subject, differs = change.label, f"changed by {percent:+.1f} %"
    if len(change.others) == 1:
        subject = "run"
        what = f"the ratio of {change.label} to {change.others[0]} {differs}"
    elif change.others:
        what = f"throughput relative to the others {differs}"
    else:
        what = f"throughput {differs}"
    remedy = "measure again; `clientbench doctor` looks for causes on this machine"
    return Doubt(KIND, subject, f"from round {change.at} on {what}", remedy)
