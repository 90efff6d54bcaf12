"""Recorded requests that are sent again, in their order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from adapters.base import Request
from harness.redaction import Redactor, body_secrets, header_secrets, holds_secret, secrets_of_urls
from harness.scenario.plain import Plain

__all__ = ["RecordedRequest", "Recording"]

# Looked for in messages, beside whatever has the form of a secret: the first so many, of the first
# requests.
MOST_SECRETS, MOST_SEARCHED = 2_000, 10_000


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request, complete, of the endpoint with this number."""

    endpoint: int
    url: str | None = field(repr=False)  # None: the target's
    path: str = field(repr=False)  # path and query there; unused with a url
    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)

    def request(self, method: str, base_url: str, added: Mapping[str, str]) -> Request:
        """Return it with additional headers."""
        return Request(
            method, self.url or base_url + self.path, {**self.headers, **added}, self.body
        )


class Recording(Plain):
    """Different requests, and the order in which they were recorded, as indices of them.

    ``offsets_ns``: when each is due after the beginning; none: as soon as a slot is free. The rest
    says what was asked for, so that it can be again.
    """

    requests: tuple[RecordedRequest, ...] = Field(min_length=1, repr=False)
    order: tuple[int, ...] = Field(min_length=1, repr=False)
    offsets_ns: tuple[int, ...] = Field(default=(), repr=False)
    file: str  # its name
    speed: float = Field(default=1.0, gt=0)
    allow_unsafe: bool = False
    keep_secrets: bool = False

    def told(self) -> dict[str, Any]:
        """Return it as plain JSON: of the requests only how many."""
        kept = {"file", "speed", "allow_unsafe", "keep_secrets"}
        return self.model_dump(mode="json", include=kept) | {
            "requests": len(self.order),
            "different": len(self.requests),
            "as_mixture": not self.offsets_ns,
        }

    def redactor(self) -> Redactor:
        """Return a redactor for messages about its requests."""
        found: set[str] = set()
        for secret in self._secrets():
            found.add(secret)
            if len(found) >= MOST_SECRETS:
                break
        return Redactor(found)

    def _secrets(self) -> Iterator[str]:
        searched = self.requests[:MOST_SEARCHED]
        for one in searched:
            secret = {
                name: value for name, value in one.headers.items() if holds_secret(name, value)
            }
            yield from header_secrets(secret)
            yield from secrets_of_urls(one.url or one.path)
        for one in searched:
            yield from body_secrets(one.body or b"")
