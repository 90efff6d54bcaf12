"""Every importable adapter, and one misbehaving server per test process."""

from __future__ import annotations

import pytest

from adapters.conformance.book import Server, new_token
from harness.checking.clients import ClientCheck
from tests.adapters.clients import CLIENTS, Client
from tests.require import require_client


@pytest.fixture(params=CLIENTS, ids=str)
def client(request: pytest.FixtureRequest) -> Client:
    """One client library in one mode, on one event loop."""
    if request.param.adapter is None:
        require_client(request.param.name)
    chosen: Client = request.param
    return chosen


@pytest.fixture(scope="session")
def server(suite: ClientCheck) -> Server:
    """The server, with a good certificate and two bad ones."""
    return suite.server


@pytest.fixture
def token() -> str:
    """The name under which this test finds its own requests."""
    return new_token()
