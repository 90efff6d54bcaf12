"""The control channel of the target's process: commands and answers as JSON lines."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from servers.embedded.log import Log
from servers.embedded.service import Service

__all__ = ["Control"]

_STDIN, _STDOUT = 0, 1


class Control:
    """The process's end of the channel. ``end`` is set when the parent is gone."""

    def __init__(
        self, service: Service, loop: asyncio.AbstractEventLoop, end: asyncio.Event
    ) -> None:
        self._service = service
        self._loop = loop
        self._end = end
        self._unread = b""
        self._log: Log | None = None
        self._stalls: set[asyncio.Task[None]] = set()
        self._commands: dict[str, Callable[..., dict[str, Any] | None]] = {
            "counts": self._counts,
            "start_log": self._start_log,
            "stop_log": partial(service.log_to, None),
            "read_log": self._read_log,
            "stall": self._stall,
        }

    def listen(self) -> None:
        """Accept commands from now on."""
        self._loop.add_reader(_STDIN, self._read)

    def _read(self) -> None:
        """Read what the parent wrote; end the process when it has closed the pipe."""
        data = os.read(_STDIN, 65536)
        if not data:
            self._end.set()
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self.say(**self._answer(line))

    def say(self, **message: Any) -> None:
        """Write one complete line; ``_read`` notices if the parent is gone."""
        left = memoryview(json.dumps(message).encode() + b"\n")
        try:
            while left:
                left = left[os.write(_STDOUT, left) :]
        except BrokenPipeError:
            self._end.set()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            arguments = json.loads(line)
            name = str(arguments.pop("do"))
        except (ValueError, TypeError, AttributeError, KeyError):
            arguments, name = {}, line.decode("utf-8", "replace")
        command = self._commands.get(name)
        if command is None:
            return {"error": f"unknown command {name!r}"}
        try:
            return command(**arguments) or {}
        except (TypeError, ValueError, MemoryError) as error:
            return {"error": f"{name}: {error!r}"}

    def _counts(self) -> dict[str, Any]:
        return {"requests": self._service.requests, "connections": self._service.connections}

    def _start_log(self, capacity: int) -> None:
        self._log = Log(capacity)
        self._service.log_to(self._log)

    def _read_log(self) -> dict[str, Any]:
        return {"error": "no log was started"} if self._log is None else self._log.to_json()

    def _stall(self, at_ns: int, length_ns: int) -> None:
        task = self._loop.create_task(self._do_nothing(at_ns, length_ns))
        self._stalls.add(task)
        task.add_done_callback(self._stalls.discard)

    async def _do_nothing(self, at_ns: int, length_ns: int) -> None:
        """Block the event loop, and so the whole server."""
        await self._service.alarm.until(at_ns)
        start_ns = time.monotonic_ns()
        time.sleep(length_ns / 10**9)
        if self._service.log is not None:
            self._service.log.stalls.add(start_ns, time.monotonic_ns())
