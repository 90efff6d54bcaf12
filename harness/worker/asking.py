"""One request of a client before the measurement, to see its request and its answer.

Nothing here runs in a measured process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from adapters.base import ENDING, BaseAdapter, Request, causes
from harness.worker.job import Events, Job, described
from harness.worker.mix import read_mix
from harness.worker.peeking import plain
from harness.worker.slots import Command, new_session

__all__ = ["run_asking"]


def run_asking(
    job: Job, adapter: type[BaseAdapter], events: Events, commands: Iterator[Command]
) -> None:
    """Answer each ``{"do": "ask", ...}`` with the result of one request, until a close command.

    A command names one of the job's requests by its place. It may have another ``url`` and other
    ``headers``, and ``peek`` to get the start of the body as well. One with a ``unix_path`` uses a
    separate session.
    """
    requests = read_mix(job.mix_fd).requests
    with _waiting(job) as wait:
        session = new_session(adapter, job.settings, 1)
        wait(session.open())
        for command in commands:
            if command["do"] == "close":
                break
            changes = {k: v for k, v in command.items() if k in ("url", "headers")}
            request = replace(requests[command["request"]], **changes)
            ask = _peeked if command.get("peek") else _asked
            asked = session
            if "unix_path" in command:
                settings = replace(job.settings, unix_path=command["unix_path"])
                asked = new_session(adapter, settings, 1)
                wait(asked.open())
            events.send("answer", **_told(asked, partial(ask, asked, request, wait)))
            if asked is not session:
                wait(asked.close())
        wait(session.close())


@contextlib.contextmanager
def _waiting(job: Job) -> Iterator[Callable[[Any], Any]]:
    """Return the result of a call of either mode."""
    if job.mode == "sync":
        yield lambda result: result
        return
    from adapters.runners import new_runner  # noqa: PLC0415  brings asyncio

    with new_runner(job.loop) as runner:
        yield runner.run


def _asked(session: Any, request: Request, wait: Callable[[Any], Any]) -> dict[str, Any]:
    status, length = wait(session.send(request))
    return {"status": status, "length": length}


def _peeked(session: Any, request: Request, wait: Callable[[Any], Any]) -> dict[str, Any]:
    status, length, beginning = wait(session.peek(request))
    return {"length": length, **plain(status, beginning)}


def _told(session: Any, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return ask()
    except ENDING:
        raise
    except BaseException as error:
        return {
            "kind": session.classify(error),
            "message": described(error),
            "reason": _reason(error),
        }


def _reason(error: BaseException) -> str | None:
    """Return the system's error message, if the system caused the error."""
    said = (one.strerror for one in causes(error) if isinstance(one, OSError))
    return next(filter(None, said), None)
