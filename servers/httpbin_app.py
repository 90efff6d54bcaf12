"""httpbin's application, which also tells who answers: for gunicorn's processes, not for ours.

A copy of this file lies beside gunicorn's configuration, so that containers need nothing of clientbench. It
imports the standard library and httpbin alone.
"""

from __future__ import annotations

import json
import logging
import mmap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["make", "post_fork", "post_worker_init"]

_SLOTS = 512


class Workers:
    """What all worker processes know. To be made before these are forked, which share its memory."""

    def __init__(self) -> None:
        self._requests = memoryview(mmap.mmap(-1, 8 * _SLOTS)).cast("Q")
        self._ready = mmap.mmap(-1, _SLOTS)
        self._own = 0

    def belong_to(self, worker: int) -> None:
        """Count as this worker from now on: each has a slot of its own, so that none needs a lock."""
        self._own = worker % _SLOTS

    def serve(self) -> None:
        """This one can answer now."""
        self._ready[self._own] = 1

    def ready(self) -> int:
        """How many can answer, or could."""
        return sum(self._ready[:])

    def count(self) -> None:
        """One more request."""
        self._requests[self._own] += 1

    def requests(self) -> int:
        """Of all workers, also of those that have ended."""
        return sum(self._requests)


_workers = Workers()


def post_fork(_arbiter: Any, worker: Any) -> None:
    """gunicorn's hook: ``worker.age`` is its number among all that were ever started."""
    _workers.belong_to(worker.age)


def post_worker_init(_worker: Any) -> None:
    """gunicorn's hook: httpbin has been loaded."""
    _workers.serve()


def make(instance: str, workers: int) -> WSGIApplication:
    """httpbin's application, whose answers carry ``X-Instance``; ``/health`` and ``/instance`` are ours.

    It is healthy when all of its workers are: the others would start in the middle of a measurement.
    """
    # It warns, once per process, about its landing page.
    logging.getLogger("httpbin.core").setLevel(logging.ERROR)
    from httpbin import app  # noqa: PLC0415  in the workers, after gevent has made its changes

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, [*headers, ("X-Instance", instance)], exc_info)

        if environ.get("PATH_INFO") in ("/health", "/instance"):
            body = json.dumps({"instance": instance, "requests": _workers.requests()}).encode()
            length = str(len(body))
            status = "200 OK" if _workers.ready() >= workers else "503 Service Unavailable"
            start(status, [("Content-Type", "application/json"), ("Content-Length", length)])
            return [body]
        _workers.count()
        answered: Iterable[bytes] = app(environ, start)
        return answered

    return answer
