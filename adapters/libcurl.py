"""libcurl's options and error numbers, for every client that builds on it.

Its bindings name options alike (``CURLOPT_PROXY`` is ``pycurl.PROXY`` and ``CurlOpt.PROXY``), and
pass its error numbers on unchanged.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.base import ErrorKind, Request, Settings

__all__ = [
    "POOL_SHRINKS",
    "Failure",
    "cert_options",
    "header_lines",
    "linked_versions",
    "numbered",
    "session_options",
    "tls_options",
]

Value = int | bytes
_HTTP_1_1 = 2  # CURL_HTTP_VERSION_1_1
_IDLE_S = 3600
_CONNECT_TIMEOUT_S = 300  # libcurl's own

_REFUSES_TWO_LENGTHS = (8, 19)  # 8.16 does not

_OPERATION_TIMEDOUT = 28
_SSL_CONNECT_ERROR = 35
_RECV_ERROR = 56
_KINDS: dict[int, ErrorKind] = {
    5: "dns",  # COULDNT_RESOLVE_PROXY
    6: "dns",  # COULDNT_RESOLVE_HOST
    7: "connect",  # COULDNT_CONNECT
    45: "connect",  # INTERFACE_FAILED
    89: "connect",  # NO_CONNECTION_AVAILABLE
    96: "connect",  # QUIC_CONNECT_ERROR
    _SSL_CONNECT_ERROR: "tls",
    53: "tls",  # SSL_ENGINE_NOTFOUND
    54: "tls",  # SSL_ENGINE_SETFAILED
    58: "tls",  # SSL_CERTPROBLEM
    59: "tls",  # SSL_CIPHER
    60: "tls",  # PEER_FAILED_VERIFICATION
    64: "tls",  # USE_SSL_FAILED
    66: "tls",  # SSL_ENGINE_INITFAILED
    77: "tls",  # SSL_CACERT_BADFILE
    80: "tls",  # SSL_SHUTDOWN_FAILED
    82: "tls",  # SSL_CRL_BADFILE
    83: "tls",  # SSL_ISSUER_ERROR
    90: "tls",  # SSL_PINNEDPUBKEYNOTMATCH
    91: "tls",  # SSL_INVALIDCERTSTATUS
    52: "reset",  # GOT_NOTHING
    55: "reset",  # SEND_ERROR
    _RECV_ERROR: "reset",
    18: "body",  # PARTIAL_FILE
    61: "body",  # BAD_CONTENT_ENCODING
    63: "body",  # FILESIZE_EXCEEDED: the limit of --max-body
    1: "protocol",  # UNSUPPORTED_PROTOCOL
    8: "protocol",  # WEIRD_SERVER_REPLY
    16: "protocol",  # HTTP2
    47: "protocol",  # TOO_MANY_REDIRECTS
    92: "protocol",  # HTTP2_STREAM
    95: "protocol",  # HTTP3
    100: "protocol",  # TOO_LARGE, for example the header section
    42: "cancelled",  # ABORTED_BY_CALLBACK
}
# Words in libcurl's messages about an invalid header section or chunk.
_INVALID = ("response headers", "Transfer-Encoding", "chunk hex-length")
# Its words for a timeout after the connection was made ("Operation timed out after 1001
# milliseconds with 0 bytes received"), and for a reset.
_SENT = ("Operation timed out after",)
_RESET = ("Connection reset", "Broken pipe", "errno 104")


@dataclass(frozen=True)
class Failure:
    """A transfer that failed.

    ``sent``: bytes of the request that were sent (``CURLINFO_REQUEST_SIZE``). ``os_errno`` and
    ``status`` are 0 if there are none. None: the binding does not say, the message has to.
    """

    code: int
    message: str
    sent: int | None = None
    os_errno: int | None = None
    status: int | None = None

    @property
    def kind(self) -> ErrorKind:
        """Return the kind by the error number; for a timeout, by how far the request got."""
        if self.code == _OPERATION_TIMEDOUT:
            return "timeout_total" if self._was_sent else "timeout_connect"
        if self.code == _SSL_CONNECT_ERROR and self._was_reset:
            return "reset"
        # The error numbers for receiving and for encodings are also used for what is not HTTP.
        if any(words in self.message for words in _INVALID):
            return "protocol"
        # Over TLS, a stream that ends without close_notify is an error of receiving.
        if self.code == _RECV_ERROR and not self._was_reset and self.status:
            return "body"
        return _KINDS.get(self.code, "other")

    @property
    def _was_sent(self) -> bool:
        if self.sent is None:
            return any(words in self.message for words in _SENT)
        return self.sent > 0

    @property
    def _was_reset(self) -> bool:
        if self.os_errno is None:
            return any(words in self.message for words in _RESET)
        return self.os_errno in (errno.ECONNRESET, errno.EPIPE)


def session_options(settings: Settings, hold_s: float = 0.0) -> dict[str, Value]:
    """Return the options of every request except those for TLS, by name.

    Time in a callback counts for libcurl's timeouts, so they are longer by ``hold_s``.
    """
    options: dict[str, Value] = {
        "NOSIGNAL": 1,
        "MAXCONNECTS": settings.pool_size,
        "FORBID_REUSE": int(not settings.keep_alive),
        "MAXFILESIZE_LARGE": settings.max_body_bytes,
    }
    if settings.unix_path:
        options["UNIX_SOCKET_PATH"] = os.fsencode(settings.unix_path)
    if settings.profile == "parity":
        options |= _parity(round((settings.timeout_s + hold_s) * 1000))
    elif hold_s:
        options["CONNECTTIMEOUT_MS"] = round((_CONNECT_TIMEOUT_S + hold_s) * 1000)
    return options


def numbered(options: Mapping[str, Value], binding: object) -> dict[Any, Value]:
    """Return the options by their numbers in ``binding``, without those that it does not know.

    Old versions lack ``MAXAGE_CONN``; libcurl then keeps idle connections without a limit.
    """
    known = {name: getattr(binding, name, None) for name in options}
    return {known[name]: value for name, value in options.items() if known[name] is not None}


def _parity(timeout_ms: int) -> dict[str, Value]:
    return {
        "CONNECTTIMEOUT_MS": timeout_ms,
        "TIMEOUT_MS": timeout_ms,
        "HTTP_VERSION": _HTTP_1_1,
        # Between windows a handle is idle for longer than the default 118 s.
        "MAXAGE_CONN": _IDLE_S,
        "FOLLOWLOCATION": 0,
        # Empty is not "unset": it turns the environment's proxies off.
        "PROXY": b"",
    }


def tls_options(settings: Settings) -> dict[str, Value]:
    """Return the options for TLS, by name."""
    options: dict[str, Value] = {}
    if settings.ca_file:
        options["CAINFO"] = os.fsencode(settings.ca_file)
    if not settings.verify:
        options |= {"SSL_VERIFYPEER": 0, "SSL_VERIFYHOST": 0}
    return options | cert_options(settings)


def cert_options(settings: Settings) -> dict[str, Value]:
    """Return those of them that are for the client certificate."""
    options: dict[str, Value] = {}
    if settings.cert_file is not None and settings.key_file is not None:
        options["SSLCERT"] = os.fsencode(settings.cert_file)
        options["SSLKEY"] = os.fsencode(settings.key_file)
    if settings.key_password is not None:
        options["KEYPASSWD"] = settings.key_password.encode()
    return options


def header_lines(request: Request, profile: str) -> list[str]:
    """Return the header lines; in profile parity without those that only libcurl would add."""
    lines = [f"{name}: {value}" if value else f"{name};" for name, value in request.headers.items()]
    if profile == "parity":
        given = {name.lower() for name in request.headers}
        lines += [f"{name}:" for name in ("Expect", "Content-Type") if name.lower() not in given]
    return lines


def known_failures(version: str) -> tuple[tuple[str, str, str], ...]:
    """Return the claims that fail because of this version of libcurl ("8.17.0")."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers >= _REFUSES_TWO_LENGTHS:
        return ()
    return (
        (
            "hostile-framing",
            "libcurl before 8.19 accepts Content-Lengths that contradict",
            "two-lengths: read",
        ),
    )


# A claim that may fail with libcurl's multi interface: it keeps four times as many idle connections
# as requests are running at that moment, and closes the rest.
POOL_SHRINKS = (
    "pool-size",
    "libcurl closes idle connections when few requests are running, and opens others later",
    r"\b[1-8]?\d connections for 96 requests",
)


def linked_versions(description: str) -> dict[str, str]:
    """Return the versions in ``curl_version()``, such as "libcurl/8.17.0 OpenSSL/3.5.4 …"."""
    parts = (word.partition("/") for word in description.split())
    return {name: version for name, _, version in parts if version}
