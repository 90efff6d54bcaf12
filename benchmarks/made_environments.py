"""Environments for benchmarks: in caches of their own, of the interpreter that clientbench runs on."""

from __future__ import annotations

import contextlib
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from adapters.environment import changed
from harness.clients.bundle import Bundle
from harness.clients.cache_folder import VARIABLE
from harness.clients.catalogues import Catalogues
from harness.clients.environments.places import uv_cache
from harness.errors import UnusableError
from harness.scenario.selector import parse

__all__ = ["OURS", "Chosen", "base_python", "caches", "choose", "own_version"]

UV_CACHE = "UV_CACHE_DIR"
OURS = "clientbench"  # the folder of our own cache


@dataclass(frozen=True)
class Chosen:
    """An environment that was made, and the time until it was there."""

    took_s: float
    cpu_s: float  # of this process and those it has waited for
    folder: Path
    python: str  # the path of its interpreter


def base_python() -> str:
    """Return the path of the interpreter that our own environment was made from."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def own_version(distribution: str) -> str | None:
    """Return the version that is installed beside clientbench; None if there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


@contextlib.contextmanager
def caches(own_uv_cache: bool = False) -> Iterator[Path]:
    """Yield a temporary folder with a cache of environments, which nobody else uses meanwhile.

    ``own_uv_cache``: what uv downloads is in there, too, so that everything is cold at first;
    otherwise uv's cache is the user's.
    """
    users = uv_cache()
    with tempfile.TemporaryDirectory(prefix="clientbench-caches-") as name:
        folder = Path(name)
        uvs = folder / "uv" if own_uv_cache else users
        with changed({VARIABLE: str(folder / OURS), UV_CACHE: str(uvs)}):
            yield folder


def choose(text: str) -> Chosen:
    """Return the environment that is made for a client, and the time that it took.

    Raises ``UnusableError``, also if the interpreter has the client itself.
    """
    with Bundle() as bundle:
        started, cpu_started = time.perf_counter(), _cpu_s()
        made = Catalogues(bundle).choose(parse(text)).made
        took_s, cpu_s = time.perf_counter() - started, _cpu_s() - cpu_started
    if made is None:
        raise UnusableError(f"nothing was made for {text.partition('@')[0]}: it is there", "python")
    return Chosen(took_s, cpu_s, made.folder, made.python)


def _cpu_s() -> float:
    waited_for = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + waited_for.ru_utime + waited_for.ru_stime
