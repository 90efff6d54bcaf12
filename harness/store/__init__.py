"""Results in SQLite: ``Store`` writes them, ``harness.store.reading`` reads them.

``Keeper`` puts them into another file while the database cannot be written.

Enters: records. Leaves: a database, and records again. Importing this package is cheap;
``sqlite_utils`` and numpy are loaded when a database is opened. Imports ``records`` and
``analysis``.
"""

from harness.store.database import Store
from harness.store.keeping import Keeper, Kept, LockNotice

__all__ = ["Keeper", "Kept", "LockNotice", "Store"]
