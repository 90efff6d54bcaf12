"""A worker that ends too early says why, whenever its end is noticed."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from harness.clients.bundle import Bundle
from harness.machine.processors import Launcher
from harness.measure.workers import WorkerError
from servers.embedded.target import EmbeddedTarget
from tests.trials import Bench, wait_until

LOCKED = """
from adapters.null import Null

class Locked(Null):
    name = "locked"

    def open(self):
        raise RuntimeError("no way in")

ADAPTERS = (Locked,)
"""


@pytest.fixture
def bench() -> Iterator[Bench]:
    launcher, target = Launcher(), EmbeddedTarget()
    with Bundle() as bundle:
        launcher.run(target.start, None)
        target.wait_ready()
        made = Bench(bundle, launcher, target)
        yield made
        made.end()
    target.stop()
    launcher.close()


def test_who_speaks_to_one_that_has_ended_is_told_its_reason(bench: Bench) -> None:
    worker = bench.place.start_asking(bench.foreign("locked", LOCKED))
    try:
        assert wait_until(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE)
        with pytest.raises(WorkerError, match="RuntimeError: no way in"):
            worker.command({"do": "ask"})
    finally:
        worker.end()
        worker.close()
