"""Checks of what types do not say: no measurement can have given such values. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.records.histogram import Histogram
from harness.store import validity

if TYPE_CHECKING:
    from harness.records.model import RunRecord, TrialSummary

__all__ = ["MOST", "ImplausibleError", "check", "check_same"]

MOST = 2**53  # of anything that is counted, in ns or in bytes: far more than fits into a run
ROUNDING = 1 + 1e-9  # of an interval that has no width
INSTANTS = frozenset({"start_ns", "end_ns", "at_ns"})
MOMENTS = frozenset({"started_at", "ended_at", "at"})
FREE = frozenset({"scenario", "environment", "client_environment", "versions"})  # of any content
# Seeds, and a clock of the kernel that has been seen to run backwards.
ANY_SIGN = frozenset({"seed", "steal_ns"})


class ImplausibleError(ValueError):
    """A value that cannot be true: its place, the value, and what would be accepted."""

    def __init__(self, place: str, value: object, accepted: str) -> None:
        super().__init__(f"{place} is {value!r:.40}; expected {accepted}")


def check(run: RunRecord, trials: Sequence[TrialSummary]) -> None:
    """Raise ImplausibleError for the first value that cannot be true."""
    _check_values("run", run)
    for number, trial in enumerate(trials):
        place = f"trials[{number}]"
        _check_values(place, trial)
        for bad in _contradictions(place, trial):
            raise bad
    labels = {trial.label for trial in trials}
    for number, one in enumerate(run.comparisons):
        place = f"comparisons[{number}]"
        if one.label not in labels:
            raise ImplausibleError(f"{place}.label", one.label, "the label of a trial")
        if one.ratio is not None and not (
            (one.low or 0) / ROUNDING <= one.ratio <= (one.high or one.ratio) * ROUNDING
        ):
            raise ImplausibleError(f"{place}.ratio", one.ratio, "one between low and high")


def check_same(told: Any, follows: Any, place: str = "competitors") -> None:
    """Raise ImplausibleError unless numbers that are told are those that follow.

    What only one of the two has is of another version, and passes.
    """
    if isinstance(told, Mapping) and isinstance(follows, Mapping):
        for key, value in told.items():
            if key in follows:
                check_same(value, follows[key], f"{place}.{key}")
    elif isinstance(told, list) and isinstance(follows, list):
        if len(told) != len(follows):
            raise ImplausibleError(f"{place}, number of parts", len(told), f"{len(follows)}")
        for number, (one, other) in enumerate(zip(told, follows, strict=True)):
            check_same(one, other, f"{place}[{number}]")
    elif any(isinstance(one, int | float) for one in (told, follows)):
        both = isinstance(told, int | float) and isinstance(follows, int | float)
        if not (both and math.isclose(told, follows, rel_tol=1e-6)):
            raise ImplausibleError(place, told, f"{follows!r}, as follows from the trials")


def _check_values(place: str, value: Any) -> None:
    """Check every number and moment of a record, and of the records in it."""
    if isinstance(value, Histogram):
        # as floats: the sum of integers could overflow
        for number in (value.counts.min(), value.counts.sum(dtype=float)):
            _check_number(f"{place}, number of values", int(number), MOST)
    elif is_dataclass(value):
        for field in fields(value):
            inner = f"{place}.{field.name}"
            held = getattr(value, field.name)
            if field.name in MOMENTS and held is not None:
                _check_moment(inner, held)
            elif field.name in INSTANTS:
                _check_number(inner, held, validity.LARGEST)
            elif field.name not in {*FREE, *ANY_SIGN}:
                _check_values(inner, held)
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            _check_values(f"{place}[{number}]", one)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            _check_values(f"{place}[{key!r:.40}]", one)
    elif isinstance(value, int | float):
        _check_number(place, value, MOST)


def _check_number(place: str, value: float, most: int) -> None:
    if not 0 <= value <= most:
        raise ImplausibleError(place, value, f"a number from 0 to {most}")


def _check_moment(place: str, text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        accepted = "a date and time such as 2026-03-01T10:00:00+00:00"
        raise ImplausibleError(place, text, accepted) from None


def _contradictions(place: str, trial: TrialSummary) -> Iterator[ImplausibleError]:
    """Yield what does not agree within a trial."""
    if trial.round < 1:
        yield ImplausibleError(f"{place}.round", trial.round, "1 or more")
    if trial.trace_share > 1:
        yield ImplausibleError(f"{place}.trace_share", trial.trace_share, "at most 1")
    most = {
        "correct": (trial.correct, trial.completed, "completed"),
        "censored": (trial.censored, trial.service.total, "the values of service_histogram"),
        "service_histogram": (trial.service.total, trial.population, "population"),
        "error_counts": (sum(trial.error_counts.values()), trial.population, "population"),
        "status_counts": (sum(trial.status_counts.values()), trial.population, "population"),
    }
    for number, one in enumerate(trial.slices):
        most[f"slices[{number}].start_ns"] = (one.start_ns, one.end_ns, "end_ns")
        most[f"slices[{number}].correct"] = (one.correct, one.completed, "completed")
    for name, (value, limit, what) in most.items():
        if value > limit:
            yield ImplausibleError(f"{place}.{name}", value, f"at most {limit}, as {what}")
