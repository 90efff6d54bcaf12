"""Bounds of the overhead: a share where a request takes long, a time where it does not."""

from __future__ import annotations

import math

import pytest

from adapters.base import Mode
from benchmarks.overhead import client_figures


def missed(client: str, mode: Mode, ratio: float, plain_us: float) -> bool:
    """Say whether a client misses a bound, with a plain loop of ``plain_us`` per request."""
    logs = [math.log(ratio) - 1e-6, math.log(ratio) + 1e-6]
    return any(one.missed for one in client_figures(client, mode, 1, logs, [plain_us, plain_us]))


@pytest.mark.parametrize(
    ("client", "ratio", "plain_us", "is_missed"),
    [
        ("httpx", 0.98, 300.0, False),
        ("httpx", 0.96, 300.0, True),
        ("rqx", 0.97, 30.0, False),  # 0.93 µs
        ("rqx", 0.96, 30.0, True),  # 1.25 µs
        ("raw", 0.98, 60.0, True),  # held to the time, however long a request takes
        ("pycurl", 0.96, 18.0, False),
        ("pycurl", 0.94, 18.0, True),
        ("null", 0.1, 0.2, False),
    ],
)
def test_a_bound_is_that_of_the_time_of_a_request(
    client: str, ratio: float, plain_us: float, is_missed: bool
) -> None:
    assert missed(client, "sync", ratio, plain_us) == is_missed


def test_a_figure_says_what_the_loop_was_compared_with() -> None:
    (share, _) = client_figures("treq", "async", 16, [0.0, 0.01], [300.0, 300.0])
    assert share.name == "treq:async c=16 throughput, harness ÷ adapter.send"
    (share, _) = client_figures("httpx", "async", 16, [0.0, 0.01], [300.0, 300.0])
    assert share.name == "httpx:async c=16 throughput, harness ÷ plain"
