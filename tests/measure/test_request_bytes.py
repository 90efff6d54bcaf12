"""In what a request differs from what was asked for, in words."""

from __future__ import annotations

import pytest

from adapters.base import Request
from harness.measure.request_bytes import SentRequest, differences

ASKED = Request("POST", "http://h/a?b=1", {"X-One": "1"}, b"body")
HEAD = b"POST /a?b=1 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nUser-Agent: x\r\nConnection: keep-alive"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"", b"", []),
        (b"POST", b"PUT", ["its method is 'PUT' instead of POST"]),
        (b"/1.1", b"/1.0", ["its version is 'HTTP/1.0' instead of HTTP/1.1"]),
        (b"/a?b", b"/A?b", ["it asks for '/A?b=1' instead of '/a?b=1'"]),
        (b"X-One: 1\r\n", b"", ["it sends X-One 0 times"]),
        (b"X-One: 1\r\n", b"x-one: 1\r\nX-One: 1\r\n", ["it sends X-One 2 times"]),
        (b"X-One: 1", b"X-One: 2", ["it sends X-One with another value"]),
        (b"Host: h\r\n", b"", ["it sends Host 0 times"]),
        (b"keep-alive", b"close", ["it adds Connection ('close')"]),
        (b"User-Agent: x", b"Accept-Encoding: gzip", ["it adds Accept-Encoding"]),
        (HEAD, b"\x1b]0;x", ["its method is '\\x1b]0;x' instead of POST"]),
    ],
)
def test_each_difference_is_said(old: bytes, new: bytes, said: list[str]) -> None:
    sent = SentRequest.parse(HEAD.replace(old, new) if old else HEAD, 4)
    found = differences(ASKED, sent, parity=True)
    assert all(one in found for one in said)
    assert bool(found) == bool(said)


def test_what_a_library_adds_by_default_is_its_own_choice() -> None:
    sent = SentRequest.parse(HEAD + b"\r\nAccept-Encoding: gzip", 4)
    assert differences(ASKED, sent, parity=False) == []


def test_a_body_that_is_cut_is_a_difference() -> None:
    found = differences(ASKED, SentRequest.parse(HEAD, 3), parity=True)
    assert found == ["its body has 3 bytes instead of 4"]
