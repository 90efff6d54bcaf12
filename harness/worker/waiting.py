"""How the slots of sync clients start and wait: in threads, or as a subclass does it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Started", "Threads"]


class Started(Protocol):
    """A thread, or what stands for it."""

    def join(self) -> None:
        """Return when it has ended."""


class Threads:
    """How slots start and wait; ``harness.worker.greenlets`` does all of it in its own way."""

    sleep: Callable[[float], object] = staticmethod(time.sleep)
    new_inbox: Callable[[], Any] = queue.SimpleQueue
    new_free_list: Callable[[], Any] = queue.LifoQueue

    def start(self, slot: Callable[..., None], *args: object) -> Started:
        """Start one slot."""
        thread = threading.Thread(target=slot, args=args, daemon=True)
        thread.start()
        return thread

    def clock(self) -> Callable[[int], object]:
        """Return what waits for an instant, in the calling slot, as exactly as possible."""
        from harness.worker.pacer import no_timer_slack, sleep_until  # noqa: PLC0415  open loops only

        no_timer_slack()
        return sleep_until
