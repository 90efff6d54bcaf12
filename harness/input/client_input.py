"""Reads clients, as users write them."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import UsageError, within
from harness.scenario.selector import ClientSpec, parse

__all__ = ["parse_client", "parse_clients"]


def parse_client(text: str) -> ClientSpec:
    """The client that ``text`` selects. Raises ``UsageError``."""
    if "://" in text:
        raise UsageError("a URL was given; expected the name of a client, and --url URL", "client")
    return parse(text)


def parse_clients(texts: Iterable[str]) -> list[ClientSpec]:
    """Those of all competitors. Raises ``UsageError``, which says of which one."""
    found = []
    for number, text in enumerate(texts):
        with within(f"competitors[{number}]"):
            found.append(parse_client(text))
    return found
