"""The numbered, named steps that bring a database to the current schema, oldest first.

Each step is a module, named as in the database (``m0001_results`` is ``0001_results``), and frozen:
it contains its SQL and imports nothing of ours, so that it always does what it did when it was
released. A new step gets the next number; never change the SQL of a step or rename it. Views are
defined elsewhere (``harness.store.views``): a step that only changes a view has no statements.

The ``STATEMENTS`` of a step are executed in order, in one transaction. A step that has to look at
the database first has ``prepare(db)``, which gets a ``sqlite_utils.Database``.
"""

from __future__ import annotations

from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from harness.store import views

__all__ = ["NAMES", "SET", "STEPS", "migrations", "own_names"]

STEPS = tuple(
    import_module(f"{__name__}.{name}")
    for name in sorted(one.name for one in iter_modules(__path__))
)
NAMES = tuple(step.__name__.rpartition(".m")[2] for step in STEPS)
SET = "clientbench"  # other programs may store their steps in the same table


@cache
def migrations() -> Any:
    """Return all steps in the form that ``sqlite_utils`` applies."""
    from sqlite_utils import Migrations  # noqa: PLC0415  slow to import

    made: Any = Migrations(SET)
    for name, step in zip(NAMES, STEPS, strict=True):
        made(name=name)(partial(_apply, step))
    return made


def _apply(step: ModuleType, db: Any) -> None:
    if hasattr(step, "prepare"):
        step.prepare(db)
    for statement in step.STATEMENTS:
        db.execute(statement)


@cache
def own_names() -> frozenset[str]:
    """Return every table, view and index of an up-to-date database except ``benchmark_results``."""
    from sqlite_utils import Database  # noqa: PLC0415  slow to import

    db = Database(memory=True, execute_plugins=False)
    for step in STEPS:
        _apply(step, db)
    found = db.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'").fetchall()
    db.close()
    return frozenset({name for (name,) in found} | views.VIEWS.keys()) - {"benchmark_results"}
