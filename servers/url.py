"""The user's own URL as a target: clientbench neither starts nor observes the server."""

from __future__ import annotations

from collections.abc import Collection

from servers.base import Counts, Target

__all__ = ["UrlTarget"]


class UrlTarget(Target):
    """A server that clientbench does not run."""

    name = "url"

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def start(self, cpus: Collection[int] | None = None) -> None:
        """Do nothing: the server runs already."""

    def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Do nothing: the first request shows whether it answers, as with every target."""

    @property
    def base_url(self) -> str:
        """Return scheme, host and port as the user gave them."""
        return self._base_url

    @property
    def ca_file(self) -> str | None:
        """Return what is known: nothing."""
        return None

    def processes(self) -> list[int]:
        """Return what is known: nothing."""
        return []

    def counts(self) -> Counts | None:
        """Return what is known: nothing."""
        return None

    def describe(self) -> dict[str, str]:
        """Return its name only: the URL is stored, redacted, with the scenario."""
        return {"name": self.name}

    def stop(self) -> None:
        """Do nothing: the server keeps running."""
