"""Conditions share the blocks of rounds: a drift of the machine hits all of them alike."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.cli.command import clientbench, recording

CLIENTS = ("raw:sync", "urllib3")
ROUNDS = 2


def test_conditions_are_interleaved_in_the_same_blocks(tmp_path: Path) -> None:
    words = ("--method", "GET", "--method", "HEAD", "--duration", "6", "--rounds", str(ROUNDS))
    with recording() as server:
        ended = clientbench("compare", *CLIENTS, "--url", server.url, *words, cwd=tmp_path)
    stretches = [method for method, _ in groupby(one.method for one in server.arrived)]

    assert ended.code == 0, ended.err
    # one after the other there would be three in each of four trials of a round: first requests, warm-up, load
    assert len(stretches) > 3 * 4 * ROUNDS + 8
    assert "round 2/2" in ended.err
