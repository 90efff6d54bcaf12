"""Clients that see a body in pieces although they hand it over whole stop where the limit is."""

from __future__ import annotations

import pytest

from adapters.base import Request
from adapters.conformance.behaviours import MOST_BYTES
from adapters.conformance.book import Server
from adapters.conformance.exam import MIB
from tests.adapters.clients import CLIENTS, Client, settings

# The others' processes have a limit: tests/measure/test_runaway.py.
BY_PIECE = [one for one in CLIENTS if one.name in ("raw", "pycurl")]


@pytest.mark.parametrize("client", BY_PIECE, ids=str)
@pytest.mark.parametrize("path", ["endless-body", "endless-chunks", f"bytes/{MOST_BYTES}"])
def test_a_body_beyond_the_limit_is_refused(
    client: Client, server: Server, token: str, path: str
) -> None:
    with client.session(settings(client, server, max_body_bytes=MIB)) as session:
        assert session.fail(Request("GET", server.url(f"{token}/{path}"))) == "body"
        assert session.send(Request("GET", server.url(f"{token}/bytes/{MIB}"))) == (200, MIB)
