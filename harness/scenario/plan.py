"""The plan of a run: order and length of all slices. Pure; the same seed gives the same plan."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from harness.scenario.groups import MOST_IN_GROUP, Group, Pool, divided, pools, sizes
from harness.scenario.loads import OpenLoad
from harness.scenario.scenario import Scenario
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
START_S = 0.35  # for a competitor's processes to start and to end, in each round
BESIDE_SLICE_S = 0.005  # between a slice's end and the begin of the next
# Late enough to be out of step with what comes as often as rounds do, and costing a fifth of the
# time of a comparison of two: see docs/method.md, "Why rounds begin late".
PAUSE_CHANCE = 0.5
PAUSE_SHARES = (0.2, 0.7)
# The slowest common one of a machine: that at which kernels write back and look at memory.
RHYTHM_S = 5.0


@dataclass(frozen=True)
class Round:
    """One round: its groups, the order of competitors (by index) in each block, the pause before it.

    Groups run one after the other, each with all of its blocks.

    What a machine does periodically would come at the same place of each round if that took as long
    as the period: all rounds would be wrong in the same way, and alike. So each but the first
    begins late, with a chance of one half.
    """

    number: int  # from 1
    competitors: int
    requests: int | None  # per competitor, in its one block, where the stop rule is a count
    seed: int  # the run's
    pause: float  # as a share of the time that the round before took, of at most RHYTHM_S of it
    blocks: int = 1  # of a group, at most
    pools: tuple[Pool, ...] = ()  # what is divided into groups; none: all are one group
    most_in_group: int = MOST_IN_GROUP

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups in the order in which they run: every round divides anew."""
        if not self.pools:
            return (tuple(range(self.competitors)),)
        draw = _random(self.seed, "groups", self.number)
        return divided(self.pools, self.most_in_group, draw)

    def block(self, block: int, group: int) -> int:
        """Return the number, within the round, of a block of a group."""
        return group * self.blocks + block

    def order(self, block: int, group: int = 0) -> tuple[int, ...]:
        """The competitors in a block of a group, by index, in random order."""
        order = list(self.groups[group])
        _random(self.seed, "order", self.number, self.block(block, group)).shuffle(order)
        return tuple(order)

    @property
    def begins(self) -> tuple[int, ...]:
        """All competitors, by index, in the order in which they begin."""
        firsts = (self.order(0, group) for group in range(len(self.groups)))
        return tuple(dict.fromkeys(index for order in firsts for index in order))

    def arrivals_seed(self, block: int, group: int = 0) -> int:
        """Return the seed of the arrivals in a block, which is the same for every competitor."""
        draw = _random(self.seed, "arrivals", self.number, self.block(block, group))
        return draw.getrandbits(32)

    def pause_s(self, round_s: float) -> float:
        """Return the pause before this round when the last one took ``round_s``."""
        return self.pause * min(round_s, RHYTHM_S)


