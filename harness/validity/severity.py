"""How much a doubt matters: decided here, by its kind, and nowhere else."""

from __future__ import annotations

__all__ = ["GRAVE", "is_grave"]

# Figures or verdicts may be wrong: what was compared is not the same.
GRAVE = frozenset({"unequal bytes", "unequal work"})


def is_grave(kind: str) -> bool:
    """Whether figures or verdicts may be wrong because of a doubt of this kind."""
    return kind in GRAVE
