"""How long a run takes, and when it is said to take longer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.measure import forecast as forecast_module
from harness.measure.forecast import Forecast


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(forecast_module, "time", SimpleNamespace(monotonic=made))
    return made


WAITS = "responses to raw:sync arrive after its slices (75 % of the time so far)"
STARTS = "starting clients and slices takes longer here"


@pytest.mark.parametrize(
    ("took_s", "planned_s", "elapsed_s", "said"),
    [
        (4.0, 1.0, 4.0, f"this run takes about 16 s instead of 4 s: {WAITS}"),
        (1.0, 1.0, 4.0, f"this run takes about 16 s instead of 4 s: {STARTS}"),
        (4.0, 2.9, 4.0, None),  # 5.5 s are less than 1.5 times 4 s
        (2.9, 0.5, 2.9, None),  # nothing is sure yet
    ],
)
def test_much_longer_than_announced_is_said_once_and_why(
    took_s: float, planned_s: float, elapsed_s: float, said: str | None, clock: Clock
) -> None:
    forecast = Forecast(4.0)
    begin = forecast.mark()
    clock.now_s += elapsed_s
    forecast.late("raw:sync", took_s, planned_s)
    forecast.stretch_since(begin)

    assert forecast.longer() == said
    assert forecast.longer() is None


def test_slices_that_were_too_short_say_nothing_of_those_that_follow(clock: Clock) -> None:
    """Each of them was waited for a hundred times as long as it took; the longer ones are not."""
    forecast = Forecast(60.0)
    begin = forecast.mark()
    clock.now_s += 10.0
    forecast.late("raw:sync", 10.0, 0.1)
    forecast.stretch_since(begin)
    forecast.begin_again(begin, "raw:sync")

    assert forecast.left_s == 60.0
    assert forecast.longer() is None  # 70 s instead of 60 s are not much longer


def test_what_is_begun_again_counts_as_waiting_for_who_made_it_necessary(clock: Clock) -> None:
    forecast = Forecast(10.0)
    begin = forecast.mark()
    clock.now_s += 8.0
    forecast.late("raw:sync", 6.0, 2.0)
    forecast.late("urllib3", 2.0, 2.0)
    forecast.begin_again(begin, "raw:sync")

    assert forecast.longer() == (
        "this run takes about 18 s instead of 10 s: responses to raw:sync arrive after its slices "
        "(100 % of the time so far)"
    )
