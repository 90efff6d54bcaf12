"""Slow tails on real servers: slices grow, or there is no verdict; and nothing is sent for that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.tail_server import Tail, serving
from harness.machine.processors import available
from tests.cli.command import clientbench

CLIENTS = ("raw:sync", "raw:async")


def compared(tmp_path: Path, tail: Tail, *words: str) -> Any:
    with serving(tail, available()[0]) as url:
        ended = clientbench("compare", *CLIENTS, "--target", url, *words, "--json", cwd=tmp_path)
    assert ended.code == 0, ended.err
    return ended.json


@pytest.mark.alone
def test_slices_grow_until_they_hold_the_tail(tmp_path: Path) -> None:
    """One answer in 200 takes 50 ms: ten slots get 40,000 requests/s of it, and no more."""
    found = compared(tmp_path, Tail(200, 0.05), "--duration", "6", "--rounds", "3")

    for one in found["competitors"]:
        assert one["requests_per_second"] < 10 * 200 / 0.05 * 1.1
    slices = [one for trial in found["trials"] for one in trial["slices"]]
    assert max(one["end_ns"] - one["start_ns"] for one in slices) > 100_000_000
    waited, measured = (
        sum(one["drain_ns"] for one in slices),
        sum(one["end_ns"] - one["start_ns"] for one in slices),
    )
    assert waited <= 0.06 * measured
    assert "slow tail" not in {doubt["kind"] for doubt in found["doubts"]}
    # two seconds a round were asked for, and that is what the server got
    for trial in found["trials"]:
        assert trial["window_ns"] <= 2_000_000_000


@pytest.mark.parametrize("metric", ["throughput", "p99"])
def test_where_a_round_is_too_short_there_is_no_verdict(metric: str, tmp_path: Path) -> None:
    found = compared(tmp_path, Tail(200, 0.4), "--duration", "1", "--rounds", "2")

    (doubt, *_) = (one for one in found["doubts"] if one["kind"] == "slow tail")
    assert "about --duration " in doubt["remedy"]
    (judged,) = (one for one in found["comparisons"] if one["metric"] == metric)
    assert (judged["verdict"], judged["reason"]) == (None, "slow tail")
