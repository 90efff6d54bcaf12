"""One start of a target, as the suite sees it, and the ways in which it is started."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from servers.base import Target
from servers.catalogue import software
from servers.conformance.leftovers import Leftovers
from servers.parts import LOOPBACK, connection_to
from servers.software import Address, Software
from servers.spec import TargetSpec

__all__ = ["SEVERAL", "Failed", "Visit", "expect", "starts"]

TIMEOUT_S = 5.0
SEVERAL = 3  # instances


class Failed(Exception):  # noqa: N818  it is the target that fails
    """Raised when a claim does not hold. One line: what happened, and what was expected."""


def expect(found: object, wanted: object, what: str) -> None:
    """Raise ``Failed`` unless both are equal."""
    if found != wanted:
        raise Failed(f"{what} {found}, expected {wanted}")


@dataclass(frozen=True)
class Visit:
    """One start of a target; once it runs, also what it must not leave behind."""

    target: Target
    spec: TargetSpec
    leftovers: Leftovers | None = None

    @property
    def kind(self) -> Software:
        """Return the software that clients connect to."""
        return software(self.spec.name)

    @property
    def origin(self) -> Software:
        """Return the software that answers."""
        return software(self.spec.upstream or self.spec.name)

    @property
    def port(self) -> int:
        """Return the port on which it listens."""
        return urlsplit(self.target.base_url).port or 0

    @property
    def routes(self) -> Mapping[str, int]:
        """Return paths and the lengths of their bodies."""
        return self.origin.routes

    @property
    def path(self) -> str:
        """Return a path that is answered with 200."""
        return next(iter(self.routes), "/health")

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection that is not open yet."""
        ca_file = self.target.ca_file
        trusting = ssl.create_default_context(cafile=ca_file) if self.spec.tls else None
        return connection_to(Address(LOOPBACK, self.port), trusting, TIMEOUT_S)

    def get(self) -> http.client.HTTPResponse:
        """Request a path on a new connection; return the answer, completely read."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", self.path, headers={"Connection": "close"})
            response = connection.getresponse()
            response.read()
            return response


def starts(spec: TargetSpec) -> dict[str, TargetSpec]:
    """Return the ways to start it, by description."""
    found = {
        "http": replace(spec, instances=1, tls=False),
        "https": replace(spec, instances=1, tls=True),
    }
    one_only = software(spec.name).process_per_instance and spec.runtime != "native"
    several = {} if one_only else {f"{SEVERAL} instances": replace(spec, instances=SEVERAL)}
    return found | several
