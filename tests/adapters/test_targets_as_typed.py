"""Targets that httpcore and older versions of httpx would rewrite, as the server receives them."""

from __future__ import annotations

import importlib

import httpx
import pytest

from adapters.base import Adapter, Request, Settings
from adapters.conformance.book import Server, new_token
from adapters.httpx import _keep_target


@pytest.mark.parametrize("end", ["/echo/a;p=1", "/echo/a;p=1?q=%2f;r", "/echo/;?;"])
def test_httpcore_sends_what_follows_a_semicolon(server: Server, end: str) -> None:
    token = new_token()
    adapter: Adapter = importlib.import_module("adapters.httpcore").Httpcore(Settings())
    adapter.open()
    adapter.send(Request("GET", server.url(f"{token}{end}")))
    adapter.close()

    assert [one.target for one in server.seen(token)] == [f"/{token}{end}"]


def test_an_httpx_without_the_extension_gets_the_target_from_its_url() -> None:
    target = b"/k/../v?x=%2f"
    request = httpx.Request("GET", "http://host/k", extensions={"target": target})
    _keep_target(request)
    assert request.url.raw_path == target
    assert (request.url.host, str(request.url)) == ("host", "http://host/k")

    plain = httpx.Request("GET", "http://host/k")
    _keep_target(plain)
    assert type(plain.url) is httpx.URL
