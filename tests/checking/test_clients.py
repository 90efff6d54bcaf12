"""`clients check`: adapters of other people, each in the environment where it is installed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import psutil
import pytest

from adapters.conformance.claims import CLAIMS
from harness.checking.clients import candidates
from harness.measure.contenders import Resolver
from harness.records.checked import Checked
from harness.scenario.selector import parse
from tests.adapters.broken import BROKEN
from tests.checking.conftest import CheckOutsider
from tests.cli.command import clientbench

CANDIDATES = """
import json
from harness.checking.clients import candidates
from harness.clients.bundle import Bundle
from harness.measure.contenders import Resolver

with Bundle() as bundle:
    chosen, unusable = candidates(Resolver(bundle), [])
print(json.dumps([[one.label for one in chosen], unusable]))
"""


def states(found: Checked, *wanted: str) -> list[str]:
    return [one.name for one in found.results if one.state in wanted]


def test_somebody_is_wrong_in_every_way() -> None:
    """Each of them fails that claim alone: tests/integration/test_claims.py."""
    assert {claim.name for claim in CLAIMS} == {*BROKEN}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("hangs", "did not end within 2 s"),
        ("dies", "its process was killed by SIGSEGV"),
        ("writes", "something else wrote into the pipe of the suite"),
        ("forks", "its process ended with exit code 7: no message"),
    ],
)
def test_a_claim_that_does_not_end_fails_and_the_others_are_checked(
    check: CheckOutsider, name: str, why: str
) -> None:
    found = check(name, claim_s=2.0)
    reasons = {one.name: one.reason for one in found.results}
    assert [claim for claim, reason in reasons.items() if reason == why] == ["body-as-sent"]
    assert reasons["no-redirects"] == "answered (200, 0), expected (302, 5)"
    assert states(found, "not checked") == []


def test_what_an_adapter_has_started_is_ended_with_it(check: CheckOutsider) -> None:
    check("forks", claim_s=2.0)
    # nobody's children: those of other tests that run beside this one have parents
    orphans = (one for one in psutil.process_iter(["ppid", "cmdline"]) if one.info["ppid"] == 1)
    assert [one for one in orphans if "check.py" in " ".join(one.info["cmdline"] or ())] == []


def test_whoever_never_ends_is_given_up(check: CheckOutsider) -> None:
    found = check("always", claim_s=2.0)  # a busy machine needs one to load it
    assert len(states(found, "failed")) == 3
    left = [one for one in found.results if one.state == "not checked"]
    assert len(left) > 20
    assert {one.reason for one in left} == {"given up after 3 claims that did not end"}
    assert not found.passed


def test_the_command_says_which_claim_fails_and_why(
    outsiders: tuple[Path, Path], tmp_path: Path
) -> None:
    _, python = outsiders
    words = ("clients", "check", "x-no-redirects", "null:sync")
    ended = clientbench(*words, cwd=tmp_path, python=python, environ={"COLUMNS": "80"})
    assert ended.code == 4
    lines = ended.out.splitlines()
    assert max(map(len, lines[:-2])) <= 80
    failed = next(n for n, line in enumerate(lines) if line.endswith("FAILED"))
    assert lines[failed].startswith("redirects are not followed")
    assert lines[failed + 1].strip() == "answered (200, 9), expected (302, 5)"
    first, second = lines[-2:]
    assert first.startswith("x-no-redirects:sync 3.")
    assert "1 failed (no-redirects)" in first
    assert second.startswith("null:sync")
    assert "1 of 1 claim passed" in second


def test_the_document_has_every_claim(outsiders: tuple[Path, Path], tmp_path: Path) -> None:
    _, python = outsiders
    words = ("clients", "check", "x-idle", "--json")
    ended = clientbench(*words, cwd=tmp_path, python=python)
    assert ended.code == 4
    document = ended.json
    assert document["passed"] is False
    (one,) = document["checked"]
    assert one["label"] == "x-idle:sync"
    assert [claim["name"] for claim in one["claims"]] == [claim.name for claim in CLAIMS]
    by_name = {claim["name"]: claim for claim in one["claims"]}
    assert by_name["declared"]["state"] == "passed"
    assert by_name["no-redirects"] == {
        "name": "no-redirects",
        "sentence": "redirects are not followed",
        "state": "failed",
        "reason": "answered (200, 0), expected (302, 5)",
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody",), 2, "client: 'nobody' is unknown; expected one of requests,"),
        (("stdlib:async",), 2, "client: 'stdlib' has no mode 'async'; accepted: stdlib:sync"),
        (("raw", "stdlib==0.1"), 3, "client: 'stdlib==0.1' asks for version 0.1"),
        (("raw", "http://x/"), 2, "client: a URL was given; expected the name of a client"),
        (("raw@3.99",), 3, "client interpreter: '3.99' is not found"),
    ],
)
def test_who_cannot_be_checked_is_one_line(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    ended = clientbench("clients", "check", *words, cwd=tmp_path)
    assert (ended.code, ended.out) == (code, "")
    (line,) = ended.err.splitlines()
    assert said in line


def test_without_names_all_that_can_be_used_are_checked(resolver: Resolver) -> None:
    chosen, unusable = candidates(resolver, [])
    known = resolver.catalogue().clients()
    assert [one.label for one in chosen] == [
        f"{client.name}:{mode}" for client in known if client.installed for mode in client.modes
    ]
    assert unusable == []


def test_an_installed_client_that_cannot_be_used_is_named_beside_the_others(
    outsiders: tuple[Path, Path],
) -> None:
    _, python = outsiders
    told = subprocess.run([python, "-c", CANDIDATES], capture_output=True, text=True, check=True)
    labels, (line,) = json.loads(told.stdout)
    assert line.startswith("client: 'x-wreck' cannot be used: ")
    assert "nobody_has_this" in line
    assert {"raw:sync", "x-idle:sync"} < {*labels}
    assert not [label for label in labels if label.startswith("x-wreck")]


def test_a_name_without_a_mode_means_all_of_its_modes_and_nothing_is_checked_twice(
    resolver: Resolver,
) -> None:
    specs = [parse(text) for text in ("raw", "raw:sync", "raw+uvloop", "stdlib")]
    chosen, _ = candidates(resolver, specs)
    labels = ["raw:sync", "raw:async", "raw:async+uvloop", "stdlib:sync"]
    assert [one.label for one in chosen] == labels