@dataclass(frozen=True)
class Plan:
    """All rounds, and the lengths they share.

    A round, and an order in it, is made when it is asked for.
    """

    number: int  # rounds
    blocks: int  # blocks per round
    competitors: int
    seed: int
    trial_ns: int  # measured time of a competitor per round
    lead_in_ns: int
    warmup_ns: int
    requests: int | None = None  # measured per competitor, in all rounds together
    load: OpenLoad | None = None  # None: a closed loop
    hold: Hold | None = None
    steps: tuple[tuple[int, int], ...] = ()
    think_ns: int = 0
    pools: tuple[Pool, ...] = ()  # none: all competitors are one group
    most_in_group: int = MOST_IN_GROUP

    @property
    def turns(self) -> int:
        """Return what a round measures: each competitor once, the baseline once in each group."""
        return sum(sizes(self.pools, self.most_in_group)) if self.pools else self.competitors

    @property
    def slice_ns(self) -> int:
        """Planned length of a slice."""
        return self.trial_ns // self.blocks

    @property
    def rounds(self) -> Iterator[Round]:
        """All rounds, in order."""
        return map(self.round, range(1, self.number + 1))

    def round(self, number: int) -> Round:
        """One round, from 1."""
        draw = _random(self.seed, "pause", number)
        late, pause = draw.random() < PAUSE_CHANCE, draw.uniform(*PAUSE_SHARES)
        return Round(
            number=number,
            competitors=self.competitors,
            requests=self._requests(number),
            seed=self.seed,
            pause=pause if late and number > 1 else 0.0,
            blocks=self.blocks,
            pools=self.pools,
            most_in_group=self.most_in_group,
        )

    @property
    def total(self) -> int | None:
        """Requests of a competitor that count, in all rounds; None where nobody knows."""
        if self.requests is not None:
            return self.requests
        return None if self.load is None else self.load.starts(self.trial_ns * self.number)

    def before(self, round_number: int) -> int | None:
        """Return how many of them earlier rounds have."""
        if self.requests is not None:
            return sum(self._requests(number) or 0 for number in range(1, round_number))
        if self.load is None:
            return None
        return self.load.starts(self.trial_ns * (round_number - 1))

    def _requests(self, number: int) -> int | None:
        """A round's part of the count, larger parts first."""
        if self.requests is None:
            return None
        share, rest = divmod(self.requests, self.number)
        return share + (number <= rest)

    def pace(self, round_: Round, block: int, length_ns: int, group: int = 0) -> Pace | None:
        """The arrivals of the slices of one block of a group."""
        if self.load is None:
            return None
        behind_ns = (round_.number - 1) * self.trial_ns + block * length_ns
        seed = round_.arrivals_seed(block, group)
        return self.load.pace(length_ns, round_.requests, seed, behind_ns)

    def warmup_pace(self, round_: Round) -> Pace | None:
        """The arrivals of the warm-up."""
        if self.load is None:
            return None
        return self.load.warmup(max(self.warmup_ns, 1), round_.arrivals_seed(0))

    def most_starts(self, *, spared: bool = False) -> int | None:
        """Intended starts in a trial at most, lead-in or warm-up included; None in a closed loop.

        More slots than that would each send a first request and then nothing. ``spared``: the load
        alone.
        """
        if self.load is None:
            return None
        counted = self._requests(1) or self.load.starts(self.trial_ns) + 1
        before_ns = 0 if spared else max(self.warmup_ns, self.trial_ns if self.lead_in_ns else 0)
        return max(1, counted + math.ceil(self.load.highest * before_ns / 1e9))

    def blocks_for(self, shortest_ns: int, left_ns: int | None = None) -> int:
        """Return the number of blocks in a round if no slice may be shorter than ``shortest_ns``.

        ``left_ns``: of its measured time; None: all of it.
        """
        length_ns = self.trial_ns if left_ns is None else left_ns
        return max(1, min(self.blocks, length_ns // max(self.slice_ns, shortest_ns, 1)))

    def shortest_for(self, median_ns: int) -> int:
        """Length of a slice with room for 20 requests of each slot, of ``median_ns``,
        and to spare.
        """
        return round(RESERVE * MEDIANS_PER_SLICE * (median_ns + self.think_ns))

    def lead_in_for(self, median_ns: int) -> int:
        """Length of a lead-in: two median service times, so that every slot is in its stride."""
        if not self.lead_in_ns:
            return 0
        return min(max(self.lead_in_ns, MEDIANS_PER_LEAD_IN * median_ns), self.trial_ns)

    @property
    def seconds(self) -> float:
        """Planned time of all windows, warm-ups, lead-ins and pauses; starts of processes come on
        top.
        """
        return sum(self._round_s + round_.pause_s(self._round_s) for round_ in self.rounds)

    @property
    def expected_s(self) -> float:
        """Expected planned time before pauses are drawn: the same for every seed."""
        pause_s = PAUSE_CHANCE * fmean(PAUSE_SHARES) * min(self._round_s, RHYTHM_S)
        return self.number * self._round_s + (self.number - 1) * pause_s

    @property
    def _round_s(self) -> float:
        windows_ns = self.trial_ns + self.blocks * self.lead_in_ns
        return (self.turns * windows_ns + self.competitors * self.warmup_ns) / 1e9

    @property
    def announced_s(self) -> float:
        """About how long the run takes: with starts of processes, and what every slice costs beside
        itself.
        """
        each_round_s = self.competitors * START_S + self.turns * self.blocks * BESIDE_SLICE_S
        return self.seconds + self.number * each_round_s


def make_plan(scenario: Scenario) -> Plan:
    """Divide each competitor's time evenly over rounds, and a round's share into slices.

    More than ``MOST_IN_GROUP`` competitors are divided into groups.
    """
    trial_ns = round((scenario.duration_s or 0.0) * 1e9 / scenario.rounds)
    counted = scenario.duration_s is None
    is_large = len(scenario.competitors) > MOST_IN_GROUP
    is_timed = scenario.recording is not None and bool(scenario.recording.offsets_ns)
    is_whole = counted or is_timed or bool(scenario.held or scenario.steps)
    return Plan(
        number=scenario.rounds,
        blocks=_blocks(scenario, trial_ns),
        competitors=len(scenario.competitors),
        seed=scenario.seed,
        trial_ns=trial_ns,
        lead_in_ns=0 if is_whole else LEAD_IN_NS,
        warmup_ns=round(scenario.warmup_s * 1e9),
        requests=scenario.requests,
        load=scenario.open_load,
        hold=scenario.held.hold() if scenario.held is not None else None,
        steps=tuple((slots, round(until_s * 1e9)) for slots, until_s in scenario.steps),
        think_ns=round(scenario.think_time_s * 1e9),
        pools=pools(scenario.competitors, scenario.baseline) if is_large else (),
        most_in_group=MOST_IN_GROUP,
    )


def _blocks(scenario: Scenario, trial_ns: int) -> int:
    """Return the number of blocks per round; 1 if slices are off, or the load cannot be cut."""
    of_stages = scenario.open_load is not None and scenario.open_load.shape_s is not None
    if of_stages or scenario.held is not None or scenario.steps or scenario.slice_s is None:
        return 1
    return max(1, round(trial_ns / (scenario.slice_s * 1e9)))


def shares(total: int, parts: int) -> list[int]:
    """``total`` in ``parts`` whole numbers as equal as possible (largest remainder), larger ones
    first.
    """
    share, rest = divmod(total, parts)
    return [share + (index < rest) for index in range(parts)]


def _random(*what: object) -> random.Random:
    """Return a separate generator for each purpose, so that draws do not depend on earlier ones."""
    return random.Random("/".join(map(str, what)))
