"""``results merge``: add the content of other results databases, and of runs in JSON, to this one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness import interrupts
from harness.cli.locks import lock_notice
from harness.cli.screen import say
from harness.errors import UsageError
from harness.redaction import refusal
from harness.report.figures import plural
from harness.store import Store, importing, merging

__all__ = ["merge"]


def merge(database: Path, files: Sequence[str], documents: Sequence[str]) -> None:
    """Merge files, and print how much each added. Raises StoreError.

    All are looked at before the first is merged; each is merged completely or not at all.
    """
    if not files and not documents:
        raise UsageError("is missing; expected a results database, or --import RUN.json", "file")
    sources = [(name, _path("file", name, "a results database")) for name in files]
    for _, source in sources:
        merging.check(database, source)  # before a new database is created in vain
    runs = [
        (name, importing.read(_path("import", name, "a document of --json"))) for name in documents
    ]
    with interrupts.deferred(), Store.open(database, lock_notice(database)) as store:
        for name, source in sources:
            say(
                f"{_counted(store.merge(source))} added to {str(database)!r}; {name!r} is unchanged"
            )
        for name, (run, trials) in runs:
            added = store.add(run, trials)
            what = f"run {run.id}" if added else "nothing (it is there already)"
            say(f"{what} added to {str(database)!r}; {name!r} is unchanged")


def _path(field: str, typed: str, kind: str) -> Path:
    if not typed:
        raise refusal(field, typed, f"the path of {kind}")
    return Path(typed)


def _counted(new: merging.Merged) -> str:
    counts = {"run": new.runs, "round": new.rounds, "trial": new.trials}
    if new.selftests:
        counts["self-test"] = new.selftests
    return ", ".join(f"{number} {plural(noun, number)}" for noun, number in counts.items())
