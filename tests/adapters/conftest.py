"""Every importable adapter, and one misbehaving server per test process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.adapters.clients import CLIENTS, READERS, Client
from tests.adapters.server import Server, new_token, running
from tests.require import require_client


def _available(client: Client) -> Client:
    if client.adapter is None:
        require_client(client.name)
    return client


@pytest.fixture(params=CLIENTS, ids=str)
def client(request: pytest.FixtureRequest) -> Client:
    """One client library in one mode, on one event loop."""
    return _available(request.param)


# Those that see a body piece by piece; the others' processes have a limit: tests/measure/test_runaway.py.
BY_PIECE = [one for one in READERS if one.stream or one.name in ("raw", "pycurl")]


@pytest.fixture(params=BY_PIECE, ids=str)
def piecewise_reader(request: pytest.FixtureRequest) -> Client:
    """A reader that can stop in the middle of a body."""
    return _available(request.param)


@pytest.fixture(params=READERS, ids=str)
def reader(request: pytest.FixtureRequest) -> Client:
    """As ``client``, and once more reading by chunk, where the library can."""
    return _available(request.param)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, with a good certificate and two bad ones."""
    folder: Path = tmp_path_factory.mktemp("certificates")
    authority, stranger = trustme.CA(), trustme.CA()
    issued = {
        "https": authority.issue_cert("localhost", "127.0.0.1"),
        "other-ca": stranger.issue_cert("localhost", "127.0.0.1"),
        "other-host": authority.issue_cert("elsewhere.example"),
    }
    files = {name: str(folder / f"{name}.pem") for name in issued}
    for name, certificate in issued.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(files[name])
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with running(files, str(ca_file)) as server:
        yield server


@pytest.fixture
def token() -> str:
    """The name under which this test finds its own requests."""
    return new_token()
