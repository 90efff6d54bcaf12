"""The contract between the code that drives the slots of sync clients and what runs them.

One implementation per kind beside this file: threads, greenlets. None of it is on the path of a
request in a closed loop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Started", "SyncBackend"]


class Started(Protocol):
    """A running slot."""

    def join(self) -> None:
        """Return when it has ended."""


class SyncBackend(ABC):
    """How slots start and wait."""

    @abstractmethod
    def start(self, slot: Callable[..., None], *args: object) -> Started:
        """Start one slot."""

    @abstractmethod
    def sleep(self, seconds: float, /) -> object:
        """Return after that time, in the calling slot."""

    @abstractmethod
    def new_inbox(self) -> Any:
        """Return an empty queue, first in, first out."""

    @abstractmethod
    def new_free_list(self) -> Any:
        """Return an empty queue, last in, first out."""

    @abstractmethod
    def clock(self) -> Callable[[int], object]:
        """Return what waits for an instant, in the calling slot, as exactly as possible."""
