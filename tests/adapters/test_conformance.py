"""Our adapters against the suite that ships: as `clientbench clients check` runs it."""

from __future__ import annotations

import pytest

import adapters
from adapters.conformance.claims import CLAIMS
from harness.checking.clients import ClientCheck, candidates
from harness.measure.contenders import Resolver
from harness.scenario.selector import parse
from tests.adapters.clients import CLIENTS
from tests.require import require_client

# As one types them; on the event loop that is a distribution of its own as well.
SELECTORS = [
    *(
        f"{one.name}:{one.mode}+{one.loop}" if one.loop else f"{one.name}:{one.mode}"
        for one in CLIENTS
        if one.adapter is not None
    ),
    *("null:sync", "null:async"),
    *(one.name for one in CLIENTS if one.adapter is None),
]
QUICK = ("raw:async+asyncio", "null:sync", "null:async")
OF_TRACES = {"trace-points", "traced-alike", "hold-points"}
NOT_ASKED = {
    "null": {claim.name for claim in CLAIMS} - {"declared"},  # it sends nothing
    "raw": {"peeked-alike"},  # it drops bodies
    "requestx": OF_TRACES
    | {"body-limit"},  # it hands over whole bodies, and shows nothing of what it does
}


def assert_does_what_is_claimed(resolver: Resolver, suite: ClientCheck, selector: str) -> None:
    """Of every claim, whether it holds or is not asked, as is known of that client."""
    name = selector.partition(":")[0]
    require_client(name)
    not_asked = NOT_ASKED.get(name, set()) | (set() if ":async" in selector else {"cancelled"})
    (one,), _ = candidates(resolver, [parse(selector)])
    results = suite.check(one).results
    reasons = {result.name: result.reason for result in results if result.state == "failed"}
    assert reasons == {}
    assert {result.name: result.state for result in results} == {
        claim.name: "does not apply" if claim.name in not_asked else "passed" for claim in CLAIMS
    }
    excused = [result.reason for result in results if result.reason]
    assert bool(excused) == (name == "requestx")  # what the others lack no claim is about


# The others, which take some seconds each, are in tests/integration/test_conformance.py.
@pytest.mark.parametrize("selector", QUICK)
def test_an_adapter_does_what_is_claimed_of_it(
    resolver: Resolver, suite: ClientCheck, selector: str
) -> None:
    assert_does_what_is_claimed(resolver, suite, selector)


def test_every_client_of_ours_is_checked() -> None:
    assert {selector.partition(":")[0] for selector in SELECTORS} == {*adapters.BUILTIN}
    assert {*QUICK} < {*SELECTORS}
    assert len({claim.name for claim in CLAIMS}) == len({claim.sentence for claim in CLAIMS})
    assert all(len(claim.sentence) <= 64 for claim in CLAIMS)
