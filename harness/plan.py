"""The plan of a run: who is measured when, for how long. Pure and seeded: the same seed, the same plan."""

from __future__ import annotations

import random
from dataclasses import dataclass

from harness.loads import OpenLoad
from harness.scenario import Scenario
from harness.worker.job import Hold, Pace

__all__ = [
    "LEAD_IN_NS",
    "MEDIANS_PER_SLICE",
    "PAUSE_CHANCE",
    "PAUSE_SHARES",
    "RHYTHM_S",
    "Plan",
    "Round",
    "make_plan",
    "shares",
]

LEAD_IN_NS = 5_000_000
MEDIANS_PER_LEAD_IN = 2
MEDIANS_PER_SLICE = 20  # a slice is at least that many median service times long (DESIGN §1)
RESERVE = 1.3  # … also when the machine is slower than it was during warm-up
# Late enough to be out of step with what comes as often as rounds do, and costing a fifth of the time of a
# comparison of two: see docs/method.md, "Why rounds begin late".
PAUSE_CHANCE = 0.5
PAUSE_SHARES = (0.2, 0.7)
# The slowest common one of a machine: that at which kernels write back and look at memory.
RHYTHM_S = 5.0


@dataclass(frozen=True)
class Round:
    """One round: the order of competitors (by index) in each of its blocks, and the pause before it.

    What a machine does periodically would come at the same place of each round if that took as long as the
    period: all rounds would be wrong in the same way, and alike. So each but the first begins late, with a
    chance of one half.
    """

    number: int  # from 1
    blocks: tuple[tuple[int, ...], ...]
    requests: int | None  # per competitor, in its one block, where the stop rule is a count
    seeds: tuple[int, ...]  # of the arrivals in each block: the same for every competitor
    pause: float  # as a share of the time that the round before took, of at most RHYTHM_S of it

    def pause_s(self, round_s: float) -> float:
        """How long to wait before this round when the last one took ``round_s``."""
        return self.pause * min(round_s, RHYTHM_S)


@dataclass(frozen=True)
class Plan:
    """All rounds, and the lengths they share."""

    rounds: tuple[Round, ...]
    trial_ns: int  # measured time of a competitor per round
    slice_ns: int
    lead_in_ns: int
    warmup_ns: int
    competitors: int
    load: OpenLoad | None = None  # None: a closed loop
    hold: Hold | None = None
    steps: tuple[tuple[int, int], ...] = ()
    think_ns: int = 0

    def pace(self, round_: Round, block: int, length_ns: int) -> Pace | None:
        """The arrivals of one block's slices."""
        if self.load is None:
            return None
        return self.load.pace(length_ns, round_.requests, round_.seeds[block], block * length_ns)

    def warmup_pace(self, round_: Round) -> Pace | None:
        """The arrivals of the warm-up."""
        if self.load is None:
            return None
        return self.load.warmup(max(self.warmup_ns, 1), round_.seeds[0])

    def blocks_for(self, median_ns: int) -> int:
        """How many blocks a round has when the slowest competitor's median service time is ``median_ns``.

        Fewer and longer slices where the planned ones would be too short to hold 20 requests of each slot.
        """
        planned = len(self.rounds[0].blocks)
        shortest = round(RESERVE * MEDIANS_PER_SLICE * (median_ns + self.think_ns))
        longest = max(self.slice_ns, shortest, 1)
        return max(1, min(planned, self.trial_ns // longest))

    def lead_in_for(self, median_ns: int) -> int:
        """Length of a lead-in: two median service times, so that every slot is in its stride."""
        if not self.lead_in_ns:
            return 0
        return min(max(self.lead_in_ns, MEDIANS_PER_LEAD_IN * median_ns), self.trial_ns)

    @property
    def seconds(self) -> float:
        """Planned time of all windows, warm-ups, lead-ins and pauses; starts of processes come on top."""
        return sum(map(self._planned_s, self.rounds))

    def _planned_s(self, round_: Round) -> float:
        windows_ns = len(round_.blocks) * (self.slice_ns + self.lead_in_ns)
        round_s = self.competitors * (windows_ns + self.warmup_ns) / 1e9
        return round_s + round_.pause_s(round_s)


def make_plan(scenario: Scenario) -> Plan:
    """Divide each competitor's time evenly over rounds, and a round's share into slices."""
    number = len(scenario.competitors)
    generator = random.Random(scenario.seed)
    requests = _requests(scenario)
    trial_ns = round((scenario.duration_s or 0.0) * 1e9 / len(requests))
    # a count is one slice per trial: cutting it up would multiply the slots' start and finish
    of_stages = scenario.open_load is not None and scenario.open_load.shape_s is not None
    shaped = of_stages or scenario.held is not None or bool(scenario.steps)
    # … and a shape would no longer be one
    blocks = 1 if shaped else max(1, round(trial_ns / (scenario.slice_s * 1e9)))
    return Plan(
        rounds=tuple(
            Round(
                number=index + 1,
                blocks=tuple(_shuffled(generator, number) for _ in range(blocks)),
                requests=count,
                seeds=tuple(generator.getrandbits(32) for _ in range(blocks)),
                pause=_pause(generator) if index else 0.0,
            )
            for index, count in enumerate(requests)
        ),
        trial_ns=trial_ns,
        slice_ns=trial_ns // blocks,
        lead_in_ns=0
        if scenario.duration_s is None or scenario.held or scenario.steps
        else LEAD_IN_NS,
        warmup_ns=round(scenario.warmup_s * 1e9),
        competitors=number,
        load=scenario.open_load,
        hold=scenario.held.hold() if scenario.held is not None else None,
        steps=tuple((slots, round(until_s * 1e9)) for slots, until_s in scenario.steps),
        think_ns=round(scenario.think_time_s * 1e9),
    )


def _requests(scenario: Scenario) -> list[int] | list[None]:
    """Requests per round."""
    if scenario.requests is None:
        return [None] * scenario.rounds
    return shares(scenario.requests, scenario.rounds)


def shares(total: int, parts: int) -> list[int]:
    """``total`` in ``parts`` whole numbers as equal as possible (largest remainder), larger ones first."""
    share, rest = divmod(total, parts)
    return [share + (index < rest) for index in range(parts)]


def _pause(generator: random.Random) -> float:
    late = generator.random() < PAUSE_CHANCE
    share = generator.uniform(*PAUSE_SHARES)
    return share if late else 0.0


def _shuffled(generator: random.Random, number: int) -> tuple[int, ...]:
    order = list(range(number))
    generator.shuffle(order)
    return tuple(order)
