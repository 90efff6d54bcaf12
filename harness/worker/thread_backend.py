"""Slots in threads."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from harness.worker.sync_backend import SyncBackend

__all__ = ["ThreadBackend"]


class ThreadBackend(SyncBackend):
    """Threads."""

    sleep = staticmethod(time.sleep)
    new_inbox = queue.SimpleQueue
    new_free_list = queue.LifoQueue

    def start(self, slot: Callable[..., None], *args: object) -> threading.Thread:
        """Start one slot."""
        thread = threading.Thread(target=slot, args=args, daemon=True)
        thread.start()
        return thread

    def clock(self) -> Callable[[int], object]:
        """Return what waits for an instant, in the calling slot, as exactly as possible."""
        from harness.worker.pacer import no_timer_slack, sleep_until  # noqa: PLC0415  open loops only

        no_timer_slack()
        return sleep_until
