"""Detection of everything that a target leaves behind."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from servers.base import Target
from servers.standing import records

__all__ = ["Leftovers", "listeners"]

GONE_S = 2.0
LOOK_S = 0.02


@dataclass(frozen=True)
class Leftovers:
    """The port, processes and folders of a target; ``mark`` is a variable that its processes
    inherit.
    """

    mark: str
    port: int
    pids: tuple[int, ...]
    folders: frozenset[Path]

    @classmethod
    def of(cls, target: Target, mark: str) -> Leftovers:
        """Note those of a running target; its CA file or its host's record gives its folder."""
        ca_file, url = target.ca_file, target.base_url
        recorded = (Path(one.folder) for one in records() if one.told.get("base_url") == url)
        folders = frozenset((*recorded, *((Path(ca_file).parent,) if ca_file else ())))
        port = urlsplit(url).port or 0
        return cls(mark, port, tuple(sorted({*target.processes(), *listeners(port)})), folders)

    def still_there(self) -> str | None:
        """Return one of them that is still there after a while."""
        deadline = time.monotonic() + GONE_S
        while (left := next(self._left(), None)) is not None and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        return left

    def _left(self) -> Iterator[str]:
        for pid in (*self.pids, *self._marked()):
            with contextlib.suppress(psutil.NoSuchProcess):
                if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                    yield f"process {pid} is still there"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), GONE_S).close()
            yield f"port {self.port} is still in use"
        yield from (f"{folder} is still there" for folder in self.folders if folder.exists())

    def _marked(self) -> Iterator[int]:
        """Yield the processes that have inherited the mark, even without their parents."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if self.mark in process.environ():
                    yield process.pid


def listeners(port: int) -> list[int]:
    """Return the processes that listen on a port, as far as they are visible."""
    return [
        one.pid
        for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port and one.pid is not None
    ]
