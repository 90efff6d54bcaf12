"""Cells of the terminal's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.text import LINES, visible

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["cell"]


def cell(text: str) -> Text:
    """As it stands: neither markup of rich nor a control character of somebody else is obeyed."""
    from rich.text import Text  # noqa: PLC0415  dear to import

    return Text(visible(text, LINES))
