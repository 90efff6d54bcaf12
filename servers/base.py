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
    """What a target has seen since it started: requests, those of health checks apart.

    ``connections`` is None where only the servers behind a proxy can tell. ``by_instance`` divides the
    requests among instances that tell themselves apart; those of them that have ended are in ``lost``.
    """

    requests: int
    connections: int | None = None
    by_instance: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Use:
    """What one container has used: CPU since its start, memory now, and when that was.

    The kernel's counters are read when asked for; the engine's account is renewed once a second, and its
    instants are those of the engine's clock.
    """

    name: str
    cpu_ns: int
    memory_bytes: int
    at_ns: int
    by_engine: bool


class Target(ABC):
    """A server that can be started, asked what it saw, and stopped.

    Order of calls: ``start``, ``wait_ready``, then anything, then ``stop``. ``stop`` may be called at any
    time and more than once; it leaves no process and no file behind.
    """

    name: str

    @abstractmethod
    def start(self, cpus: Collection[int] | None = None) -> None:
        """Start it, on these CPUs only if given. Raises ``TargetError``."""

    @abstractmethod
    def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Return when it answers. Raises ``TargetError`` after ``timeout_s`` or when it died."""

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Scheme, host and port, without a trailing slash."""

    @property
    @abstractmethod
    def ca_file(self) -> str | None:
        """The CA that signed its certificate, if it speaks TLS and made one."""

    @abstractmethod
    def processes(self) -> list[int]:
        """Process ids whose CPU is the target's CPU."""

    def processes_by_role(self) -> Mapping[Role, list[int]]:
        """The same, proxies and origins apart."""
        return {"origin": self.processes()}

    def use(self) -> list[Use]:
        """Of its containers; nothing where there are none."""
        return []

    @abstractmethod
    def counts(self) -> Counts | None:
        """Requests and connections seen so far; None where the target cannot tell."""

    @abstractmethod
    def describe(self) -> dict[str, str]:
        """Name, versions and configuration hash, as stored with each result."""

    @abstractmethod
    def stop(self) -> None:
        """End it and wait until it is gone."""
