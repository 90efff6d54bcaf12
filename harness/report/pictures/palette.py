"""The colours of pictures and pages, for light and dark paper. Pure.

Every colour that text is written in has a contrast of 4.5 or more to its paper (WCAG 2.1). A
picture is drawn in the light ones; ``dark_rules`` exchanges them where the reader prefers dark.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = [
    "BAD",
    "BAND",
    "DOUBT",
    "EVERY",
    "GOOD",
    "GRID",
    "INK",
    "MUTED",
    "OF_VERDICTS",
    "PAPER",
    "SERIES",
    "Tone",
    "dark_rules",
]


class Tone(NamedTuple):
    """One colour on light and on dark paper."""

    light: str
    dark: str


PAPER = Tone("#ffffff", "#0d1117")
INK = Tone("#1f2328", "#e6edf3")
MUTED = Tone("#57606a", "#9da7b3")
GRID = Tone("#d8dee4", "#30363d")
BAND = Tone("#e3e8ee", "#262c34")
GOOD = Tone("#116329", "#56d364")
BAD = Tone("#a40e26", "#ff8182")
DOUBT = Tone("#7d4e00", "#e3b341")
SERIES = (
    Tone("#0550ae", "#79b8ff"),
    Tone("#953800", "#ffa657"),
    Tone("#0a6b4f", "#4cc9a0"),
    Tone("#6e40c9", "#d2a8ff"),
    Tone("#7a5b00", "#e0c04b"),
    Tone("#b0236f", "#ff9bce"),
    Tone("#00677a", "#56d4e6"),
    Tone("#4f5660", "#b6bec9"),
    Tone("#8b2c1d", "#ff9a8a"),
)
OF_VERDICTS: Mapping[str | None, Tone] = MappingProxyType(
    {"faster": GOOD, "slower": BAD, "equivalent": INK, "inconclusive": DOUBT, None: MUTED}
)
EVERY = (PAPER, INK, MUTED, GRID, BAND, GOOD, BAD, DOUBT, *SERIES)


def dark_rules() -> str:
    """Return the style rules that give a picture its dark colours; they rank above attributes."""
    return "\n".join(
        f'[{where}="{one.light}"] {{ {where}: {one.dark} }}'
        for one in EVERY
        for where in ("fill", "stroke")
    )
