"""``results annotate`` and ``results prune``: what a user says of stored runs, and which he keeps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from harness import interrupts
from harness.cli.locks import lock_notice
from harness.cli.screen import say
from harness.errors import UsageError
from harness.input.identity_input import run_name, tags
from harness.redaction import refusal
from harness.report.figures import plural
from harness.report.listings import SHORT_ID
from harness.store import Store
from harness.store.files import reading
from harness.store.pruning import Keep

__all__ = ["annotate", "prune"]

ACCEPTED = "a number of runs (50), an age (90d), or tagged"


def annotate(database: Path, key: str, name: str | None, typed: Sequence[str]) -> None:
    """Name and tag a stored run. Raises UsageError and StoreError."""
    found, called = tags(typed, removable=True), run_name(name)
    if not found and called is None:
        raise UsageError("is missing; expected --tag KEY=VALUE or --name TEXT", "tag")
    _check_exists(database)
    with interrupts.deferred(), Store.open(database, lock_notice(database)) as store:
        run_id = store.annotate(key, found, called)
    told = [f"{tag}={value}" if value else f"{tag} removed" for tag, value in found.items()]
    if called is not None:
        told.append(f"name {called!r}")
    say(f"run {run_id[:SHORT_ID]}: {', '.join(told)}")


def prune(database: Path, keeps: Sequence[str], *, dry_run: bool) -> None:
    """Remove the runs that none of ``keeps`` names. Raises UsageError and StoreError."""
    if not keeps:
        raise UsageError(f"is missing; expected {ACCEPTED}", "keep")
    keep = _parsed(keeps)
    _check_exists(database)
    with interrupts.deferred(), Store.open(database, lock_notice(database)) as store:
        removed = store.prune(keep, really=not dry_run)
    for run_id in removed:
        say(f"{'would remove' if dry_run else 'removed'} run {run_id}")
    number = len(removed)
    say(f"{number} {plural('run', number)} {'to remove' if dry_run else 'removed'}")


def _parsed(keeps: Sequence[str]) -> Keep:
    """Return what to keep; of several numbers and ages the largest."""
    newest: list[int] = []
    days: list[float] = []
    for text in keeps:
        match = re.fullmatch(r"(\d{1,9})(d?)", text.strip().lower())
        if text.strip().lower() == "tagged":
            continue
        if match is None:
            raise refusal("keep", text, ACCEPTED, ("tagged",))
        (days if match[2] else newest).append(int(match[1]))
    tagged = any(text.strip().lower() == "tagged" for text in keeps)
    return Keep(max(newest, default=None), max(days, default=None), tagged)


def _check_exists(database: Path) -> None:
    """Raise StoreError unless there are results: opening would make a new database."""
    with reading(database):
        pass
