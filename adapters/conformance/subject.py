"""The subject of the suite: one adapter on one event loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.base import Adapter, AsyncAdapter, BaseAdapter, Settings
from adapters.conformance.failed import Failed
from adapters.conformance.sessions import AsyncioSession, Session, SyncSession
from adapters.loops import LOOPS

__all__ = ["Subject"]


@dataclass(frozen=True)
class Subject:
    """An adapter and its event loop, by its name in ``adapters.loops``; None: threads."""

    adapter: type[BaseAdapter]
    loop: str | None = None

    @contextmanager
    def session(self, settings: Settings) -> Iterator[Session]:
        """Open a session, and close it at the end."""
        session = self.make(settings)
        session.open()
        try:
            yield session
        finally:
            session.close()

    def make(self, settings: Settings) -> Session:
        """Return a session that is not open yet."""
        driver = LOOPS[self.loop].driver if self.loop else None
        if issubclass(self.adapter, AsyncAdapter):
            if driver == "trio":
                from adapters.conformance.trio_session import TrioSession  # noqa: PLC0415

                return TrioSession(self.adapter(settings))
            return AsyncioSession(self.adapter(settings), self.loop)
        if issubclass(self.adapter, Adapter):
            if driver == "greenlets":
                from adapters.conformance.gevent_session import GeventSession  # noqa: PLC0415

                return GeventSession(self.adapter(settings))
            return SyncSession(self.adapter(settings))
        raise Failed(f"{self.adapter.__name__} is neither an Adapter nor an AsyncAdapter")
