"""What a server of somebody's gets: what was asked for, counted by a server of this test."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Recording, clientbench, recording

CLIENTS = ("raw:sync", "aiohttp")
SLOTS, ROUNDS = 3, 2
TRIALS = len(CLIENTS) * ROUNDS
# each client is asked once before the first round, and again where their answers differ
PREPARATION = 2 * len(CLIENTS)
WARMUP_S = 0.1


def compared(tmp_path: Path, *words: str) -> tuple[Recording, dict[str, Any]]:
    """What arrived, and the document of the run."""
    fixed = ("--concurrency", str(SLOTS), "--warmup", str(WARMUP_S), "--seed", "1", "--json")
    with recording() as server:
        address = ("--target", server.url)
        ended = clientbench("compare", *CLIENTS, *address, *words, *fixed, cwd=tmp_path)
    assert ended.code == 0, ended.err
    return server, ended.json


def counts(document: dict[str, Any]) -> tuple[int, int]:
    """Requests counted and sent, by the document."""
    competitors = document["competitors"]
    assert all(one["uncounted"] == one["sent"] - one["population"] for one in competitors)
    return sum(one["population"] for one in competitors), sum(one["sent"] for one in competitors)


def test_an_open_loop_sends_what_was_asked_for_at_the_rate_asked_for(tmp_path: Path) -> None:
    rate, duration = 50, 1.2
    words = ("--rate", str(rate), "--duration", str(duration), "--rounds", str(ROUNDS))
    server, document = compared(tmp_path, *words)
    counted, sent = counts(document)

    assert counted == len(CLIENTS) * rate * duration
    uncounted = TRIALS * (SLOTS + rate * WARMUP_S + 2)  # lead-ins of 5 ms have one at most
    assert counted + TRIALS * SLOTS < sent <= counted + uncounted
    assert sent <= len(server.arrived) <= sent + PREPARATION
    # in any second: those due, and those of both edges of a phase
    assert server.most_within(1) <= rate + PREPARATION + 3


def test_a_closed_loop_sends_nothing_but_its_load(tmp_path: Path) -> None:
    server, document = compared(tmp_path, "--duration", "0.4", "--rounds", str(ROUNDS))
    counted, sent = counts(document)

    assert counted + TRIALS * SLOTS < sent
    assert sent <= len(server.arrived) <= sent + PREPARATION
    # nothing runs beside it: before the first round there is the preparation alone
    assert document["run"]["ceilings"] == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_count_is_a_count(method: str, tmp_path: Path) -> None:
    words = ("--requests", "40", "--rounds", str(ROUNDS), "--method", method)
    server, document = compared(tmp_path, *words)

    assert counts(document) == (80, 80 + TRIALS * SLOTS)
    assert 80 + TRIALS * SLOTS <= len(server.arrived) <= 80 + TRIALS * SLOTS + PREPARATION


@pytest.mark.parametrize(("method", "load"), [("POST", ()), ("DELETE", ("--rate", "40"))])
def test_what_changes_something_is_sent_once_per_connection_and_as_load(
    method: str, load: tuple[str, ...], tmp_path: Path
) -> None:
    words = ("--method", method, "--duration", "0.4", "--rounds", str(ROUNDS), *load)
    server, document = compared(tmp_path, *words)
    counted, sent = counts(document)

    # a slot may begin one as the window ends
    assert 0 <= sent - counted - TRIALS * SLOTS <= (0 if load else TRIALS * SLOTS)
    assert sent <= len(server.arrived) <= sent + PREPARATION
    assert not load or counted == 2 * 40 * 0.4


def test_held_requests_are_sent_once(tmp_path: Path) -> None:
    words = ("--preset", "concurrent-synced-once", "--n", "4", "--delay", "1ms")
    with recording() as server:
        ended = clientbench(
            "load",
            server.url,
            "--client",
            "pycurl",
            *words,
            "--rounds",
            "2",
            "--json",
            cwd=tmp_path,
        )
    assert ended.code == 0, ended.err
    held = sum(one["status_counts"]["200"] for one in ended.json["competitors"])
    assert held == 8
    # their workers have connections of their own beside those of the held ones
    assert held <= len(server.arrived) <= held + 2 * 4 + PREPARATION


def test_one_request_a_second_is_one_request_a_second(tmp_path: Path) -> None:
    with recording() as server:
        words = ("--rate", "1", "--duration", "3", "--rounds", "1", "--client", "raw:sync")
        ended = clientbench("load", server.url, *words, cwd=tmp_path)
    assert ended.code == 0, ended.err
    load_ns = sorted(server.instants_ns)[-3:]
    gaps_s = [(b - a) / 1e9 for a, b in pairwise(load_ns)]
    assert gaps_s == pytest.approx([1, 1], abs=0.5)
