"""Names, tags and findings of gates of runs that two databases share: any may have been changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from harness.store import conflicts
from harness.text import canonical_json

__all__ = ["Annotation", "shared", "take_findings", "unite"]

FINDINGS = "gate_findings"
COMPARED = (
    "SELECT label, rule, outcome, value, low, high, reason FROM {}.gate_findings"
    " WHERE run_id = ? ORDER BY sequence"
)


@dataclass(frozen=True)
class Annotation:
    """Name and tags of a run in both databases; tags as JSON, None without any."""

    run_id: str
    ours: tuple[str, str | None]
    theirs: tuple[str, str | None]


def shared(connection: sqlite3.Connection) -> list[Annotation]:
    """Return those of the runs in ``temp.shared`` (see ``conflicts``), before anything is copied."""
    tags = "theirs.tags" if "tags" in conflicts.common_columns(connection, "runs") else "NULL"
    rows = connection.execute(
        f"SELECT id, ours.name, ours.tags, theirs.name, {tags}"
        " FROM main.runs AS ours JOIN other.runs AS theirs USING (id)"
        " WHERE id IN (SELECT id FROM temp.shared)"
    )
    return [Annotation(str(row[0]), (row[1], row[2]), (row[3], row[4])) for row in rows]


def unite(connection: sqlite3.Connection, annotations: list[Annotation]) -> Iterator[str]:
    """Keep our names, and the tags of both, ours first; yield what stays and differs there."""
    for one in annotations:
        (name, text), (their_name, their_text) = one.ours, one.theirs
        tags, their_tags = _tags(text), _tags(their_text)
        united = None if tags is None else {**(their_tags or {}), **tags}
        if united is not None:
            text = canonical_json(united) if united else None
        connection.execute(
            "UPDATE main.runs SET name = ?, tags = ? WHERE id = ?", (name, text, one.run_id)
        )
        if name != their_name:
            yield f"the name of run {one.run_id}"
        for key, value in (their_tags or {}).items():
            if united is None or united[key] != value:
                yield f"tag {key} of run {one.run_id}"


def take_findings(connection: sqlite3.Connection) -> Iterator[str]:
    """Take the findings of a gate where we have none; yield what stays and differs there."""
    if FINDINGS not in conflicts.common_tables(connection):
        return
    both = (
        "SELECT id FROM temp.shared WHERE here AND id IN (SELECT run_id FROM other.gate_findings)"
    )
    for (run_id,) in connection.execute(both).fetchall():
        ours, theirs = (
            connection.execute(COMPARED.format(name), (run_id,)).fetchall()
            for name in ("main", "other")
        )
        if not ours:
            columns = ", ".join(conflicts.common_columns(connection, FINDINGS))
            connection.execute(
                f"INSERT INTO main.{FINDINGS} ({columns}) SELECT {columns} FROM other.{FINDINGS}"
                " WHERE run_id = ? ORDER BY sequence",
                (run_id,),
            )
        elif ours != theirs:
            yield f"the gate's findings of run {run_id}"


def _tags(text: str | None) -> dict[str, str] | None:
    """Return stored tags; None for what are none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
