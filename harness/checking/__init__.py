"""``clients check`` and ``targets check``: the conformance suites that ship, run here."""
