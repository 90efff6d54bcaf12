"""The campaign of benchmarks/campaign.py finds fault: each judgement meets what is wrong and what is right."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.campaign import Case, Kept, figures, run
from benchmarks.campaign_command import MARK, Ended, Place, faults, found_secrets, left_running
from benchmarks.campaign_inputs import commands, generated
from benchmarks.campaign_kills import WEIGHTS, planned
from benchmarks.hostile_behaviours import BEHAVIOURS
from benchmarks.hostile_clients import GOOD_LENGTHS, MOST_MEMORY, Client, Seen, clients, meet
from benchmarks.hostile_clients import faults as faults_of
from benchmarks.hostile_deviations import DEVIATIONS, SPOILED
from benchmarks.hostile_server import HostileServer, running

RAW = Client("raw", "sync")
AFTER = tuple(f"200:{length}" for length in GOOD_LENGTHS[1:])


def seen(outcome: str | None = "200:5", after: tuple[str, ...] = AFTER, added: int = 0) -> Seen:
    return Seen(f"200:{GOOD_LENGTHS[0]}", outcome, after, added, 0.1)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (seen("other"), "outcome"),
        (seen("200:6"), "outcome"),
        (seen(None, ()), "no outcome"),
        (seen(after=("200:5", AFTER[1])), "next answers"),
        (seen(added=MOST_MEMORY + 1), "memory"),
    ],
)
def test_a_client_is_found_wrong(wrong: Seen, kind: str) -> None:
    assert [one.partition(":")[0] for one in faults_of("gzip-not", RAW, wrong)] == [kind]
    assert faults_of("gzip-not", RAW, seen()) == []


def test_there_are_behaviours_and_every_deviation_is_of_a_behaviour() -> None:
    named = {name for one in (*DEVIATIONS, *SPOILED) for name in one.behaviours}

    assert len(BEHAVIOURS) >= 70
    assert named <= set(BEHAVIOURS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileServer]:
    with running(tmp_path_factory.mktemp("hostile")) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("close", "reset"),
        ("http-0.9", "protocol"),
        ("chunk-lf-only", "protocol"),
        ("gzip-not", "200:5"),
        ("body-too-short", "body"),
        ("expired", "tls"),
    ],
)
def test_a_client_meets_a_behaviour(name: str, right: str, server: HostileServer) -> None:
    found = meet(RAW, name, server)

    assert found.outcome == right
    assert faults_of(name, RAW, found) == []


def test_every_client_is_among_those_that_meet_it() -> None:
    assert {one.name for one in clients()} >= {"raw", "stdlib", "requests", "httpx", "aiohttp"}
    assert {str(one) for one in clients()} >= {"raw:async:uvloop", "pycurl:sync:stream"}


def ended(code: int | None = 2, out: str = "", err: str = "clientbench: --x: no\n") -> Ended:
    return Ended((), code, out, err, 0.1)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (ended(1, "", "clientbench: this is a bug: x\n"), "bug"),
        (ended(-11), "exit code"),
        (ended(None), "no end"),
        (Ended((), 0, "", "", 1e6), "slow"),
        (ended(err="clientbench: one\nand more\n"), "message"),
        (ended(err=""), "message"),
        (ended(3, "", "Traceback (most recent call last):\n"), "traceback"),
        (ended(0, "a\x1b[31m", ""), "control character"),
        (ended(0, "a\u202eb", ""), "control character"),
        (ended(3, "", "clientbench: p4ss%2Fword\n"), "secret"),
    ],
)
def test_a_command_is_found_wrong(wrong: Ended, kind: str) -> None:
    assert kind in [one.partition(":")[0] for one in faults(wrong, ("p4ss/word",))]


def test_a_command_that_is_refused_in_one_line_is_right() -> None:
    assert faults(ended(), ("secret",)) == []
    assert found_secrets("a b c", ("b c",)) == ["b c"]


def test_a_process_that_was_left_is_found_and_ended() -> None:
    mark = f"test-{os.getpid()}"
    with subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert "time.sleep" in str(left_running(mark, within_s=0))
        assert process.wait(10) == -9
    assert left_running(mark, within_s=0) == []


def test_a_file_that_was_left_is_found(tmp_path: Path) -> None:
    place = Place(tmp_path, "x")
    since_ns = place.touched_ns()
    assert place.left(since_ns) == []

    (place.temporary / "leftover").touch()
    assert place.left(place.touched_ns()) == ["temporary file left: leftover"]


def test_options_come_from_the_command_line_itself_and_cases_from_their_numbers() -> None:
    found = {command.path: {one.name for one in command.options} for command in commands()}

    assert {"rate", "output", "header"} <= found[("compare",)]
    assert "query" in found[("results", "sql")]
    assert generated(7, 1, "http://h") == generated(7, 1, "http://h") != generated(8, 1, "http://h")
    assert {planned(number, 1).what for number in range(200)} == set(WEIGHTS)


def test_a_case_that_went_wrong_misses_its_bound(tmp_path: Path) -> None:
    cases = [
        Case("kills", "good", lambda _: []),
        Case("kills", "bad", lambda folder: [f"left: {folder.exists()}"]),
        Case("kills", "slow", lambda _: time.sleep(0.01) or []),  # type: ignore[func-returns-value]
    ]
    tried = list(run(cases, tmp_path, jobs=2))
    missed = {one.name for one in figures(tried, ["kills"]) if one.missed}

    assert {kept.name for kept in tried} == {"good", "bad", "slow"}
    assert missed == {"kills: tried", "kills: wrong", "kills: left"}
    assert not any(
        one.missed for one in figures([Kept("x", str(n), (), 0) for n in range(70)], "x")
    )
    assert list(tmp_path.iterdir()) == []
