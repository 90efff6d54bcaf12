"""What libcurl's options and errors become, without libcurl."""

from __future__ import annotations

import errno
from types import SimpleNamespace
from typing import Any

import pytest

from adapters import libcurl
from adapters.base import ErrorKind, Request, Settings

RESET_BY_PEER = "Recv failure: Connection reset by peer"
TLS_ENDED = "OpenSSL SSL_read: unexpected eof while reading"


@pytest.mark.parametrize(
    ("code", "message", "known", "kind"),
    [
        (6, "Could not resolve host: nowhere.invalid", {}, "dns"),
        (7, "Failed to connect to 127.0.0.1 port 9", {}, "connect"),
        (60, "SSL certificate problem", {}, "tls"),
        (28, "Timeout was reached", {"sent": 0}, "timeout_connect"),
        (28, "Timeout was reached", {"sent": 90}, "timeout_total"),
        (28, "Connection timed out after 301 milliseconds", {}, "timeout_connect"),
        (28, "Operation timed out after 301 milliseconds with 5 bytes", {}, "timeout_total"),
        (35, "SSL connect error", {"os_errno": errno.ECONNRESET}, "reset"),
        (35, "SSL connect error", {"os_errno": 0}, "tls"),
        (56, RESET_BY_PEER, {"os_errno": errno.ECONNRESET, "status": 200}, "reset"),
        (56, RESET_BY_PEER, {"status": 200}, "reset"),
        (56, TLS_ENDED, {"os_errno": 0, "status": 200}, "body"),
        (56, TLS_ENDED, {"os_errno": 0, "status": 0}, "reset"),
        (56, "chunk hex-length char not a hex digit: 0x2d", {"status": 200}, "protocol"),
        (100, "Too large response headers: 307213 > 307200", {}, "protocol"),
        (63, "Maximum file size exceeded", {}, "body"),
        (2, "Failed initialization", {}, "other"),
    ],
)
def test_a_failure_has_the_kind_that_its_number_and_its_circumstances_tell(
    code: int, message: str, known: dict[str, int], kind: ErrorKind
) -> None:
    assert libcurl.Failure(code, message, **known).kind == kind


def test_options_that_a_binding_does_not_know_are_left_out() -> None:
    binding = SimpleNamespace(PROXY=10004, MAXCONNECTS=71)
    options = libcurl.session_options(Settings(pool_size=3))
    assert libcurl.numbered(options, binding) == {10004: b"", 71: 3}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"profile": "defaults", "hold_s": 2.0}, {"CONNECTTIMEOUT_MS": 302_000}),
        ({"timeout_s": 1.5, "hold_s": 2.0}, {"CONNECTTIMEOUT_MS": 3500, "TIMEOUT_MS": 3500}),
        ({"keep_alive": False}, {"FORBID_REUSE": 1}),
        ({"unix_path": "/tmp/s"}, {"UNIX_SOCKET_PATH": b"/tmp/s"}),
    ],
)
def test_settings_become_options(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    made = Settings(**settings)
    options = libcurl.session_options(made, made.hold_s)
    assert {name: options[name] for name in expected} == expected


def test_parity_removes_the_headers_that_only_libcurl_would_add() -> None:
    request = Request("POST", "http://x/", {"X-Empty": "", "content-type": "a/b"}, b"x")
    assert libcurl.header_lines(request, "parity") == ["X-Empty;", "content-type: a/b", "Expect:"]
    assert libcurl.header_lines(request, "defaults") == ["X-Empty;", "content-type: a/b"]


@pytest.mark.parametrize(
    ("version", "claims"),
    [
        ("libcurl/8.16.0-DEV OpenSSL/3.5.3", ["hostile-framing"]),
        ("8.19.0", []),
        ("libcurl/8.23.0-IMPERSONATE BoringSSL", []),
        ("9.1.0", []),
    ],
)
def test_claims_that_fail_depend_on_the_version(version: str, claims: list[str]) -> None:
    assert [claim for claim, *_ in libcurl.known_failures(version)] == claims


def test_linked_versions_are_those_with_a_number() -> None:
    text = "libcurl/8.23.0-IMPERSONATE BoringSSL zlib/1.3.1 nghttp2/1.63.0"
    assert libcurl.linked_versions(text) == {
        "libcurl": "8.23.0-IMPERSONATE",
        "zlib": "1.3.1",
        "nghttp2": "1.63.0",
    }
