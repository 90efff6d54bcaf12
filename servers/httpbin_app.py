"""httpbin's application with counts and instance names; it runs in gunicorn's processes.

A copy of this file is put next to gunicorn's configuration, so that containers need nothing else of
clientbench. It imports only the standard library and httpbin.
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
    """Counters shared by all worker processes. Create it before they are forked."""

    def __init__(self) -> None:
        self._requests = memoryview(mmap.mmap(-1, 8 * _SLOTS)).cast("Q")
        self._ready = mmap.mmap(-1, _SLOTS)
        self._own = 0

    def belong_to(self, worker: int) -> None:
        """Count as this worker from now on. Each worker has its own slot, so no lock is needed."""
        self._own = worker % _SLOTS

    def serve(self) -> None:
        """Note that this worker can answer now."""
        self._ready[self._own] = 1

    def ready(self) -> int:
        """Return how many workers are or were ready."""
        return sum(self._ready[:])

    def count(self) -> None:
        """Count one request."""
        self._requests[self._own] += 1

    def requests(self) -> int:
        """Return the requests of all workers, including those that have ended."""
        return sum(self._requests)


_workers = Workers()


def post_fork(_arbiter: Any, worker: Any) -> None:
    """Register a new worker (hook of gunicorn); ``worker.age`` numbers all workers ever started."""
    _workers.belong_to(worker.age)


def post_worker_init(_worker: Any) -> None:
    """Note that httpbin is loaded (hook of gunicorn)."""
    _workers.serve()


def make(instance: str, workers: int) -> WSGIApplication:
    """Return httpbin's application with ``X-Instance``, ``/health`` and ``/instance``.

    It is healthy when all of its workers are: otherwise some would start during a measurement.
    """
    # It warns about its landing page, once per process.
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
