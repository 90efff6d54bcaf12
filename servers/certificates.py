"""A certificate authority and a server certificate, made for one target and thrown
away after it.
"""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex

import trustme

from servers.files import CA, CERTIFICATE, KEY

__all__ = ["issue", "issue_for_checks"]

_NAMES = ("localhost", "127.0.0.1", "::1")


def issue(folder: Path) -> None:
    """Write the CA's certificate and the server's certificate with its key (PEM) to ``folder``.

    The CA's key never leaves memory. The server's key is readable by its owner alone.
    """
    authority = trustme.CA(organization_name="clientbench")
    issued = authority.issue_cert(*_NAMES)
    authority.cert_pem.write_to_path(folder / CA)
    (folder / CERTIFICATE).write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(key, "wb") as file:
        file.write(issued.private_key_pem.bytes())


def issue_for_checks(folder: Path) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return the CA's certificate file, files of certificates with their keys (PEM), those of a client.

    "https" is valid, "other-ca" has another authority, "other-host" is for another host. The client
    has a "certificate", its "key", and the same key "encrypted" with "password".
    """
    authority, stranger = trustme.CA(), trustme.CA()
    issued = {
        "https": authority.issue_cert(*_NAMES),
        "other-ca": stranger.issue_cert(*_NAMES),
        "other-host": authority.issue_cert("elsewhere.example"),
    }
    files = {name: folder / f"{name}.pem" for name in issued}
    for name, certificate in issued.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(files[name])
    authority.cert_pem.write_to_path(folder / CA)
    servers = {name: str(file) for name, file in files.items()}
    return str(folder / CA), servers, _client(authority, folder)


def _client(authority: trustme.CA, folder: Path) -> dict[str, str]:
    """Write a client's certificate and keys; return their files, and the password."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  trustme has it
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    issued, password = authority.issue_cert("client.example"), token_hex(16)
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    content = {
        "certificate": b"".join(blob.bytes() for blob in issued.cert_chain_pems),
        # PKCS#8: some libraries read nothing else
        "key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "encrypted": key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
        ),
    }
    files = {name: folder / f"client-{name}.pem" for name in content}
    for name, file in files.items():
        file.write_bytes(content[name])
    return {name: str(file) for name, file in files.items()} | {"password": password}
