"""Targets for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from servers.base import Target, TargetError
from servers.embedded.target import EmbeddedTarget

T = TypeVar("T", bound=Target)


@contextmanager
def running(tls: bool = False) -> Iterator[EmbeddedTarget]:
    """An embedded target that nobody else talks to; afterwards it is gone."""
    with started(EmbeddedTarget(tls=tls)) as target:
        yield target


@contextmanager
def started(target: T) -> Iterator[T]:
    """This target, ready; afterwards it is gone."""
    try:
        target.start()
        target.wait_ready()
        yield target
    finally:
        target.stop()


def refusal(target: Target) -> str:
    """Why this one cannot be started, in its one line."""
    with pytest.raises(TargetError) as refused, started(target):
        pass
    (line,) = str(refused.value).splitlines()
    return line
