"""Self-tests as rows, and the self-test that a run refers to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from harness.records.model import SelftestNote
from harness.records.selftest_result import SelfTest, same_machine
from harness.store.rows import Row

__all__ = ["figure_rows", "latest", "note", "selftest_row"]


def selftest_row(selftest: SelfTest, environment_id: str) -> Row:
    """Return the row of the self-test."""
    return {
        "id": selftest.id,
        "started_at": selftest.started_at,
        "ended_at": selftest.ended_at,
        "environment_id": environment_id,
        "full": int(selftest.full),
        "passed": int(selftest.passed),
        "resolution": selftest.resolution,
    }


def figure_rows(selftest: SelfTest) -> list[Row]:
    """Return the rows of its figures, in order."""
    figures = [(part.name, figure) for part in selftest.parts for figure in part.figures]
    return [
        {"selftest_id": selftest.id, "sequence": number, "part": part}
        | asdict(figure)
        | {"missed": int(figure.missed)}
        for number, (part, figure) in enumerate(figures)
    ]


def latest(connection: sqlite3.Connection, environment: Mapping[str, Any]) -> SelftestNote | None:
    """Return the last self-test of the machine with this environment."""
    found = connection.execute(
        "SELECT selftests.id, environment"
        " FROM selftests JOIN environments ON environments.id = environment_id"
        " ORDER BY ended_at DESC, selftests.rowid DESC"
    )
    own = (key for key, text in found if same_machine(json.loads(text), environment))
    return note(connection, next(own, None))


def note(connection: sqlite3.Connection, key: str | None) -> SelftestNote | None:
    """Return the part of a self-test that a run refers to; None for none."""
    found = connection.execute(
        "SELECT id, ended_at, full, resolution FROM selftests WHERE id = ?", (key,)
    ).fetchone()
    if found is None:
        return None
    missed = connection.execute(
        "SELECT name FROM selftest_figures WHERE selftest_id = ? AND missed ORDER BY sequence",
        (key,),
    )
    key, ended_at, full, resolution = found
    return SelftestNote(key, ended_at, bool(full), resolution, tuple(name for (name,) in missed))
