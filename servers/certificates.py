"""A certificate authority and a server certificate, made for one target and thrown away after it."""

from __future__ import annotations

import os
from pathlib import Path

import trustme

from servers.files import CA, CERTIFICATE, KEY

__all__ = ["issue"]

_NAMES = ("localhost", "127.0.0.1", "::1")


def issue(folder: Path) -> None:
    """Put the CA's certificate, and the server's with its key (PEM), into ``folder``.

    The CA's key never leaves memory. The server's key is readable by its owner alone.
    """
    authority = trustme.CA(organization_name="clientbench")
    issued = authority.issue_cert(*_NAMES)
    authority.cert_pem.write_to_path(folder / CA)
    (folder / CERTIFICATE).write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(key, "wb") as file:
        file.write(issued.private_key_pem.bytes())
