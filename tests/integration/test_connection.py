"""``--connection``: as many connections as were asked for, by a server's own count."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import adapters
from harness.report.csv_file import to_csv
from harness.store import reading
from tests import plugins
from tests.cli.command import clientbench
from tests.require import is_left_out
from tests.served import served

CLIENTS = [name for name in adapters.BUILTIN if name != "null" and not is_left_out(name)]
SLOTS, REQUESTS = 2, 20
FEW = ("--requests", str(REQUESTS), "--rounds", "1", "--warmup", "0", "--concurrency", str(SLOTS))
PROBE = 1  # of each client, in a process and over a connection of its own

KEEPING = """
from dataclasses import replace

from adapters.stdlib import Stdlib


class Keeping(Stdlib):
    name = "keeping"
    distribution = "python"

    def __init__(self, settings):
        super().__init__(replace(settings, keep_alive=True))

    def send(self, request):
        if not hasattr(self, "plain"):
            self.plain = replace(request, headers={})
        return super().send(self.plain)


ADAPTERS = (Keeping,)
"""


@dataclass
class Counting:
    """What a server of this test has seen."""

    url: str = ""
    connections: int = 0
    said: list[str] = field(default_factory=list)  # the Connection header of each request


@contextmanager
def counting() -> Iterator[Counting]:
    """A server that keeps connections unless a request says that it should not."""
    seen = Counting()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            seen.connections += 1

        def do_GET(self) -> None:
            seen.said.append(", ".join(self.headers.get_all("Connection") or []))
            closing = b"Connection: close\r\n" if self.close_connection else b""
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + closing + b"\r\nok")

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as seen.url:
        yield seen


def run(*words: str | Path, cwd: Path, python: Path | None = None) -> Any:
    ended = clientbench("compare", *words, *FEW, "--json", cwd=cwd, python=python)
    assert ended.code == 0, ended.err
    return ended.json


def kinds(document: Any) -> set[str]:
    return {doubt["kind"] for doubt in document["doubts"]}


def test_every_client_opens_a_connection_for_each_request(tmp_path: Path) -> None:
    with counting() as seen:
        document = run(*CLIENTS, "--url", seen.url, "--connection", "close", cwd=tmp_path)
    assert all(one["error_counts"] == {} for one in document["competitors"])
    sent = sum(one["sent"] for one in document["competitors"]) + document["run"]["prepared"]
    assert seen.connections == len(seen.said) == sent == len(CLIENTS) * (REQUESTS + SLOTS + PROBE)
    assert set(seen.said) == {"close"}
    assert not kinds(document) & {"unequal bytes", "connections differ"}


def test_without_it_every_client_keeps_them(tmp_path: Path) -> None:
    with counting() as seen:
        run(*CLIENTS, "--url", seen.url, cwd=tmp_path)
    assert "close" not in seen.said
    assert seen.connections <= len(CLIENTS) * (2 * SLOTS + PROBE)  # requestx may open a spare one


def test_both_are_compared_on_our_target_which_counts_them(tmp_path: Path) -> None:
    both = ("--connection", "keep-alive", "--connection", "close")
    document = run("raw", "stdlib", *both, cwd=tmp_path)
    asked = {one["label"]: one["connection"] for one in document["competitors"]}
    assert asked == {
        "raw:sync keep-alive": "keep-alive",
        "raw:sync close": "close",
        "stdlib keep-alive": "keep-alive",
        "stdlib close": "close",
    }
    assert "connections differ" not in kinds(document)
    record, trials = reading.show_run(tmp_path / "benchmark_results.db", "latest")
    assert {trial.label: trial.connection for trial in trials} == asked
    rows = csv.DictReader(io.StringIO(to_csv(record, trials)))
    assert {row["label"]: row["connection"] for row in rows} == asked


@pytest.fixture(scope="module")
def plugged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has adapters of other people beside ours."""
    folder = tmp_path_factory.mktemp("plugged")
    stubborn = KEEPING.replace("Keeping", "Stubborn").replace("keeping", "stubborn")
    stubborn = stubborn.replace(
        "    distribution", "    connections = ('keep-alive',)\n    distribution"
    )
    plugins.install(folder, "keeping", source=KEEPING)
    plugins.install(folder, "stubborn", source=stubborn)
    return plugins.environment(folder / "venv", folder)


def test_who_keeps_them_all_the_same_is_named_in_grave_warnings(
    plugged: Path, tmp_path: Path
) -> None:
    words = ("raw", "keeping", "--connection", "close")
    document = run(*words, cwd=tmp_path, python=plugged)
    doubts = {doubt["kind"]: doubt for doubt in document["doubts"]}
    assert doubts["connections differ"]["subject"] == "keeping"
    assert re.fullmatch(
        r"it opened 0 connections for \d+ requests in round 1, "
        "but --connection close means one for each request",
        doubts["connections differ"]["message"],
    )
    assert doubts["unequal bytes"]["subject"] == "keeping"
    assert "it sends Connection 0 times" in doubts["unequal bytes"]["message"]


def test_who_cannot_is_refused_by_name(plugged: Path, tmp_path: Path) -> None:
    words = ("compare", "raw", "stubborn", "--connection", "close", *FEW)
    ended = clientbench(*words, cwd=tmp_path, python=plugged)
    assert ended.code == 2
    assert ended.err == (
        "clientbench: --connection: stubborn cannot use a connection for each request; "
        "accepted: clients that can (see `clientbench clients`)\n"
    )


def test_the_list_of_clients_says_who_can(plugged: Path, tmp_path: Path) -> None:
    listed = clientbench("clients", "--json", cwd=tmp_path, python=plugged).json
    able = {
        one["name"]: one["modes"] for one in listed["clients"] if one["name"] in ("raw", "stubborn")
    }
    assert able["raw"]["sync"]["connections"] == ["keep-alive", "close"]
    assert able["stubborn"]["sync"]["connections"] == ["keep-alive"]
    shown = clientbench("clients", cwd=tmp_path, python=plugged).out.splitlines()
    (raw,) = (line for line in shown if line.startswith("raw "))
    (stubborn,) = (line for line in shown if line.startswith("stubborn "))
    assert "close" in raw
    assert "close" not in stubborn
