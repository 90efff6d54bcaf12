"""Servers for what the command sends."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
import trustme

from tests.cli.command import Recording, recording


@pytest.fixture
def server() -> Iterator[Recording]:
    with recording() as found:
        yield found


@pytest.fixture
def tls_server() -> Iterator[Recording]:
    """Its certificate is signed by a CA that nobody trusts."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with recording(context) as found:
        yield found
