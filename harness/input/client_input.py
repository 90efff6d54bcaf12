"""Parses client selectors such as ``httpx==0.28:async``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from packaging.utils import canonicalize_name

import adapters
from harness.errors import UsageError, within
from harness.scenario.selector import ClientSpec, parse

# ``curl-cffi`` and ``curl_cffi`` are the same name.
_SPELLINGS = {str(canonicalize_name(name)): name for name in adapters.MODES_OF}

__all__ = ["parse_client", "parse_clients"]


def parse_client(text: str) -> ClientSpec:
    """Return the client that ``text`` selects. Raises ``UsageError``."""
    if "://" in text.partition("=")[0]:
        raise UsageError(
            "a URL was given; expected the name of a client (a URL follows --url)", "client"
        )
    spec = parse(text)
    return replace(spec, name=_SPELLINGS.get(canonicalize_name(spec.name), spec.name))


def parse_clients(texts: Iterable[str]) -> list[ClientSpec]:
    """Return the clients that ``texts`` select. The ``UsageError`` names the one that is wrong."""
    found = []
    for number, text in enumerate(texts):
        with within(f"competitors[{number}]"):
            found.append(parse_client(text))
    return found
