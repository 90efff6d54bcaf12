"""What a run of rounds knows when it decides whether to go on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.analysis.drain import Drain
from harness.measure import forecast
from harness.measure.rounds import FinishedRound, Rounds, Unwatched
from harness.measure.targets import Targets
from harness.records.histogram import Histogram
from harness.records.model import HeldPlan
from harness.scenario.plan import make_plan
from harness.scenario.precision import FIRST_LOOK
from tests.examples import run, trial
from tests.measure.test_stopping import scenario
from tests.open_loops import loop, plan

LABELS = ("raw:sync", "null:sync")


@pytest.mark.parametrize(
    ("held", "reason", "half_width"),
    [
        ([plan(label=label) for label in LABELS], "reached", 0.0),
        ([plan(label=LABELS[0]), plan(label=LABELS[1], missed=5000)], "no verdict", None),
        ([plan(label=LABELS[0])], "reached", 0.0),  # the other was not checked
    ],
)
@pytest.mark.parametrize("goes_on", [True, False])
def test_a_ratio_without_a_verdict_is_not_called_precise(
    held: list[HeldPlan], reason: str, half_width: float | None, goes_on: bool
) -> None:
    """Ten rounds have been; there is one more, or something ends the run before it."""
    asked = scenario({"precision": "2%"}, rate=1000)
    few = replace(make_plan(asked), number=int(goes_on), competitors=0)
    rounds = Rounds(few, [], {}, Targets({}), 1.0, Unwatched(), asked)
    rounds.trials = [
        trial(label, number, open_loop=loop())
        for number in range(1, FIRST_LOOK + 1)
        for label in LABELS
    ]
    ended: list[FinishedRound] = []
    assert rounds.run_all(run(held=tuple(held)), ended.append) == "complete"
    assert [one.number for one in ended] == [1] * goes_on
    assert rounds.ending is not None
    assert rounds.ending.reason == (reason if goes_on else "early")
    assert rounds.ending.half_width == half_width


def test_each_round_is_handed_over_before_the_next_and_an_interrupt_there_ends_the_run() -> None:
    asked = scenario({}, rounds=3, requests=3)
    rounds = Rounds(
        replace(make_plan(asked), competitors=0), [], {}, Targets({}), 1.0, Unwatched(), asked
    )
    ended: list[FinishedRound] = []

    def keep(one: FinishedRound) -> None:
        assert one.started_at <= one.ended_at
        ended.append(one)
        if one.number == 2:
            raise KeyboardInterrupt

    assert rounds.run_all(run(), keep) == "interrupted"
    assert [one.number for one in ended] == [1, 2]


class Sliced:
    """A trial whose slices have a drain each; of those it was told to forget nothing is left."""

    def __init__(self, *, is_foreign: bool, drains: list[float]) -> None:
        self.contender = SimpleNamespace(label="raw:sync", is_foreign=is_foreign)
        self.warmup = SimpleNamespace(whole=SimpleNamespace(service=Histogram()))
        self.seen = Histogram()
        self.waited = Drain()
        self.lengths: list[int] = []  # of all slices, forgotten ones included
        self._drains = drains

    def slice(self, length_ns: int) -> None:
        drain = self._drains.pop(0)
        self.lengths.append(length_ns)
        self.waited += Drain(length_ns, round(drain * length_ns), 1, int(drain > 0.05))

    def forget(self) -> None:
        self.waited = Drain()


@pytest.mark.parametrize(
    ("is_foreign", "drains", "measured_s"),
    [
        (False, [0, 0, 0, 0.5, 0], 4),  # ours is asked for all of it once more
        (True, [0.5, 0, 0], 3),  # the second it has had is taken off
        (True, [0, 0, 0, 0.5], 4),  # nothing would be left, and a nanosecond is no round
        (True, [0, 0, 0.5, 0.5], 4),
    ],
)
def test_a_round_is_begun_again_where_enough_of_it_is_left(
    is_foreign: bool, drains: list[float], measured_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = scenario({}, duration="4", rounds="1", slice="1")
    plan = replace(make_plan(asked), competitors=1)
    rounds = Rounds(plan, [], {}, Targets({}), 1.0, Unwatched(), asked)
    sliced = Sliced(is_foreign=is_foreign, drains=drains)

    def run_slice(trial: Any, *rest: Any) -> None:
        trial.slice(rest[3])

    monkeypatch.setattr(rounds, "_run_slice", run_slice)
    trials: Any = [sliced]
    rounds._run_blocks(trials, plan.round(1))  # all else needs a server

    assert sliced.waited.windows_ns == measured_s * 10**9
    if is_foreign:
        assert sum(sliced.lengths) == 4 * 10**9  # and not more than was asked for


def test_what_waited_for_slices_take_is_said_once_they_can_no_longer_grow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first of four slices is waited for a minute, which is not yet enough to begin again."""
    now_s, lines = [0.0], []
    monkeypatch.setattr(forecast, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    asked = scenario({}, duration="4", rounds="1", slice="1")
    plan = replace(make_plan(asked), competitors=1)
    progress: Any = SimpleNamespace(say=lambda line: lines.append((len(sliced.lengths), line)))
    rounds = Rounds(plan, [], {}, Targets({}), 1.0, progress, asked)
    sliced: Any = Sliced(is_foreign=False, drains=[0.1, 0, 0, 0])

    def run_slice(trial: Any, *rest: Any) -> None:
        took_s = 1.0 if sliced.lengths else 60.0
        now_s[0] += took_s
        trial.slice(rest[3])
        rounds._forecast.late("raw:sync", took_s, 1.0)

    monkeypatch.setattr(rounds, "_run_slice", run_slice)
    rounds._forecast.done(plan.announced_s - 4)  # all that is no slice
    rounds._run_blocks([sliced], plan.round(1))

    ((slices, line),) = lines
    assert slices == 4
    assert line.startswith("this run takes about 63 s instead of ")


def test_in_an_open_loop_what_is_waited_for_after_a_slice_belongs_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = scenario({}, duration="4", rounds="1", slice="1", rate=10)
    plan = replace(make_plan(asked), competitors=1)
    rounds = Rounds(plan, [], {}, Targets({}), 1.0, Unwatched(), asked)
    sliced: Any = Sliced(is_foreign=False, drains=[0.5] * 4)
    monkeypatch.setattr(rounds, "_run_slice", lambda trial, *rest: trial.slice(rest[3]))
    rounds._run_blocks([sliced], plan.round(1))  # as above

    assert sliced.lengths == [10**9] * 4


def test_first_requests_at_a_pace_take_their_time() -> None:
    asked = scenario({}, duration="4", rounds="2", slice="1")
    paced: Any = SimpleNamespace(
        label="raw:sync",
        is_foreign=True,
        endpoints=[SimpleNamespace(is_safe=True)],
        slots=70,
        first_gap_ns=10**8,
        http_version=None,
        connection="keep-alive",
    )
    plan = make_plan(asked)
    without, with_gaps = (
        Rounds(plan, contenders, {}, Targets({}), 1.0, Unwatched(), asked)
        for contenders in ([], [paced])
    )
    longer_s = with_gaps._left_s() - without._left_s()
    assert longer_s == pytest.approx(2 * 7, abs=0.1)
