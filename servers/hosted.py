"""A target of several servers or of other software, as seen by the process that starts it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from servers.base import Counts, Role, Target, TargetError, Use
from servers.conversation import Conversation
from servers.spec import TargetSpec

__all__ = ["HostedTarget"]

READY_TIMEOUT_S = 600.0  # an image may have to be built; the host has deadlines of its own
STOP_TIMEOUT_S = 30.0


class HostedTarget(Target):
    """The target of ``spec``, run by a separate host process (``servers.host``)."""

    def __init__(self, spec: TargetSpec) -> None:
        self.spec = spec
        self.name = spec.title
        self._conversation = Conversation(f"the target {spec.title}")
        self._ready: dict[str, Any] = {}

    def start(self, cpus: Collection[int] | None = None) -> None:
        """Start the host; the target's servers run on these CPUs unless the spec names others."""
        own = self.spec.cpus or tuple(sorted(cpus or ()))
        self._conversation.start("servers.host", [replace(self.spec, cpus=own).to_json()])
        self._ready = {}

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Return when every server answers. Raises ``TargetError`` if one does not."""
        if self._ready:
            return
        told = self._conversation.hear(timeout_s)
        if told["event"] == "failed":
            raise TargetError(told["reason"])
        self._ready = told

    @property
    def base_url(self) -> str:
        """Return scheme, host and port, without a trailing slash."""
        return str(self._known("base_url"))

    @property
    def ca_file(self) -> str | None:
        """Return the CA's certificate (PEM), which exists as long as the target.

        None without TLS.
        """
        path: str | None = self._known("ca_file")
        return path

    def processes(self) -> list[int]:
        """Return the ids of all its servers' processes that are visible from here."""
        return [pid for pids in self.processes_by_role().values() for pid in pids]

    def processes_by_role(self) -> Mapping[Role, list[int]]:
        """Return the same, separately for proxies and origins."""
        by_role: dict[Role, list[int]] = {}
        for part in self._ready.get("parts", ()):
            by_role.setdefault(part["role"], []).extend(part["pids"])
        return by_role

    def use(self) -> list[Use]:
        """Return the resources used by its containers.

        Raises ``TargetError`` if the host is gone.
        """
        if self.spec.runtime == "native":
            return []
        return [Use(**one) for one in self._conversation.ask("use")["containers"]]

    def counts(self) -> Counts | None:
        """Return requests by instance; None if its servers do not count.

        Raises ``TargetError`` if it is gone.
        """
        self._known("base_url")
        answer = self._conversation.ask("counts")
        if "gone" in answer:
            raise TargetError(answer["gone"])
        by_instance = answer["by_instance"]
        if by_instance is None:
            return None
        lost = tuple(message for _, message in answer["lost"])
        return Counts(sum(by_instance.values()), None, by_instance, lost)

    def describe(self) -> dict[str, str]:
        """Return name, runtime, versions of its servers and a hash of their configuration."""
        return {"name": self.name, "runtime": self.spec.runtime, **self._known("description")}

    def stop(self) -> None:
        """Let the host stop everything, and wait for it."""
        self._conversation.stop(STOP_TIMEOUT_S)

    def _known(self, key: str) -> Any:
        if not self._ready:
            raise TargetError(f"{self.name} is not ready; call start and wait_ready first")
        return self._ready[key]
