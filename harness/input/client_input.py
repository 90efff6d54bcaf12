"""Reads one client, as users write it."""

from __future__ import annotations

from harness.errors import UsageError
from harness.scenario.selector import ClientSpec, parse

__all__ = ["parse_client"]


def parse_client(text: str) -> ClientSpec:
    """The client that ``text`` selects. Raises ``UsageError``."""
    if "://" in text:
        raise UsageError("a URL was given; expected the name of a client, and --url URL", "client")
    return parse(text)
