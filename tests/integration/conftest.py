"""Fixtures that these tests share with the quick ones."""

from __future__ import annotations

from tests.checking.conftest import installed, neighbours
from tests.cli.conftest import server, tls_server

__all__ = ["installed", "neighbours", "server", "tls_server"]
