"""What is known of a client without its library is what its adapter says."""

from __future__ import annotations

import pytest

import adapters
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue
from harness.clients.declared import by_name, declared
from tests.require import require_client

LIBRARIES = [name for name, (_, distribution) in adapters.BUILTIN.items() if distribution]


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_client_that_is_here_is_as_it_is_declared(name: str, bundle: Bundle) -> None:
    require_client(name)
    (client,) = Catalogue(bundle).clients([name])

    assert client.modes
    assert declared(client) == by_name(name)


def test_all_that_can_be_declared_is_declared_of_every_client() -> None:
    for name in adapters.ELSEWHERE:
        assert by_name(name).modes, name
        assert by_name(name).http_versions == ("1.1",), name
    assert by_name("httpx2").modes == ("sync", "async +trio")
    assert by_name("geventhttpclient").modes == ("sync +gevent",)
    assert by_name("aiosonic").abilities == ("unix", "cert")
    assert by_name("somebody's own") == by_name("another") != by_name("ry")
