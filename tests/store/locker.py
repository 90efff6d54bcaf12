"""Another program that has a database locked: ``python -m tests.store.locker PATH``, until its input ends."""

import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
sys.stdout.write("locked\n")
sys.stdout.flush()
sys.stdin.read()
