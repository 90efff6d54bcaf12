"""Targets for a benchmark, on one core."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from harness.measure.targets import make_target
from servers.base import Target
from servers.spec import TargetSpec

__all__ = ["running"]


@contextlib.contextmanager
def running(specs: Sequence[TargetSpec], core: int) -> Iterator[list[Target]]:
    """Yield all targets, ready. Raises ``TargetError``."""
    with contextlib.ExitStack() as stack:
        targets = []
        for spec in specs:
            target = make_target(spec)
            stack.callback(target.stop)
            target.start(cpus=[core])
            target.wait_ready()
            targets.append(target)
        yield targets
