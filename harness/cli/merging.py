"""``results merge``: add the content of another results database to this one."""

from __future__ import annotations

from pathlib import Path

from harness import interrupts
from harness.cli.locks import lock_notice
from harness.cli.screen import say
from harness.redaction import refusal
from harness.report.figures import plural
from harness.store import Store, merging

__all__ = ["merge"]


def merge(database: Path, typed: str) -> None:
    """Merge, and print how much was added. Raises StoreError."""
    if not typed:
        raise refusal("file", typed, "the path of a results database")
    source = Path(typed)
    merging.check(database, source)  # before a new database is created in vain
    with interrupts.deferred(), Store.open(database, lock_notice(database)) as store:
        new = store.merge(source)
    say(f"{_counted(new)} added to {str(database)!r}; {typed!r} is unchanged")


def _counted(new: merging.Merged) -> str:
    counts = {"run": new.runs, "round": new.rounds, "trial": new.trials}
    if new.selftests:
        counts["self-test"] = new.selftests
    return ", ".join(f"{number} {plural(noun, number)}" for noun, number in counts.items())
