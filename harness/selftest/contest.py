"""Real comparisons of a client with itself, slowed or not.

Each is one run of the product in a process of its own, as a command would be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.measure.experiment import Outcome, run
from harness.measure.rounds import Unwatched
from harness.scenario.scenario import Scenario
from harness.selftest.apart import apart

__all__ = ["Contest", "measure"]


@dataclass(frozen=True)
class Contest:
    """A client against itself under several names, each wasting a share of its CPU per request."""

    client: str  # with its mode
    shares: Mapping[str, float]  # wasted after each request, by name; the first is the baseline
    rounds: int
    duration_s: float  # measured time per name, in total
    slice_s: float
    seed: int

    @property
    def scenario(self) -> Scenario:
        """The scenario that the command line would have made, but for the names."""
        options = Options.of(
            clients=(self.client,),
            duration=self.duration_s,
            rounds=self.rounds,
            seed=self.seed,
        )
        alone = build(options, Defaults())
        (competitor,) = alone.competitors
        names = tuple(
            competitor.model_copy(update={"label": name, "busy_share": share})
            for name, share in self.shares.items()
        )
        changes = {"competitors": names, "baseline": names[0].label, "slice_s": self.slice_s}
        return Scenario.model_validate(alone.model_copy(update=changes).model_dump())


def measure(contest: Contest, database: Path) -> Outcome:
    """Run it in a process of its own; its results are in ``database`` as well."""
    return apart(_measure, contest.scenario, database)


def _measure(scenario: Scenario, database: Path) -> Outcome:
    return run(scenario, database, Defaults().sampling_interval_s, Unwatched())
