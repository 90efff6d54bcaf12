"""Whether a test whose server is not here is skipped or fails."""

from __future__ import annotations

import os

import pytest

from servers.base import TargetError
from servers.catalogue import software

__all__ = ["require", "require_software"]


def require(available: bool, reason: str, variable: str = "CLIENTBENCH_REQUIRE_SERVERS") -> None:
    """Skip unless ``available``; fail where ``variable`` is 1, as in CI, which has installed everything."""
    if available:
        return
    if os.environ.get(variable) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def require_software(name: str) -> None:
    """The same for a program on this machine. Traefik is in no package index, so that CI may lack it."""
    variable = f"CLIENTBENCH_REQUIRE_{'TRAEFIK' if name == 'traefik' else 'SERVERS'}"
    try:
        software(name).find()
    except TargetError as error:
        require(False, str(error), variable)
