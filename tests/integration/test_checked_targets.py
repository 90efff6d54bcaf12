"""`targets check`, and targets of other people: a fault fails the claim that it is of, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.targets import check
from harness.measure.targets import make_target
from servers.conformance.claims import CLAIMS
from servers.hosted import HostedTarget
from servers.spec import TargetSpec
from tests.checking.sloppy import FAULTS, SOFTWARE, assert_fails_alone
from tests.cli.command import ONE, clientbench
from tests.targets import started


def test_somebody_is_wrong_in_every_way() -> None:
    assert {claim.name for claim in CLAIMS} == {*FAULTS}


# Each fault fails its claim alone: tests/integration/test_faults.py.
@pytest.mark.usefixtures("installed")
def test_a_target_of_somebody_else_s_passes() -> None:
    assert_fails_alone("none")


@pytest.mark.usefixtures("installed")
def test_the_hash_of_the_configuration_is_that_of_what_a_plug_in_configures(
    neighbours: tuple[Path, Path],
) -> None:
    module = neighbours[0] / "x_changed_software.py"
    found = []
    for fault in ("none", "nothing", "none"):
        module.write_text(SOFTWARE.format(name="x-changed", fault=fault))
        with started(HostedTarget(TargetSpec("x-changed"))) as target:
            found.append(target.describe()["configuration"])
    assert found[0] == found[2] != found[1]


def test_one_of_ours_passes() -> None:
    found = check(TargetSpec())
    assert [one.reason for one in found.results if one.state != "passed"] == []
    assert found.version


def test_the_command_says_which_claim_fails(neighbours: tuple[Path, Path], tmp_path: Path) -> None:
    _, python = neighbours
    words = ("targets", "check", "x-routes")
    ended = clientbench(*words, cwd=tmp_path, python=python, environ={"COLUMNS": "80"})
    assert ended.code == 4
    assert max(map(len, ended.out.splitlines()[:-1])) <= 80
    assert "http: body of GET / " not in ended.out
    assert "Content-Length of GET /: 4, expected 3" in " ".join(ended.out.split())
    assert ended.out.splitlines()[-1].endswith("10 of 11 claims passed, 1 failed (routes)")


def test_one_that_does_not_start_fails_and_the_rest_is_not_checked(
    neighbours: tuple[Path, Path], tmp_path: Path
) -> None:
    _, python = neighbours
    ended = clientbench("targets", "check", "x-late", "--json", cwd=tmp_path, python=python)
    assert ended.code == 4
    (one,) = ended.json["checked"]
    failed, *rest = one["claims"]
    assert (failed["name"], failed["state"]) == ("ready", "failed")
    assert "http: x-late: is broken: KeyError: 'no such template'; https:" in failed["reason"]
    assert [claim["name"] for claim in rest] == [claim.name for claim in CLAIMS[1:]]
    assert {(claim["state"], claim["reason"]) for claim in rest} == {
        ("not checked", "it never started")
    }


def test_a_plugged_in_target_is_one_like_the_others(
    neighbours: tuple[Path, Path], tmp_path: Path
) -> None:
    _, python = neighbours
    ended = clientbench("targets", "--json", cwd=tmp_path, python=python)
    known = {one["name"]: one for one in ended.json["targets"]}
    assert list(known)[:2] == ["embedded", "httpbin"]
    way = {"runtime": "native", "version": "1.0", "reason": None, "program": str(python)}
    assert known["x-none"]["ways"][0] == way
    assert "uvloop" in known["embedded"]["ways"][0]["version"]  # nobody takes it over
    words = ("compare", "raw:sync", "--target", "x-none", "--instances", "1", "--json", *ONE)
    ended = clientbench(*words, cwd=tmp_path, python=python)
    assert ended.code == 0, ended.err
    document = ended.json
    assert document["run"]["targets"][0]["spec"]["name"] == "x-none"
    assert [one["errors"] for one in document["competitors"]] == [0]


@pytest.mark.usefixtures("installed")
def test_a_process_that_is_spoken_with_is_its_own_and_not_our_server() -> None:
    target = make_target(TargetSpec("x-spoken"))
    assert target.name == "x-spoken"
    with started(target), started(make_target(TargetSpec("x-spoken", instances=2))) as several:
        assert len(several.processes()) == 2
        assert {target.name, several.name} == {"x-spoken"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x-wreck", "its plug-in x-wreck-target 1.2.3 is broken: ModuleNotFoundError"),
        ("x-odd", "is not a subclass of servers.software.Software"),
        ("x-late", "x-late: is broken: KeyError: 'no such template'"),
    ],
)
def test_a_broken_plug_in_is_one_line_where_it_is_used(
    name: str, reason: str, neighbours: tuple[Path, Path], tmp_path: Path
) -> None:
    _, python = neighbours
    ended = clientbench("compare", "raw:sync", "--target", name, *ONE, cwd=tmp_path, python=python)
    assert ended.code == 3
    (line,) = (line for line in ended.err.splitlines() if line.startswith("clientbench: "))
    assert reason in line
    assert "Traceback" not in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_broken_plug_in_is_in_nobodys_way(neighbours: tuple[Path, Path], tmp_path: Path) -> None:
    _, python = neighbours
    ended = clientbench("targets", cwd=tmp_path, python=python)
    assert ended.code == 0
    assert "ModuleNotFoundError" in ended.out
    assert any(line.startswith("x-none") for line in ended.out.splitlines())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody",), 2, "NAME: 'nobody' is not valid; expected embedded,"),
        (("embedded", "--runtime", "moon"), 2, "--runtime: 'moon' is not valid"),
        (("embedded", "--upstream", "httpbin"), 2, "--upstream: applies to proxies"),
    ],
)
def test_what_cannot_be_checked_is_one_line(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    ended = clientbench("targets", "check", *words, cwd=tmp_path)
    assert (ended.code, ended.out) == (code, "")
    (line,) = ended.err.splitlines()
    assert said in line
