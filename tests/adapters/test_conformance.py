"""Our adapters against the suite that ships: as `clientbench clients check` runs it."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

import adapters
from adapters.conformance.claims import CLAIMS
from harness.checking.clients import ClientCheck, examined
from harness.measure.contenders import Resolver
from harness.records.conformance import Checked, ClaimResult
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
# What an adapter of ours need not say of itself.
DECLARED = {"body-limit", "trace-points", "traced-alike", "hold-points", "cancelled"}

Check = Callable[[str], Checked]


@pytest.fixture(scope="module")
def check(
    resolver: Resolver, suite: ClientCheck, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Check:
    """Checks a client once, whichever test process asks; who would wait for another one does other work."""
    shared = tmp_path_factory.getbasetemp()
    folder = (shared if worker_id == "master" else shared.parent) / "conformance"
    folder.mkdir(exist_ok=True)

    def run(selector: str, kept: Path) -> None:
        (one,), _ = examined(resolver, [selector])
        fresh = kept.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(suite.check(one))))
        fresh.replace(kept)

    def checked(selector: str) -> Checked:
        wanted = folder / f"{selector}.json"
        while not wanted.exists():
            others = SELECTORS if worker_id != "master" else []
            for one in (selector, *others):
                kept = folder / f"{one}.json"
                with _alone(kept) as alone:
                    if alone and not kept.exists():
                        require_client(one.partition(":")[0])
                        run(one, kept)
                        break
            else:
                time.sleep(0.05)
        found = json.loads(wanted.read_text())
        results = tuple(ClaimResult(**result) for result in found.pop("results"))
        return Checked(**found, results=results)

    return checked


@contextmanager
def _alone(kept: Path) -> Iterator[bool]:
    """Whether no other test process is at it."""
    with kept.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@pytest.mark.parametrize("claim", [claim.name for claim in CLAIMS])
@pytest.mark.parametrize("selector", SELECTORS)
def test_an_adapter_does_what_is_claimed_of_it(check: Check, selector: str, claim: str) -> None:
    require_client(selector.partition(":")[0])
    (result,) = (one for one in check(selector).results if one.name == claim)
    if selector.startswith("null") and claim != "declared":
        assert result.state == "does not apply"
    elif claim in DECLARED:
        assert result.state in ("passed", "does not apply"), result.reason
    else:
        assert result.state == "passed", result.reason


def test_every_client_of_ours_is_checked() -> None:
    assert {selector.partition(":")[0] for selector in SELECTORS} == {*adapters.BUILTIN}
    assert {claim.name for claim in CLAIMS} > DECLARED
    assert len({claim.name for claim in CLAIMS}) == len({claim.sentence for claim in CLAIMS})
    assert all(len(claim.sentence) <= 64 for claim in CLAIMS)
