"""Access to the Docker engine through its SDK; failures become one line with a remedy."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from typing import Any

from servers.base import TargetError

__all__ = ["LABEL", "clear", "connect", "failures", "one_line", "remove", "remove_labelled"]

LABEL = "clientbench.target"  # label of containers and networks; its value is the record's id
SOCKET = "/var/run/docker.sock"
TIMEOUT_S = 60
# Time limits for an answer of the engine: if it hangs, neither a start nor a stop may wait for it.
CONNECT_TIMEOUT_S = 5
AWAKE_TIMEOUT_S = 1.5
_INSTALL = "install it (Debian: apt-get install docker.io), or use --runtime native"
_START = "start it (systemctl start docker), or use --runtime native"
_PERMIT = "join its group (usermod -aG docker USER, then log in again), or use --runtime native"


def connect(patience_s: float = CONNECT_TIMEOUT_S) -> Any:
    """Connect to the engine.

    Raises ``TargetError`` if it is not installed, not running, not answering, or not permitted.
    """
    # slow to import, and needed here only
    import docker  # noqa: PLC0415

    address = os.environ.get("DOCKER_HOST", f"unix://{SOCKET}")
    if address.startswith("unix://"):
        _knock(address.removeprefix("unix://"))
    try:
        engine = docker.from_env(timeout=patience_s)  # asks for its version
    except (docker.errors.DockerException, OSError) as error:
        raise TargetError(
            f"docker: no engine answers at {address} ({one_line(error)}); {_START}"
        ) from error
    engine.api.timeout = TIMEOUT_S
    return engine


def _knock(path: str) -> None:
    """Check that the engine listens on the socket: the SDK hides the reason if it does not."""
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)
    except PermissionError as error:
        raise TargetError(f"docker: no permission to use {path}; {_PERMIT}") from error
    except FileNotFoundError as error:
        if shutil.which("dockerd") is None and shutil.which("docker") is None:
            raise TargetError(f"docker: not installed, there is no {path}; {_INSTALL}") from error
        raise TargetError(
            f"docker: its engine is not running, there is no {path}; {_START}"
        ) from error
    except OSError as error:
        raise TargetError(
            f"docker: its engine is not running ({path}: {error.strerror or error}); {_START}"
        ) from error


@contextlib.contextmanager
def failures(what: str) -> Iterator[None]:
    """Turn errors of the engine into a ``TargetError`` that begins with ``what``."""
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        yield
    except (DockerException, OSError) as error:
        raise TargetError(f"{what}: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """Return the engine's own message, if there is one, otherwise the error."""
    return " ".join(str(getattr(error, "explanation", None) or error).split())


def remove_labelled(label: str) -> None:
    """Remove the containers and networks of the target with this label. Raises ``TargetError``."""
    with contextlib.closing(connect(AWAKE_TIMEOUT_S)) as engine:
        clear(engine, label)


def clear(engine: Any, label: str) -> None:
    """Do the same through a connected engine, which must still answer."""
    filters = {"label": f"{LABEL}={label}"}
    with failures("docker: cannot remove the containers and networks of a target"):
        engine.api.timeout = AWAKE_TIMEOUT_S
        engine.ping()
        engine.api.timeout = TIMEOUT_S
        for container in engine.containers.list(all=True, filters=filters, ignore_removed=True):
            remove(container)
        for network in engine.networks.list(filters=filters):
            remove(network)


def remove(thing: Any) -> None:
    """Remove a network or a container, even if it runs; ignore one that is gone already."""
    from docker.errors import APIError  # noqa: PLC0415

    forced = {"force": True, "v": True} if hasattr(thing, "kill") else {}
    try:
        thing.remove(**forced)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise
