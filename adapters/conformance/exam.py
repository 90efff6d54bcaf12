"""One case: an adapter, the server, and what is to be known of both; and the claims that cases are of."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.base import BaseAdapter, ErrorKind, Lack, Request, Settings
from adapters.conformance.book import Seen, Server, new_token
from adapters.conformance.failed import Failed, expect
from adapters.conformance.sessions import Session, Subject

__all__ = ["MIB", "TIMEOUT_S", "Claim", "Exam", "claims_of"]

MIB = 1 << 20
TIMEOUT_S = 0.3  # short, since it is waited for; long enough for the request that must work
USUAL_TIMEOUT_S = 5.0  # patient with a busy machine
PATIENCE_S = 10.0  # a failure must end long before; only a machine in trouble comes near


@dataclass(frozen=True)
class Exam:
    """What one case has: ``token`` is its own, ``scheme`` and ``stream`` are those of the variant."""

    subject: Subject
    client: str  # by which name the adapter is known
    server: Server
    scheme: str = "http"
    stream: bool = False
    token: str = field(default_factory=new_token)
    excuses: set[Lack] = field(default_factory=set)  # what it lacks, of what was asked for

    @property
    def adapter(self) -> type[BaseAdapter]:
        """The adapter's class."""
        return self.subject.adapter

    def lacks(self, what: Lack) -> bool:
        """Whether the adapter says that its library cannot do that."""
        if what not in self.adapter.lacks:
            return False
        self.excuses.add(what)
        return True

    def kinds(self, case: str, *usual: ErrorKind) -> tuple[ErrorKind, ...]:
        """What the case may end with."""
        return tuple(kind for name, kind in self.adapter.other_kinds if name == case) or usual

    def settings(self, **changes: Any) -> Settings:
        """Parity."""
        usual = Settings(ca_file=self.server.ca_file, timeout_s=USUAL_TIMEOUT_S, stream=self.stream)
        return replace(usual, **changes)

    def session(self, **changes: Any) -> AbstractContextManager[Session]:
        """An open session with parity but for these changes."""
        return self.subject.session(self.settings(**changes))

    def url(self, path: str, port: str | None = None) -> str:
        """The address of a path of its own."""
        return self.server.url(f"{self.token}/{path}", self.scheme, port)

    def own_url(self, path: str) -> str:
        """The same at a port whose connections are this case's alone."""
        port = self.server.listen(self.token, self.scheme)
        return f"{self.scheme}://localhost:{port}/{self.token}/{path}"

    def get(self, path: str, port: str | None = None) -> Request:
        """A request for a path of its own."""
        return Request("GET", self.url(path, port))

    def seen(self) -> list[Seen]:
        """What has arrived."""
        return self.server.seen(self.token)

    def expect_connections(self, slots: int = 1) -> None:
        """Raise unless there was one connection for each slot at most."""
        seen = self.seen()
        found = len({one.connection for one in seen})
        if self.lacks("keep-alive"):
            expect(found, len(seen), "connections, which it says are not kept:")
            return
        most = 2 * slots if self.lacks("pool-limit") else slots
        if not 1 <= found <= most:
            raise Failed(f"{found} connections for {len(seen)} requests, expected at most {most}")

    def expect_failure(
        self, session: Session, failing: Request, kinds: tuple[ErrorKind, ...], times: int = 2
    ) -> None:
        """Raise unless the request fails in one of these kinds, in time, and the session works after it."""
        for _ in range(times):
            started = time.monotonic()
            self.expect_kind(session, failing, kinds)
            took_s = time.monotonic() - started
            if took_s > PATIENCE_S:
                raise Failed(f"failed after {took_s:.0f} s, expected within {PATIENCE_S:.0f} s")
            expect(session.send(self.get("bytes/5")), (200, 5), "after the error answered")

    def expect_kind(self, session: Session, failing: Request, kinds: tuple[ErrorKind, ...]) -> None:
        """Raise unless the request fails in one of these kinds."""
        kind = session.fail(failing)
        if kind not in kinds:
            raise Failed(f"the error is of kind {kind}, expected {' or '.join(kinds)}")


@dataclass(frozen=True)
class Claim:
    """What an adapter is expected to do, as one sentence, and the check of it, which raises ``Failed``.

    ``check`` is made over each of ``schemes``; if ``reads``, also with bodies read in pieces, where the adapter
    says that it can. ``concerns``: whether it is a claim of that adapter at all.
    """

    name: str
    sentence: str
    check: Callable[[Exam], None]
    schemes: tuple[str, ...] = ("http",)
    reads: bool = False
    concerns: Callable[[type[BaseAdapter]], bool] = lambda _: True


def claims_of(*claims: tuple[str, Callable[[Exam], None]], **common: object) -> tuple[Claim, ...]:
    """A claim of each pair; it is called like its check."""
    return tuple(
        Claim(check.__name__.replace("_", "-"), sentence, check, **common)  # type: ignore[arg-type]
        for sentence, check in claims
    )
