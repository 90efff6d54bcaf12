"""A user's own URL as a target: nothing to start, nothing to see but its answers."""

from __future__ import annotations

from collections.abc import Collection

from servers.base import Counts, Target

__all__ = ["UrlTarget"]


class UrlTarget(Target):
    """A server somebody else runs."""

    name = "url"

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def start(self, cpus: Collection[int] | None = None) -> None:
        """It runs already."""

    def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Whether it answers is found out by the first request, as with every target."""

    @property
    def base_url(self) -> str:
        """Scheme, host and port as the user gave them."""
        return self._base_url

    @property
    def ca_file(self) -> str | None:
        """Not known."""
        return None

    def processes(self) -> list[int]:
        """Not known."""
        return []

    def counts(self) -> Counts | None:
        """Not known."""
        return None

    def describe(self) -> dict[str, str]:
        """Its name only: the URL is stored, redacted, with the scenario."""
        return {"name": self.name}

    def stop(self) -> None:
        """It goes on running."""
