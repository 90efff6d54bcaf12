"""A worker that ends too early says why, whenever its end is noticed."""

from __future__ import annotations

import psutil
import pytest

from harness.measure.workers import WorkerError
from tests.trials import Bench, wait_until

LOCKED = """
from adapters.null import Null

class Locked(Null):
    name = "locked"

    def open(self):
        raise RuntimeError("no way in")

ADAPTERS = (Locked,)
"""


def test_who_speaks_to_one_that_has_ended_is_told_its_reason(bench: Bench) -> None:
    worker = bench.place.start_asking(bench.foreign("locked", LOCKED))
    try:
        assert wait_until(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE)
        with pytest.raises(WorkerError, match="RuntimeError: no way in"):
            worker.command({"do": "ask"})
    finally:
        worker.end()
        worker.close()
