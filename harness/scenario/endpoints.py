"""Endpoints: the requests of a mixture, and how often each is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pydantic import Field

from adapters.base import Request
from harness.redaction import redact_headers, redact_url
from harness.scenario.plain import Plain
from harness.scenario.templates import Escape, filled, names

__all__ = ["Endpoint"]


class Endpoint(Plain):
    """One kind of request; its texts may have variables in them."""

    name: str  # unique in its scenario
    method: str = "GET"
    url: str | None = Field(default=None, repr=False)  # None: the target's
    path: str = Field(default="/", repr=False)  # path and query there; unused with a url
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    body: bytes | None = Field(default=None, repr=False)
    escape: Escape = "none"  # how values are written into the body
    weight: Decimal = Field(default=Decimal(1), gt=0)  # in proportion to that of the others
    expect: str | None = None  # None: as the run has it
    timeout_s: float | None = Field(default=None, gt=0)  # None: as the run has it

    @property
    def share(self) -> Fraction:
        """Its weight as an exact number."""
        return Fraction(self.weight)

    @property
    def names(self) -> set[str]:
        """The variables in its texts, rows with their columns."""
        return {name for text in self._texts for name in names(text)}

    @property
    def _texts(self) -> Iterator[str]:
        yield self.url or self.path
        yield from self.headers.values()
        yield (self.body or b"").decode(errors="replace")

    def request(
        self, base_url: str, added: Mapping[str, str], values: Mapping[str, str]
    ) -> Request:
        """Return its request with these values and additional headers."""
        if not values:  # texts in braces are then no variables
            url = self.url or base_url + self.path
            return Request(self.method, url, {**self.headers, **added}, self.body)
        url = filled(self.url or base_url + self.path, values, "url")
        headers = {name: filled(text, values) for name, text in self.headers.items()}
        body = self.body
        if body is not None:
            body = filled(body.decode(), values, self.escape).encode()
        return Request(self.method, url, {**headers, **added}, body)

    def told(self) -> dict[str, Any]:
        """Return it as plain JSON without secrets; of the body only its length."""
        data = self.model_dump(mode="json", exclude={"body", "escape"})
        data["url"] = None if self.url is None else redact_url(self.url)
        data["path"] = redact_url(self.path)
        data["headers"] = redact_headers(self.headers)
        data["body_bytes"] = None if self.body is None else len(self.body)
        return {name: value for name, value in data.items() if value not in (None, {})}
