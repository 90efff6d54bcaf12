"""Our adapters, in every mode and on every event loop, as the conformance suite drives them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

import adapters
from adapters.base import AsyncAdapter, BaseAdapter, ErrorKind, Settings
from adapters.conformance.book import Server
from adapters.conformance.sessions import Session
from adapters.conformance.subject import Subject
from tests.require import is_left_out

_Kind = TypeVar("_Kind", bound=ErrorKind | None)
SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Client:
    """An adapter class, and the event loop it runs on.

    There is no class of an extra that is not installed.
    """

    name: str
    adapter: type[BaseAdapter] | None = None
    loop: str | None = None

    def __str__(self) -> str:
        parts = (self.name, self.mode, self.loop)
        return "-".join(part for part in parts if part)

    @property
    def mode(self) -> str | None:
        return self.adapter.mode if self.adapter else None

    def session(self, settings: Settings) -> AbstractContextManager[Session]:
        """An open session, closed in the end."""
        return self._subject.session(settings)

    def make(self, settings: Settings) -> Session:
        """A session that is not open yet."""
        return self._subject.make(settings)

    @property
    def _subject(self) -> Subject:
        assert self.adapter is not None
        return Subject(self.adapter, self.loop)


def settings(server: Server, **changes: object) -> Settings:
    """Parity, patient with a busy machine; tests of timeouts set their own."""
    values = {"ca_file": server.ca_file, "timeout_s": 5.0} | changes
    return Settings(**values)  # type: ignore[arg-type]


def expected_kind(client: Client, case: str, kind: _Kind) -> _Kind | ErrorKind:
    """The kind this client ends with in this case."""
    assert client.adapter is not None
    return dict(reversed(client.adapter.other_kinds)).get(case, kind)


def _clients() -> Iterator[Client]:
    for name, (module_name, _) in adapters.BUILTIN.items():
        # null sends nothing, so nothing here holds for it; test_registry.py says what does.
        if name == "null":
            continue
        if is_left_out(name):
            yield Client(name)
            continue
        module = importlib.import_module(module_name)
        for adapter in module.ADAPTERS:
            loops = ("asyncio", "uvloop") if issubclass(adapter, AsyncAdapter) else (None,)
            yield from (Client(name, adapter, loop) for loop in loops)


CLIENTS = list(_clients())
