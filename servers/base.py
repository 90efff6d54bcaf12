"""The contract of a target: something that answers HTTP on the loopback interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Counts", "Role", "Target", "TargetError", "Use"]


class TargetError(Exception):
    """The target could not be started, or stopped answering. One line, with the remedy."""


# A proxy passes requests on to origins, which answer them.
Role = Literal["proxy", "origin"]


@dataclass(frozen=True)
class Counts:
    """The requests that a target has served since it started, without health checks.

    ``connections`` is None if only the servers behind a proxy know them. ``by_instance`` has the
    requests of each instance that reports its name; ``lost`` names the instances that have ended.
    """

    requests: int
    connections: int | None = None
    by_instance: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Use:
    """The resources used by one container: CPU since its start, memory now, and the instant.

    The kernel's counters are read on demand. The engine's statistics are updated once a second, and
    their instants are those of the engine's clock.
    """

    name: str
    cpu_ns: int
    memory_bytes: int
    at_ns: int
    by_engine: bool


class Target(ABC):
    """A server that can be started, queried for its counts, and stopped.

    Call ``start``, ``wait_ready``, then anything, then ``stop``. ``stop`` may be called at any time
    and more than once; it leaves no process and no file behind.
    """

    name: str

    @abstractmethod
    def start(self, cpus: Collection[int] | None = None) -> None:
        """Start it, on these CPUs only, if given. Raises ``TargetError``."""

    @abstractmethod
    def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Return when it answers. Raises ``TargetError`` after ``timeout_s`` or when it died."""

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Return scheme, host and port, without a trailing slash."""

    @property
    @abstractmethod
    def ca_file(self) -> str | None:
        """Return the CA file of its certificate, if it uses TLS and made one."""

    @abstractmethod
    def processes(self) -> list[int]:
        """Return the ids of the processes whose CPU time is the target's."""

    def processes_by_role(self) -> Mapping[Role, list[int]]:
        """Return the same, separately for proxies and origins."""
        return {"origin": self.processes()}

    def use(self) -> list[Use]:
        """Return the resources used by its containers, if there are any."""
        return []

    @abstractmethod
    def counts(self) -> Counts | None:
        """Return requests and connections so far; None if the target does not count them."""

    @abstractmethod
    def describe(self) -> dict[str, str]:
        """Return name, versions and configuration hash, as stored with each result."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it and wait until it is gone."""
