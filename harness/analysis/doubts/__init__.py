"""Warnings: reasons to read a result with care. Pure: summaries in, warnings out (DESIGN §7)."""
