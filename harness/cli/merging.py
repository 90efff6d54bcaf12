"""``results merge``: add the content of other results databases, and of runs in JSON, to this one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from harness import interrupts
from harness.analysis.environments import StoredRun
from harness.cli.locks import lock_notice
from harness.cli.screen import say
from harness.errors import StoreError, UsageError
from harness.records.model import RunRecord, TrialSummary
from harness.redaction import refusal
from harness.report.figures import plural
from harness.report.json_document import to_json
from harness.report.text_file import to_text
from harness.store import Store, importing, merging, validity
from harness.store.tracked import removed_if_empty
from harness.text import one_line

__all__ = ["merge"]

MOST_TOLD = 20  # names and tags that differ, in lines


def merge(database: Path, files: Sequence[str], documents: Sequence[str]) -> None:
    """Merge files, and print how much each added. Raises StoreError.

    All are looked at before the first is merged; each is merged completely or not at all.
    """
    if not files and not documents:
        raise UsageError("is missing; expected a results database, or --import RUN.json", "file")
    sources = [(name, _path("file", name, "a results database")) for name in files]
    for _, source in sources:
        merging.check(database, source)  # before a new database is created in vain
    kind = "a document of --json"
    runs = [(name, _read(_path("import", name, kind))) for name in documents]
    with (
        removed_if_empty(database),
        interrupts.deferred(),
        Store.open(database, lock_notice(database)) as store,
    ):
        for name, source in sources:
            merged = store.merge(source)
            say(f"{_counted(merged)} added to {str(database)!r}; {name!r} is unchanged")
            _tell_kept(merged, database, name)
        for name, (run, trials) in runs:
            merged = _added(store, run, trials, name)
            is_new = merged.runs or merged.rounds or merged.trials
            what = f"run {run.id}" if is_new else "nothing (it is there already)"
            say(f"{what} added to {str(database)!r}; {name!r} is unchanged")
            _tell_kept(merged, database, name)


def _added(
    store: Store, run: RunRecord, trials: Sequence[TrialSummary], name: str
) -> merging.Merged:
    try:
        return store.add(run, trials)
    except StoreError as error:
        if error.fields == ("import",):
            error.value = repr(name)
        raise


def _tell_kept(merged: merging.Merged, database: Path, name: str) -> None:
    """Say on standard error what another file calls otherwise; few lines, however many runs."""
    for what in merged.kept[:MOST_TOLD]:
        told = one_line(what)
        say(f"clientbench: {told} stays as in {str(database)!r}: {name!r} differs", sys.stderr)
    if len(merged.kept) > MOST_TOLD:
        say(f"clientbench: so does what differs in {len(merged.kept) - MOST_TOLD} more", sys.stderr)


def _read(path: Path) -> StoredRun:
    """Return the run in a document. Raises StoreError, also if it could not be shown later."""
    run, trials = importing.read(path, to_json)
    try:
        to_json(run, trials, with_matrix=True)
        to_text(run, trials, with_matrix=True)
    except Exception as error:  # a document may have been edited anywhere
        problem = f"has content that cannot be shown ({validity.told(error)})"
        raise importing.refusal(path, problem) from error
    return run, trials


def _path(field: str, typed: str, kind: str) -> Path:
    if not typed:
        raise refusal(field, typed, f"the path of {kind}")
    return Path(typed)


def _counted(new: merging.Merged) -> str:
    counts = {"run": new.runs, "round": new.rounds, "trial": new.trials}
    if new.selftests:
        counts["self-test"] = new.selftests
    return ", ".join(f"{number} {plural(noun, number)}" for noun, number in counts.items())
