"""Results in SQLite: written by ``Store``, read by ``harness.store.reading``.

Importing this package is cheap; ``sqlite_utils`` and numpy are loaded when a database is opened.
"""

from harness.store.database import Store

__all__ = ["Store"]
