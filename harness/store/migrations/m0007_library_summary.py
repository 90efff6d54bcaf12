"""The view of results over runs."""

STATEMENTS = ()
