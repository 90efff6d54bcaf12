"""The sequence of a scenario's requests: the endpoint of each, and the values in it. Pure.

It is drawn before the run by the seed, and every client sends it from its beginning. If it is not
known how many requests there will be, or if there are very many, it is repeated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.errors import UsageError
from harness.redaction import quoted
from harness.scenario.allocation import block_length, mixed
from harness.scenario.plan import Plan
from harness.scenario.recording import Recording
from harness.scenario.scenario import Scenario
from harness.scenario.variables import ran_out, values

__all__ = ["ALWAYS_THE_SAME", "MOST_PLACES", "Drawn", "Sequence", "draw"]

MOST_PLACES = 1_000_000  # requests before it is repeated
USUAL_PLACES = 10_000  # … if nobody says how many there will be
MOST_DRAWN = 100_000  # requests with values of their own; after that, values are repeated


@dataclass(frozen=True)
class Drawn:
    """One request: the number of its endpoint, and the values of the variables in it by name.

    ``recorded``: its number among the different requests of a recording.
    """

    endpoint: int
    values: tuple[tuple[str, str], ...]
    recorded: int | None = None


@dataclass(frozen=True)
class Sequence:
    """``order`` holds indices of ``requests``, each of which differs from all others.

    ``offsets_ns``: when each is due after the begin of a round, if they have times of their own.
    """

    requests: tuple[Drawn, ...]
    order: tuple[int, ...]
    offsets_ns: tuple[int, ...] = ()

    @property
    def first(self) -> tuple[int, ...]:
        """The first request of each endpoint."""
        places: dict[int, int] = {}
        for index, request in enumerate(self.requests):
            places.setdefault(request.endpoint, index)
        return tuple(places[number] for number in sorted(places))


ALWAYS_THE_SAME = Sequence((Drawn(0, ()),), (0,))


def draw(scenario: Scenario, plan: Plan) -> Sequence:
    """Draw the sequence of a scenario. Raises ``UsageError`` if a file of values is too short."""
    if not scenario.endpoints:
        return ALWAYS_THE_SAME
    if scenario.recording is not None:
        return _recorded(scenario.recording)
    weights = [endpoint.share for endpoint in scenario.endpoints]
    rate = plan.load.rate if plan.load is not None else None
    block = block_length(weights, rate)
    total = plan.total
    length = min(total, MOST_PLACES) if total is not None else -(-USUAL_PLACES // block) * block
    endpoints = mixed(weights, length, block, scenario.mixing, scenario.seed)
    missing = next((n for n in range(len(weights)) if n not in set(endpoints)), None)
    if missing is not None:
        name = scenario.endpoints[missing].name
        least = math.ceil(sum(weights) / min(weights))
        raise UsageError(
            f"{quoted(name)} gets none of {length:,} requests; expected about {least:,} or more, by a "
            "higher rate or a longer duration, or another weight",
            "endpoints",
        )
    return _with_values(scenario, endpoints)


def _recorded(recording: Recording) -> Sequence:
    """Return recorded requests as they were recorded: nothing is drawn."""
    requests = enumerate(recording.requests)
    drawn = tuple(Drawn(one.endpoint, (), number) for number, one in requests)
    return Sequence(drawn, recording.order, recording.offsets_ns)


def _with_values(scenario: Scenario, endpoints: list[int]) -> Sequence:
    """Return requests with the values that they take from the variables, one after the other."""
    used = [one.names if scenario.variables else set[str]() for one in scenario.endpoints]
    owners = [sorted({name.partition(".")[0] for name in names}) for names in used]
    _check_enough(scenario, endpoints, owners)
    streams = {name: values(name, one, scenario.seed) for name, one in scenario.variables.items()}
    indices: dict[Drawn, int] = {}
    of_endpoint: dict[int, list[int]] = {}
    order = []
    for number in endpoints:
        taken = [next(streams[name]).items() for name in owners[number]]
        pairs = ((name, value) for one in taken for name, value in one if name in used[number])
        drawn = Drawn(number, tuple(pairs))
        own = of_endpoint.setdefault(number, [])
        if drawn in indices:
            order.append(indices[drawn])
        elif own and len(indices) >= MOST_DRAWN:
            order.append(own[len(order) % len(own)])
        else:
            indices[drawn] = len(indices)
            own.append(indices[drawn])
            order.append(indices[drawn])
    return Sequence(tuple(indices), tuple(order))


def _check_enough(scenario: Scenario, endpoints: list[int], owners: list[list[str]]) -> None:
    """Raise ``UsageError`` for rows that are used once, if there are too few of them."""
    for name, variable in scenario.variables.items():
        needed = sum(name in owners[number] for number in endpoints)
        problem = ran_out(name, variable, needed)
        if problem is not None:
            raise UsageError(problem, "variables")
