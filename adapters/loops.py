"""The event loops a client can run on, as data: nothing is imported here.

A sync client without a loop (``None``) runs in threads. Every other one has a loop with a name,
which is recorded with its results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from adapters import MADE_FOR

__all__ = ["ASYNCIO_LOOPS", "LOOPS", "ON_TRIO", "EventLoop", "default_loop"]

# How a worker runs its slots on a loop: as tasks of asyncio or trio, or as greenlets.
Driver = Literal["asyncio", "trio", "greenlets"]


@dataclass(frozen=True, slots=True)
class EventLoop:
    """One event loop.

    ``distribution``: what has to be installed for it beside the client; None: the standard library.
    ``can_tls``: it can encrypt connections. ``system``: the only ``sys.platform`` that has it.
    """

    name: str
    distribution: str | None = None
    driver: Driver = "asyncio"
    mode: Literal["sync", "async"] = "async"
    can_tls: bool = True
    system: str | None = None


LOOPS: dict[str, EventLoop] = {
    loop.name: loop
    for loop in (
        EventLoop("asyncio"),
        EventLoop("uvloop", "uvloop"),
        EventLoop("rloop", "rloop", can_tls=False),
        EventLoop("winloop", "winloop", system="win32"),
        EventLoop("trio", "trio", "trio"),
        EventLoop("twisted", "twisted"),
        EventLoop("gevent", "gevent", "greenlets", "sync"),
    )
}

# asyncio's own loop and the drop-in replacements for it: what runs on one runs on all of them.
ASYNCIO_LOOPS = ("asyncio", "uvloop", "rloop", "winloop")

# Clients whose async mode runs on trio as well; the same as in their modules.
ON_TRIO = ("httpx", "httpx2", "httpxyz", "httpcore", "httpcore2")


def default_loop(client: str, mode: str | None) -> str | None:
    """Return the name of the loop that a client runs on in ``mode`` unless another is chosen."""
    return MADE_FOR.get(client, "asyncio" if mode == "async" else None)
