"""An answer without end, and a client that reads bodies whole: an error of its kind, in a worker that lives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.base import Request, Settings
from benchmarks.hostile_behaviours import MIB
from benchmarks.hostile_server import HostileServer, running
from harness.measure import place
from harness.measure.rules import Rules
from harness.worker.memory import OUT_OF_MEMORY
from tests.require import require_client
from tests.trials import EXPECTED, Bench

MOST = 4 * MIB
SPARE = 40 * MIB  # what the server sends in all is more


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileServer]:
    with running(tmp_path_factory.mktemp("hostile")) as server:
        yield server


@pytest.mark.parametrize("selector", ["requests", "httpx:async", "aiohttp", "urllib3", "stdlib"])
def test_the_memory_of_a_worker_ends_what_the_library_does_not(
    selector: str, bench: Bench, hostile: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "SPARE_BYTES", SPARE)
    trial = bench.ready(contender(bench, selector, hostile.url("endless-chunks")))
    reason = str(trial.summary().reason)
    assert reason.startswith("no first request succeeded: body ("), reason
    assert OUT_OF_MEMORY in reason or selector == "aiohttp"  # which wraps what has no text


def test_a_library_that_aborts_its_process_is_named_for_what_it_lacked(
    bench: Bench, hostile: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_client("requestx")
    monkeypatch.setattr(place, "SPARE_BYTES", SPARE)
    trial = bench.ready(contender(bench, "requestx:async", hostile.url("body-beyond-limit")))
    assert OUT_OF_MEMORY in str(trial.summary().reason)


def test_what_is_within_the_limit_is_read(
    bench: Bench, hostile: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "SPARE_BYTES", SPARE)
    trial = bench.ready(contender(bench, "requests", hostile.good("endless-chunks", MOST)))
    assert not trial.over, trial.summary().reason


def contender(bench: Bench, selector: str, url: str) -> place.Contender:
    return bench.contender(
        selector,
        request=Request("GET", url),
        settings=Settings(timeout_s=10.0, max_body_bytes=MOST),
        rules=Rules(EXPECTED, None, 10**10, MOST),
        concurrency=1,
    )
