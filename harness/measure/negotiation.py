"""The HTTP version between a client and a server, as the server chooses it (ALPN).

Only libcurl reports the version it used, and no library does so without a cost for every request.
But the rule is known: without TLS it is 1.1, and over TLS the server chooses among the client's
offers (RFC 7301). So one handshake asks the server, and only if a client offers more than 1.1.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from adapters import tls
from adapters.base import Settings
from adapters.unix_sockets import unix_socket
from harness import interrupts

__all__ = ["HTTP_1_1", "other_versions", "spoken"]

HTTP_1_1, HTTP_2 = "1.1", "2"


def spoken(url: str, settings: Settings, offers_http2: bool) -> str | None:
    """Return a client's HTTP version with the server of ``url``; None if the handshake failed."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not offers_http2:
        return HTTP_1_1
    with interrupts.allowed():
        return _chosen(parts.hostname or "", parts.port or 443, _of_handshake(settings))


def _of_handshake(settings: Settings) -> Settings:
    """Return the settings on which a handshake depends, and no others."""
    return Settings(
        timeout_s=settings.timeout_s,
        verify=settings.verify,
        ca_file=settings.ca_file,
        unix_path=settings.unix_path,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        key_password=settings.key_password,
    )


@cache
def _chosen(host: str, port: int, settings: Settings) -> str | None:
    context = tls.new_context(settings)
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        with (
            _dialled(host, port, settings.unix_path, settings.timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            return HTTP_2 if secured.selected_alpn_protocol() == "h2" else HTTP_1_1
    except OSError:
        return None


def _dialled(host: str, port: int, unix_path: str | None, timeout_s: float) -> socket.socket:
    if unix_path is None:
        return socket.create_connection((host, port), timeout_s)
    return unix_socket(unix_path, timeout_s)


def other_versions(spoken: Mapping[str, str | None]) -> Mapping[str, str]:
    """Return by label why clients with a different HTTP version cannot be compared."""
    versions = {label: version for label, version in spoken.items() if version}
    if len(set(versions.values())) < 2:
        return {}
    return {
        label: f"it speaks HTTP/{version} with this server, others HTTP/{HTTP_1_1}: "
        "this would compare protocols instead of clients"
        for label, version in versions.items()
        if version != HTTP_1_1
    }
