"""The exception that a failed case raises."""

from __future__ import annotations

__all__ = ["Failed", "expect"]


class Failed(Exception):  # noqa: N818  it is the adapter that fails
    """Raised when a claim does not hold. One line: what happened, and what was expected."""


def expect(found: object, wanted: object, what: str = "answered") -> None:
    """Raise ``Failed`` unless both are equal."""
    if found != wanted:
        raise Failed(f"{what} {_short(found)}, expected {_short(wanted)}")


def _short(value: object) -> str:
    text = str(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 100 else f"{text[:97]}…"
