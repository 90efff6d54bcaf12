"""The commands to type next, whole or broken so that they can be pasted."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.trust import Trust
from harness.records.model import SelftestNote
from harness.report.answer.following import Command, commands, pasted
from tests.examples import run

KNOWN = SelftestNote("s", "2025-03-01T10:00:00+00:00", full=False, resolution=0.02, failed=())


def typed(resolution: float | None, database: str | None = None, **of: Any) -> list[str]:
    trust = Trust("good", "", "", resolution)
    made = commands(run(**of), trust, "bin/clientbench", database)
    return [" ".join(command.words) for command in made]


def test_details_first_and_a_self_test_that_is_missing() -> None:
    details = "bin/clientbench results show run-1 --details"
    assert typed(0.01) == [details, "bin/clientbench selftest"]
    assert typed(None) == [details]
    assert typed(0.01, selftest=KNOWN) == [details]


def test_wide_intervals_can_be_narrowed_unless_that_was_asked_for() -> None:
    assert typed(0.2, selftest=KNOWN)[1:] == ["… --precision 3%"]
    asked = {"precision": {"half_width": 0.03}}
    assert typed(0.2, selftest=KNOWN, scenario=asked)[1:] == []


def test_a_database_that_was_typed_is_typed_again() -> None:
    assert typed(None, "my results.db") == [
        "bin/clientbench results show run-1 --details --db 'my results.db'"
    ]


DETAILS = ("clientbench", "results", "show", "run-1", "--details", "--db", "'my own results.db'")
MISSING = "2 min; this machine has none yet"


@given(st.integers(31, 191))  # screens of 40 to 200 columns, without the label
def test_at_any_width_a_comment_stays_a_comment_and_words_stay_whole(room: int) -> None:
    lines = pasted(Command(DETAILS, MISSING), room)
    assert max(map(len, lines)) <= room
    commands, _, comments = "\n".join(lines).partition("#")
    assert " ".join(commands.replace("\\\n", "").split()) == " ".join(DETAILS)
    assert " ".join(comments.replace("#", "").split()) == MISSING
    assert all(line.startswith("#") for line in comments.splitlines()[1:])


def test_where_there_is_room_it_is_one_line() -> None:
    assert pasted(Command(("clientbench", "selftest"), MISSING), 71) == [
        f"clientbench selftest  # {MISSING}"
    ]


@pytest.mark.parametrize("room", [10, 31, 40, 55, 100, 191])
def test_a_shell_that_gets_the_lines_runs_the_command_and_nothing_else(
    room: int, tmp_path: Path
) -> None:
    (tmp_path / "clientbench").write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    (tmp_path / "clientbench").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-e"],
        input="\n".join(pasted(Command(DETAILS, MISSING), room)),
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "results|show|run-1|--details|--db|my own results.db|"
