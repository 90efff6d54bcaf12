"""One case of the suite (an adapter, the server and their settings), and the claims it checks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.base import BaseAdapter, ErrorKind, Lack, Request, Settings
from adapters.conformance.book import Seen, Server, new_token
from adapters.conformance.failed import Failed, expect
from adapters.conformance.sessions import Session
from adapters.conformance.subject import Subject

__all__ = ["MIB", "TIMEOUT_S", "Claim", "Exam", "claims_of"]

MIB = 1 << 20
TIMEOUT_S = 0.3  # short, because the suite waits for it; long enough for a request that succeeds
USUAL_TIMEOUT_S = 5.0  # long enough for a busy machine
PATIENCE_S = 10.0  # an upper limit: failures end long before


@dataclass(frozen=True)
class Exam:
    """One case. ``token`` is its own; ``scheme`` and ``stream`` are those of the variant."""

    subject: Subject
    client: str  # the adapter's name
    server: Server
    scheme: str = "http"
    stream: bool = False
    token: str = field(default_factory=new_token)
    excuses: set[Lack] = field(default_factory=set)  # entries of ``lacks`` that this case met

    @property
    def adapter(self) -> type[BaseAdapter]:
        """Return the adapter's class."""
        return self.subject.adapter

    def lacks(self, what: Lack) -> bool:
        """Say whether the adapter declares that its library cannot do that, and note it."""
        if what not in self.adapter.lacks:
            return False
        self.excuses.add(what)
        return True

    def kinds(self, case: str, *usual: ErrorKind) -> tuple[ErrorKind, ...]:
        """Return the kinds of errors with which the case may end."""
        return tuple(kind for name, kind in self.adapter.other_kinds if name == case) or usual

    def settings(self, **changes: Any) -> Settings:
        """Return the settings of profile parity, with these changes."""
        usual = Settings(ca_file=self.server.ca_file, timeout_s=USUAL_TIMEOUT_S, stream=self.stream)
        return replace(usual, **changes)

    def session(self, **changes: Any) -> AbstractContextManager[Session]:
        """Open a session with the settings of profile parity, with these changes."""
        return self.subject.session(self.settings(**changes))

    def url(self, path: str, port: str | None = None) -> str:
        """Return the URL of one of the case's own paths."""
        return self.server.url(f"{self.token}/{path}", self.scheme, port)

    def own_url(self, path: str) -> str:
        """Return the same at a port that only this case uses."""
        port = self.server.listen(self.token, self.scheme)
        return f"{self.scheme}://localhost:{port}/{self.token}/{path}"

    def get(self, path: str, port: str | None = None) -> Request:
        """Return a GET request for one of the case's own paths."""
        return Request("GET", self.url(path, port))

    def seen(self) -> list[Seen]:
        """Return the requests that arrived."""
        return self.server.seen(self.token)

    def expect_connections(self, slots: int = 1) -> None:
        """Raise ``Failed`` unless there was at most one connection for each slot."""
        seen = self.seen()
        found = len({one.connection for one in seen})
        if self.lacks("keep-alive"):
            expect(found, len(seen), "connections (`lacks` has keep-alive):")
            return
        most = 2 * slots if self.lacks("pool-limit") else slots
        if not 1 <= found <= most:
            raise Failed(f"{found} connections for {len(seen)} requests, expected at most {most}")

    def expect_failure(
        self, session: Session, failing: Request, kinds: tuple[ErrorKind, ...], times: int = 2
    ) -> None:
        """Raise ``Failed`` unless the request fails in time with one of these kinds.

        The session must work afterwards.
        """
        for _ in range(times):
            started = time.monotonic()
            self.expect_kind(session, failing, kinds)
            took_s = time.monotonic() - started
            if took_s > PATIENCE_S:
                raise Failed(f"failed after {took_s:.0f} s, expected within {PATIENCE_S:.0f} s")
            expect(session.send(self.get("bytes/5")), (200, 5), "after the error, answered")

    def expect_kind(self, session: Session, failing: Request, kinds: tuple[ErrorKind, ...]) -> None:
        """Raise ``Failed`` unless the request fails with one of these kinds."""
        kind = session.fail(failing)
        if kind not in kinds:
            raise Failed(f"the error is of kind {kind}, expected {' or '.join(kinds)}")


@dataclass(frozen=True)
class Claim:
    """One thing that an adapter must do, as one sentence, and its check, which raises ``Failed``.

    ``check`` runs with each of ``schemes``; if ``reads``, also with streamed bodies, for adapters
    that can stream. ``concerns`` says whether the claim applies to an adapter.
    """

    name: str
    sentence: str
    check: Callable[[Exam], None]
    schemes: tuple[str, ...] = ("http",)
    reads: bool = False
    concerns: Callable[[type[BaseAdapter]], bool] = lambda _: True


def claims_of(*claims: tuple[str, Callable[[Exam], None]], **common: object) -> tuple[Claim, ...]:
    """Return a claim for each pair of sentence and check; its name is that of the check."""
    return tuple(
        Claim(check.__name__.replace("_", "-"), sentence, check, **common)  # type: ignore[arg-type]
        for sentence, check in claims
    )
