"""A target that runs, as the suite asks it; and the ways in which it is started for that."""

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
    """One line: what happened, and what was expected."""


def expect(found: object, wanted: object, what: str) -> None:
    """Raise ``Failed`` unless both are the same."""
    if found != wanted:
        raise Failed(f"{what} {found}, expected {wanted}")


@dataclass(frozen=True)
class Visit:
    """One start of a target; once it runs, what it must not leave behind."""

    target: Target
    spec: TargetSpec
    leftovers: Leftovers | None = None

    @property
    def kind(self) -> Software:
        """What clients talk to."""
        return software(self.spec.name)

    @property
    def origin(self) -> Software:
        """What answers them."""
        return software(self.spec.upstream or self.spec.name)

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.target.base_url).port or 0

    @property
    def routes(self) -> Mapping[str, int]:
        """Paths and the lengths of their bodies."""
        return self.origin.routes

    @property
    def path(self) -> str:
        """One that is answered with 200."""
        return next(iter(self.routes), "/health")

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own, not yet made."""
        ca_file = self.target.ca_file
        trusting = ssl.create_default_context(cafile=ca_file) if self.spec.tls else None
        return connection_to(Address(LOOPBACK, self.port), trusting, TIMEOUT_S)

    def get(self) -> http.client.HTTPResponse:
        """The answer on a fresh connection, which ends with it; its body has been read."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", self.path, headers={"Connection": "close"})
            response = connection.getresponse()
            response.read()
            return response


def starts(spec: TargetSpec) -> dict[str, TargetSpec]:
    """The ways to start it, by what is said of them."""
    found = {
        "http": replace(spec, instances=1, tls=False),
        "https": replace(spec, instances=1, tls=True),
    }
    one_only = software(spec.name).process_per_instance and spec.runtime != "native"
    several = {} if one_only else {f"{SEVERAL} instances": replace(spec, instances=SEVERAL)}
    return found | several
