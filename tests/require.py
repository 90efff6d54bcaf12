"""Whether a test whose server, or whose client, is not here is skipped or fails.

Whether it is here is looked up without the code that is tested: what is here and is not found is a failure.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import uv

from servers.catalogue import software

__all__ = [
    "index_has",
    "is_left_out",
    "require",
    "require_client",
    "require_index",
    "require_software",
]

EXTRAS = frozenset({"requestx"})


def require(available: bool, reason: str, variable: str = "CLIENTBENCH_REQUIRE_SERVERS") -> None:
    """Skip unless ``available``; fail where ``variable`` is 1, as in CI, which has installed everything."""
    if available:
        return
    if os.environ.get(variable) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def is_left_out(client: str) -> bool:
    """Whether it is an extra (requestx has no wheel for Linux) that is not installed."""
    return client in EXTRAS and importlib.util.find_spec(client) is None


def require_client(name: str) -> None:
    """The same for a client library, by the client's name: any but an extra has to be here."""
    variable = "CLIENTBENCH_REQUIRE_EXTRAS"
    require(not is_left_out(name), f"{name} is an extra and not installed", variable)


def require_index() -> None:
    """The same for the package index from which environments are made, as uv itself sees it."""
    require(index_has("idna"), "no package index", "CLIENTBENCH_REQUIRE_INDEX")


@cache
def index_has(requirement: str) -> bool:
    """Whether the package index has wheels of it, and of all that it requires, for this Python."""
    words = ("pip", "compile", "--quiet", "--no-build", "--python", sys.executable, "-")
    command = [uv.find_uv_bin(), *words]
    done = subprocess.run(command, input=requirement, text=True, capture_output=True, check=False)
    return done.returncode == 0


def require_software(name: str) -> None:
    """The same for a program on this machine. Traefik is in no package index, so that CI may lack it."""
    variable = f"CLIENTBENCH_REQUIRE_{'TRAEFIK' if name == 'traefik' else 'SERVERS'}"
    require(_is_here(name), f"{name} is not installed", variable)
    software(name).find()


def _is_here(name: str) -> bool:
    if name == "embedded":
        return True
    if name == "httpbin":
        # Without what runs it, it is here all the same, and fails.
        return importlib.util.find_spec("httpbin") is not None
    program = name.removesuffix("-static")
    beside = str(Path(sys.executable).parent)  # where wheels put their programs
    return any(shutil.which(program, path=path) for path in (None, beside))
