"""The contract of a part: one server of a target, native or in a container."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import psutil

from servers.base import Role, TargetError, Use
from servers.software import Address, Layout, Software

__all__ = ["LOOPBACK", "POLL_S", "Ask", "Part", "PartSpec", "Runner", "connection_to", "family"]

LOOPBACK = "127.0.0.1"
POLL_S = 0.01
REQUEST_TIMEOUT_S = 2.0
LAST_LINES = 3  # lines of a server's log in its error message


@dataclass(frozen=True)
class PartSpec:
    """One server to be run."""

    name: str  # "proxy", "instance-1"
    role: Role
    software: Software
    tls: bool = False
    upstreams: tuple[Address, ...] = ()  # as this server will see them
    port: int = 0  # to listen on; 0: a free one
    workers: int = 1

    def layout(self, listen: Address, folder: str, scratch: str) -> Layout:
        """Return its layout, with this address and these folders."""
        return Layout(self.name, listen, self.tls, folder, scratch, self.upstreams, self.workers)


class Part(ABC):
    """One server, from its start to its end.

    Errors are ``TargetError``, one line with the remedy.
    """

    def __init__(self, part_spec: PartSpec) -> None:
        self.part_spec = part_spec
        self.version = ""
        self._port = part_spec.port

    @property
    def name(self) -> str:
        """Return its name, unique in its target."""
        return self.part_spec.name

    @property
    def address(self) -> Address:
        """Return its address on the loopback interface; known after ``start``."""
        return Address(LOOPBACK, self._port)

    @property
    def inner(self) -> Address:
        """Return its address for the other parts of the target."""
        return self.address

    @abstractmethod
    def start(self) -> None:
        """Start it, without waiting for it."""

    @abstractmethod
    def check(self) -> None:
        """Raise ``TargetError`` with the end of its log if it has ended."""

    @abstractmethod
    def pids(self) -> list[int]:
        """Return the ids of its processes that are visible from here."""

    @abstractmethod
    def log(self) -> str:
        """Return what it has printed so far."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it, and wait until it is gone. May be called at any time, and again."""

    def identity(self) -> dict[str, Any]:
        """Return its ``pids`` with start times, or its ``container``, for clean-up after a crash.

        The start time is needed because process ids are reused.
        """
        ages = {}
        for pid in self.pids():
            with contextlib.suppress(psutil.NoSuchProcess):
                ages[str(pid)] = psutil.Process(pid).create_time()
        return {"pids": ages}

    def use(self) -> Use | None:
        """Return the resources used by its container, if it runs in one."""
        return None

    def requests(self, ask: Ask) -> int | None:
        """Return how many requests it has answered, without health checks.

        Return None if it does not count. Raises ``OSError``.
        """
        if not self.part_spec.software.reports:
            return None
        _, _, body = ask(self, "/instance")
        try:
            return int(json.loads(body)["requests"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConnectionError(f"{self.name} does not report its requests: {error!r}") from error

    def last_words(self) -> str:
        """Return the end of its log on one line."""
        lines = [line.strip() for line in self.log().splitlines() if line.strip()]
        return " | ".join(lines[-LAST_LINES:]) or "it printed nothing"

    def trouble(self, problem: str) -> TargetError:
        """Return an error with this problem."""
        return TargetError(f"{self.part_spec.software.name}: {self.name} {problem}")

    def ending(self, problem: str) -> TargetError:
        """Return the same, with the end of its log."""
        return self.trouble(f"{problem}; its log ends: {self.last_words()}")

    def wait_healthy(self, ask: Ask, deadline: float) -> None:
        """Wait until it answers ``/health`` with 200; a user's configuration, with any status."""
        is_own = self.part_spec.software.is_own
        problem = "no answer"
        while time.monotonic() < deadline:
            self.check()
            try:
                status, _, _ = ask(self, "/health")
            except OSError as error:
                problem = str(error)
            else:
                if status == 200 or is_own:
                    return
                problem = f"status {status}"
            time.sleep(POLL_S)
        raise self.trouble(
            f"did not become healthy in time ({problem}); "
            f"check its log, or give it more CPUs; its log ends: {self.last_words()}"
        )


def connection_to(
    address: Address, context: ssl.SSLContext | None, timeout_s: float
) -> http.client.HTTPConnection:
    """Return a connection that is not open yet; with a context over TLS."""
    if context is None:
        return http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
    return http.client.HTTPSConnection(
        address.host, address.port, timeout=timeout_s, context=context
    )


def family(pid: int) -> list[int]:
    """Return a process and its descendants; nothing if it has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        return [pid, *(child.pid for child in first.children(recursive=True))]
    return []


class Ask:
    """Sends small requests to parts, separate from the load: for health, counts and names."""

    def __init__(self, ca_file: str | None) -> None:
        self._context = ssl.create_default_context(cafile=ca_file) if ca_file else None

    def __call__(self, part: Part, path: str) -> tuple[int, str, bytes]:
        """Return status, X-Instance and body. Raises ``OSError``."""
        context = self._context if part.part_spec.tls else None
        connection = connection_to(part.address, context, REQUEST_TIMEOUT_S)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            return response.status, response.headers.get("X-Instance", ""), response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"not HTTP: {error!r}") from error
        finally:
            connection.close()


class Runner(ABC):
    """A way to run servers.

    Call ``close`` after the parts have stopped: it leaves nothing behind.
    """

    def prepare(self, kinds: Collection[Software]) -> None:  # noqa: B027  most have nothing to do
        """Prepare what takes long (images), before any deadline starts. Raises ``TargetError``."""

    @abstractmethod
    def make(self, part_spec: PartSpec) -> Part:
        """Return a part that is not started.

        Raises ``TargetError`` if it cannot run this way here.
        """

    @abstractmethod
    def close(self) -> None:
        """Remove shared resources after the parts have stopped."""
