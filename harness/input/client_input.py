"""Parses client selectors such as ``httpx==0.28:async``."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import UsageError, within
from harness.scenario.selector import ClientSpec, parse

__all__ = ["parse_client", "parse_clients"]


def parse_client(text: str) -> ClientSpec:
    """Return the client that ``text`` selects. Raises ``UsageError``."""
    if "://" in text:
        raise UsageError(
            "a URL was given; expected the name of a client (a URL follows --url)", "client"
        )
    return parse(text)


def parse_clients(texts: Iterable[str]) -> list[ClientSpec]:
    """Return the clients that ``texts`` select. The ``UsageError`` names the one that is wrong."""
    found = []
    for number, text in enumerate(texts):
        with within(f"competitors[{number}]"):
            found.append(parse_client(text))
    return found
