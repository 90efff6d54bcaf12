"""Sync clients made for gevent: as ``threads``, with one greenlet per slot.

Between windows gevent's loop waits in the kernel for the next command: no CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import gevent
from gevent.queue import LifoQueue, Queue
from gevent.socket import wait_read

from adapters.base import Adapter
from harness.worker.job import Events, Job
from harness.worker.slots import Command, Slots
from harness.worker.sync_backend import SyncBackend
from harness.worker.threads import serve

if TYPE_CHECKING:
    from harness.worker.greenlet_timer import GreenletTimer

__all__ = ["run_greenlets"]

COMMANDS = 0  # the descriptor they come from


def run_greenlets(
    job: Job, adapter: type[Adapter], events: Events, commands: Iterator[Command]
) -> None:
    """Serve ``commands`` with one greenlet per slot until a close command."""
    serve(Slots(job, adapter, events), _Greenlets(), _waited_for(commands))


def _waited_for(commands: Iterator[Command]) -> Iterator[Command]:
    """Yield commands; greenlets run until there is one."""
    while True:
        wait_read(COMMANDS)
        yield next(commands)


class _Greenlets(SyncBackend):
    """How greenlets start and wait."""

    sleep = staticmethod(gevent.sleep)
    new_inbox = Queue  # gevent's SimpleQueue was that of threads before 24
    new_free_list = LifoQueue

    def __init__(self) -> None:
        self._timer: GreenletTimer | None = None

    def start(self, slot: Callable[..., None], *args: object) -> gevent.Greenlet:
        """Start one slot."""
        return gevent.spawn(slot, *args)

    def clock(self) -> Callable[[int], object]:
        """Return what waits for an instant; one timer serves all slots of the process."""
        if self._timer is None:
            from harness.worker.greenlet_timer import GreenletTimer  # noqa: PLC0415  open loops only

            self._timer = GreenletTimer()
            self._timer.watch()
        return self._timer.until
