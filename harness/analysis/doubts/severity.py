"""How much a doubt matters: decided here, by its kind, and nowhere else."""

from __future__ import annotations

__all__ = ["GRAVE", "NOTES", "is_grave", "is_note"]

# Figures or verdicts may be wrong: what was compared is not the same.
GRAVE = frozenset({"connections differ", "unequal bytes", "unequal work"})

# Nothing was found that would speak against the result.
NOTES = frozenset({"not checked"})


def is_grave(kind: str) -> bool:
    """Whether figures or verdicts may be wrong because of a doubt of this kind."""
    return kind in GRAVE


def is_note(kind: str) -> bool:
    """Whether a doubt of this kind leaves the result as good as it is: ``--strict`` lets it pass."""
    return kind in NOTES
