"""Answers whose status was not expected: counted by status, and one of them is kept."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import adapters
from harness.report.statuses import unexpected_statuses
from harness.store import reading
from tests.cli.command import clientbench
from tests.require import is_left_out
from tests.served import served

SECRET = "hush-hush-hush"
BLOCKED = b"\x1b[31mblocked: " + SECRET.encode() + b"\n" + b"x" * 1000
CLIENTS = [
    name for name in adapters.BUILTIN if name not in ("null", "raw") and not is_left_out(name)
]
LOADS = (
    ("--requests", "60", "--concurrency", "2"),
    ("--rate", "200", "--duration", "0.4", "--concurrency", "2"),
    ("--rate", "200", "--duration", "0.4", "--start", "per-request"),
)


class Blocking:
    """A server that answers so many requests, and blocks all after them."""

    def __init__(self, answers: int) -> None:
        self.answers = answers
        self.arrived = 0
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[None]:
        numbers = itertools.count(1)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(handler: BaseHTTPRequestHandler) -> None:  # noqa: N805
                self.arrived = next(numbers)
                status, body = (200, b"ok") if self.arrived <= self.answers else (403, BLOCKED)
                handler.send_response(status)
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(handler, format: str, *args: object) -> None:  # noqa: N805
                """Nobody reads it."""

        with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as self.url:
            yield


def run(server: Blocking, *words: str, cwd: Path) -> Any:
    headers = ("--header", f"Cookie: {SECRET}")
    ended = clientbench(
        *("compare", *words, "--url", server.url, *headers, "--json"),
        cwd=cwd,
    )
    assert ended.code == 0, ended.err
    assert SECRET not in ended.out
    return ended.json


@pytest.mark.parametrize("load", LOADS, ids=["closed", "fixed-workers", "per-request"])
def test_one_is_kept_of_those_that_came_under_load(load: tuple[str, ...], tmp_path: Path) -> None:
    server = Blocking(answers=4)
    clients = ("httpx:async", "requests")
    with server.running():
        document = run(server, *clients, *load, "--rounds", "2", cwd=tmp_path)

    sent = sum(one["sent"] for one in document["competitors"]) + document["run"]["prepared"]
    assert server.arrived == sent  # not one more, to see what it looks like
    for one in document["competitors"]:
        counts = {int(status): count for status, count in one["status_counts"].items()}
        assert counts.keys() <= {200, 403} and counts[403] > 1
        assert one["error_counts"]["status"] == counts[403]
        answer = one["unexpected_answer"]
        assert answer["status"] == 403
        assert answer["beginning"].startswith("\\x1b[31mblocked: ***")
        assert 100 < len(answer["beginning"]) <= 200

    record, trials = reading.show_run(tmp_path / "benchmark_results.db", "latest")
    for found, one in zip(
        unexpected_statuses(record, trials), document["competitors"], strict=True
    ):
        assert found.label == one["label"]
        assert str(found) == f"403 × {one['status_counts']['403']:,}"
        assert found.answer is not None
        assert found.answer.beginning == one["unexpected_answer"]["beginning"]


def test_every_client_shows_one(tmp_path: Path) -> None:
    server = Blocking(answers=len(CLIENTS))  # what each asks before anything is measured
    # no warm-up comes before a count at somebody's server: the first round is over when it is known
    words = (*CLIENTS, "--requests", "4", "--rounds", "2", "--concurrency", "1")
    with server.running():
        document = run(server, *words, cwd=tmp_path)
    shown = {one["label"]: one["unexpected_answer"] for one in document["competitors"]}
    assert {label for label, answer in shown.items() if answer is None} == set()
    assert server.arrived == len(CLIENTS) * (1 + 2 * (1 + 2))


def test_the_answer_to_a_refused_client_is_kept(tmp_path: Path) -> None:
    server = Blocking(answers=0)
    with server.running():
        words = ("compare", "null", "requests", "--url", server.url, "--requests", "4", "--json")
        ended = clientbench(*words, "--rounds", "1", cwd=tmp_path)
    by_label = {one["label"]: one for one in json.loads(ended.out)["competitors"]}
    assert by_label["requests"]["state"] == "failed"
    assert by_label["requests"]["unexpected_answer"]["status"] == 403
    assert by_label["null:sync"]["unexpected_answer"] is None
    assert server.arrived == 1
    record, trials = reading.show_run(tmp_path / "benchmark_results.db", "latest")
    assert list(map(str, unexpected_statuses(record, trials))) == ["403 × 1"]


def test_a_run_that_was_given_what_it_expected_keeps_none(tmp_path: Path) -> None:
    server = Blocking(answers=10_000)
    with server.running():
        document = run(server, "requests", "--requests", "20", cwd=tmp_path)
    assert document["competitors"][0]["unexpected_answer"] is None
    record, trials = reading.show_run(tmp_path / "benchmark_results.db", "latest")
    assert unexpected_statuses(record, trials) == ()
