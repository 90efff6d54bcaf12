"""The endpoints of a run as one contender asks them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

from adapters.base import Request
from harness.measure.rules import Rules

__all__ = ["MeasuredEndpoint"]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class MeasuredEndpoint:
    """One endpoint: how it is asked, and what its responses have to be."""

    request: Request  # its first one
    rules: Rules
    shown_url: str  # redacted, and without the port of a target of ours, another in each run
    name: str | None = None  # None: the only one of a run without a scenario file
    # every response must be as long as the first one: for our own paths that never vary
    knows_length: bool = False
    share: float = 1.0  # of all requests, as planned
    answer_bytes: int = 0  # body length of its first response

    @property
    def origin(self) -> str:
        """Scheme, host and port of its URL."""
        parts = urlsplit(self.request.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_safe(self) -> bool:
        """Say whether its requests are safe, that is change nothing (RFC 9110, 9.2.1)."""
        return self.request.method in SAFE_METHODS

    def of_any_length(self) -> Self:
        """Return it for a client whose responses may have any length."""
        return replace(self, rules=replace(self.rules, length=None))

    def answered(self, length: int) -> Self:
        """Return it with the body length of its first response."""
        rules = replace(self.rules, length=length if self.knows_length else None)
        return replace(self, rules=rules, answer_bytes=length)

    def patient(self, timeout_s: float) -> Self:
        """Return it with another timeout."""
        return replace(self, rules=replace(self.rules, timeout_ns=round(timeout_s * 1e9)))
