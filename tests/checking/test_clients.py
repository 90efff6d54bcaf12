"""`clients check`: adapters of other people, each in the environment where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.clients import examined
from harness.measure.contenders import Resolver
from harness.records.conformance import Checked
from tests.checking.conftest import OUTSIDERS, CheckOutsider
from tests.cli.command import clientbench


def states(found: Checked, *wanted: str) -> list[str]:
    return [one.name for one in found.results if one.state in wanted]


@pytest.mark.parametrize("claim", [*OUTSIDERS])
def test_whoever_is_wrong_in_one_way_fails_one_claim(check: CheckOutsider, claim: str) -> None:
    found = check(claim)
    assert states(found, "failed", "not checked") == [claim]
    assert not found.passed


@pytest.mark.parametrize(
    ("name", "why"),
    [("hangs", "did not end within 2 s"), ("dies", "its process was killed by SIGSEGV")],
)
def test_a_claim_that_does_not_end_fails_and_the_others_are_checked(
    check: CheckOutsider, name: str, why: str
) -> None:
    found = check(name, claim_s=2.0)
    assert states(found, "failed", "not checked") == ["body-as-sent"]
    assert [one.reason for one in found.results if one.state == "failed"] == [why]


def test_whoever_never_ends_is_given_up(check: CheckOutsider) -> None:
    found = check("always", claim_s=0.5)
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
    words = ("clients", "check", "x-no-redirects", "--json")
    ended = clientbench(*words, cwd=tmp_path, python=python)
    assert ended.code == 4
    document = ended.json
    assert document["passed"] is False
    (one,) = document["checked"]
    assert one["label"] == "x-no-redirects:sync"
    (failed,) = (claim for claim in one["claims"] if claim["state"] == "failed")
    assert failed == {
        "name": "no-redirects",
        "sentence": "redirects are not followed",
        "state": "failed",
        "reason": "answered (200, 9), expected (302, 5)",
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody",), 2, "client: 'nobody' is unknown; known are requests,"),
        (("stdlib:async",), 2, "client: 'stdlib' has no mode 'async'; accepted: stdlib:sync"),
        (("raw", "stdlib==0.1"), 3, "client: 'stdlib==0.1' asks for version 0.1"),
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
    chosen, unusable = examined(resolver, [])
    known = resolver.catalogue().clients()
    assert [one.label for one in chosen] == [
        f"{client.name}:{mode}" for client in known if client.installed for mode in client.modes
    ]
    assert unusable == []


def test_a_name_without_a_mode_means_all_of_its_modes_and_nothing_is_checked_twice(
    resolver: Resolver,
) -> None:
    chosen, _ = examined(resolver, ["raw", "raw:sync", "raw+uvloop", "stdlib"])
    labels = ["raw:sync", "raw:async", "raw:async+uvloop", "stdlib:sync"]
    assert [one.label for one in chosen] == labels
