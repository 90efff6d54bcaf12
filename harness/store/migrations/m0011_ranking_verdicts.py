"""The view of places says which ratio allows no verdict."""

STATEMENTS = ()
