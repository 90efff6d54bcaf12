"""What a run of rounds knows when it decides whether to go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.loads import LoadOptions
from harness.model import HeldPlan
from harness.plan import make_plan
from harness.precision_input import FIRST_LOOK
from harness.rounds import Rounds, Unwatched
from harness.store import Store
from harness.targets import Targets
from tests.examples import run, trial
from tests.open_loops import loop, plan
from tests.test_precision import scenario

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
    held: list[HeldPlan], reason: str, half_width: float | None, goes_on: bool, tmp_path: Path
) -> None:
    """Ten rounds have been; there is one more, or something ends the run before it."""
    asked = scenario({"precision": "2%"}, load=LoadOptions(rate=1000))
    rounds = Rounds(
        *(replace(make_plan(asked), number=int(goes_on), competitors=0), [], {}),
        *(Targets({}), 1.0, Unwatched(), asked),
    )
    rounds.trials = [
        trial(label, number, open_loop=loop())
        for number in range(1, FIRST_LOOK + 1)
        for label in LABELS
    ]
    with Store.open(tmp_path / "a.db") as store:
        record = run(held=tuple(held))
        store.begin(record)
        assert rounds.run_all(record, store) == "complete"
    assert rounds.ending is not None
    assert rounds.ending.reason == (reason if goes_on else "early")
    assert rounds.ending.half_width == half_width
