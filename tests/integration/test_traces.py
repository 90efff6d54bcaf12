"""Traced requests: found again, one to one, in what the target saw; and where their time went."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.base import Settings
from adapters.trace import POINTS
from harness.records.model import TrialSummary
from harness.records.phases import phases
from harness.worker.tracing import TRACE_COLUMNS
from tests.trials import Bench

CLIENTS = (
    *("raw:sync", "raw:async", "stdlib", "requests", "urllib3", "pycurl"),
    *("httpx:sync", "httpx:async", "aiohttp", "aiohttp:async+uvloop"),
)
Traced = dict[str, int]


def traced(summary: TrialSummary) -> list[Traced]:
    return [dict(zip(TRACE_COLUMNS, row, strict=True)) for row in summary.traces]


@pytest.fixture(params=["http", "https"])
def logging(request: pytest.FixtureRequest, bench: Bench) -> Iterator[Bench]:
    """As ``bench``, on a target that keeps a log of everything."""
    bench.target = request.getfixturevalue(f"{request.param}_target")
    with bench.logging():
        yield bench


@pytest.mark.parametrize("client", CLIENTS)
def test_every_traced_request_is_one_that_the_target_saw(client: str, logging: Bench) -> None:
    settings = Settings(timeout_s=5.0, ca_file=logging.target.ca_file)
    contender = logging.contender(
        client, concurrency=3, processes=2, trace_share=0.5, settings=settings
    )
    summary = logging.run(contender, requests=40).summary()
    seen = {one.id: one for one in logging.target.read_log().requests if one.id}
    found = traced(summary)

    assert (summary.reason, summary.correct) == (None, 40)
    assert 19 <= len(found) <= 21  # each process traces half of its own
    assert len({row["NUMBER"] for row in found}) == len(found)
    assert {row["NUMBER"] for row in found} == set(seen)
    for row in found:
        one = seen[row["NUMBER"]]
        assert row["START"] < one.arrival_ns <= one.end_ns < row["END"]
        assert row["PORT"] in (0, one.port)
        assert (row["OUTCOME"], row["HELD"], row["BATCH"]) == (200, 0, 0)
        passed = [row[point] for point in POINTS if row[point]]
        assert all(row["START"] <= instant <= row["END"] for instant in passed)
        assert one.written_ns <= row["GotFirstResponseByte"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_body_that_takes_its_time_comes_after_the_first_byte(client: str, logging: Bench) -> None:
    settings = Settings(timeout_s=5.0, ca_file=logging.target.ca_file)
    contender = logging.contender(
        client,
        path="/drip?duration=0.2&numbytes=4",
        trace_share=1.0,
        settings=settings,
    )
    summary = logging.run(contender, requests=2).summary()
    seen = {one.id: one for one in logging.target.read_log().requests if one.id}

    assert (summary.reason, len(summary.traces)) == (None, 2)
    for row in traced(summary):
        one = seen[row["NUMBER"]]
        assert one.written_ns <= row["GotFirstResponseByte"] < one.end_ns < row["END"]


def test_without_a_share_nothing_is_traced_and_nothing_is_added(logging: Bench) -> None:
    settings = Settings(timeout_s=5.0, ca_file=logging.target.ca_file)
    summary = logging.run(logging.contender("raw:sync", settings=settings), requests=5).summary()
    assert summary.traces == ()
    assert {one.id for one in logging.target.read_log().requests} == {0}


def row(**values: int) -> tuple[int, ...]:
    return tuple(values.get(name, 0) for name in TRACE_COLUMNS)


def test_phases_leave_out_what_was_not_passed_and_what_was_held() -> None:
    fresh = row(
        **{"START": 1000, "DNSStart": 1010, "DNSDone": 1030, "ConnectStart": 1030},
        **{"ConnectDone": 1100, "TLSHandshakeStart": 1100, "TLSHandshakeDone": 1400},
        **{"GotFirstResponseByte": 2500, "END": 2600, "ARRIVED": 1400, "HELD": 900},
    )
    reused = row(START=5000, GotFirstResponseByte=5300, END=5310)
    failed = row(START=7000, END=7500)
    found = phases([fresh, reused, failed])

    values = {
        name: [value for value, _ in histogram.counted()] for name, histogram in found.items()
    }
    assert values == {
        "dns": [20],
        "tcp": [70],
        "tls": [300],
        "ttfb": [300, 600],
        "transfer": [10, 100],
    }


def test_no_traces_have_no_phases() -> None:
    assert all(histogram.total == 0 for histogram in phases([]).values())
