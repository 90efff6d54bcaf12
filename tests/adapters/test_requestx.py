"""What requestx makes of a request target: its adapter says in ``lacks`` and ``unequal`` that it does."""

from __future__ import annotations

import pytest

from adapters.base import Request
from adapters.conformance.book import Server
from adapters.conformance.requests_sent import TYPED_TARGETS
from tests.adapters.clients import CLIENTS, Client, settings
from tests.require import require_client


def rewritten(target: str) -> str:
    """As browsers parse URLs."""
    path, question, query = target.partition("?")
    path = path.replace("/k/%2e%2e/", "/").replace("/k/../", "/").replace("/./", "/")
    return path + question + query.replace("'", "%27")


@pytest.mark.parametrize("client", [one for one in CLIENTS if one.name == "requestx"], ids=str)
def test_a_target_is_rewritten_as_browsers_do(client: Client, server: Server, token: str) -> None:
    require_client(client.name)
    with client.session(settings(server)) as session:
        for end in TYPED_TARGETS:
            request = Request("GET", server.url(f"{token}/echo{end}"))
            assert session.send(request) == (200, 0)
    sent = [one.target for one in server.seen(token)]
    assert sent == [rewritten(f"/{token}/echo{end}") for end in TYPED_TARGETS]
