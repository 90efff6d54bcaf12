"""Clients that see a body in pieces although they hand it over whole stop where the limit is, too."""

from __future__ import annotations

import pytest

from adapters.conformance.book import Server
from adapters.conformance.exam import Exam
from adapters.conformance.responses import expect_refused
from adapters.conformance.subject import Subject
from tests.adapters.clients import CLIENTS, Client

# The others' processes have a limit: tests/measure/test_runaway.py.
BY_PIECE = [one for one in CLIENTS if one.name in ("raw", "pycurl")]


@pytest.mark.parametrize("client", BY_PIECE, ids=str)
def test_a_body_beyond_the_limit_is_refused(client: Client, server: Server) -> None:
    assert client.adapter is not None
    expect_refused(Exam(Subject(client.adapter, client.loop), client.name, server))
