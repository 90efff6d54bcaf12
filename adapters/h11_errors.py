"""Kinds of the errors of h11, which some libraries build on and do not wrap."""

from __future__ import annotations

from adapters.base import ErrorKind

__all__ = ["h11_kind"]


def h11_kind(error: BaseException) -> ErrorKind | None:
    """Return the kind of an error of h11; None for any other."""
    if type(error).__module__.partition(".")[0] != "h11":
        return None
    return "body" if "complete message body" in str(error) else "protocol"
