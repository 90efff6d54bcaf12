"""Certificates and keys of clients, as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

PASSWORD = "correct-horse-battery"  # of the encrypted keys
NAME = "shown by the client"  # the common name


@dataclass(frozen=True)
class Files:
    """The files of a client, in one folder; ``ca.pem`` is the server's authority."""

    folder: Path
    authority: trustme.CA

    def issue(self, name: str, **more: datetime) -> None:
        """Write ``NAME.pem`` and ``NAME.key``, and the same key in ``NAME.encrypted``."""
        made = self.authority.issue_cert("client.example", common_name=NAME, **more)
        self.folder.joinpath(f"{name}.pem").write_bytes(
            b"".join(one.bytes() for one in made.cert_chain_pems)
        )
        key = load_pem_private_key(made.private_key_pem.bytes(), None)
        self.folder.joinpath(f"{name}.key").write_bytes(made.private_key_pem.bytes())
        self.folder.joinpath(f"{name}.encrypted").write_bytes(
            key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode())
            )
        )
