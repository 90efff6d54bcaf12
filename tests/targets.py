"""Embedded targets for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from servers.embedded.target import EmbeddedTarget


@contextmanager
def running(tls: bool = False) -> Iterator[EmbeddedTarget]:
    """A target that nobody else talks to; afterwards it is gone."""
    target = EmbeddedTarget(tls=tls)
    try:
        target.start()
        target.wait_ready()
        yield target
    finally:
        target.stop()
