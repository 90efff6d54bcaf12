"""Waiting for what is bound to happen: how soon is never the question."""

from __future__ import annotations

import time
from collections.abc import Callable

from servers.embedded.target import EmbeddedTarget

PATIENCE_S = 30.0


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes true before patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def settle(target: EmbeddedTarget) -> int:
    """Let the server take up everything that has reached it; the instant after that.

    Four times: a new connection is taken up in one turn of the server's loop, announced in the next and read
    in a third; and what is there with a question is dealt with in the same turn, though perhaps after it.
    """
    for _ in range(4):
        target.counts()
    return time.monotonic_ns()
