"""A certificate authority and a server certificate, made for one run and thrown away after it."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

__all__ = ["server_context"]

_NAMES = ("localhost", "127.0.0.1", "::1")


def server_context(ca_file: Path) -> ssl.SSLContext:
    """A server's TLS context (1.2 or newer, ALPN http/1.1), its CA's certificate in ``ca_file``.

    The CA's key never leaves memory. The server's key is on disk only while OpenSSL loads it, in a
    file readable by its owner alone.
    """
    authority = trustme.CA(organization_name="clientbench")
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert(*_NAMES).configure_cert(context)
    return context
