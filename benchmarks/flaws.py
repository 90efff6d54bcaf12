"""Ways to compare aiohttp with httpx:async: the sound one, and others with one flaw each.

What the product can be told to do, it measures itself, as a command of its own. What it refuses to
do is done by ``flawed_loops``, in a fresh process per client on the workers' CPUs, in alternating
slices, against an embedded target as well.
"""

from __future__ import annotations

import functools
import json
import math
import operator
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.flawed_loops import SLOTS, Done, Loop, Name
from benchmarks.loop_process import PATIENCE_S, LoopProcess, NoDataError
from harness.selftest.stand import Stand

__all__ = ["ROWS", "Kind", "Row", "Turn"]

CLIENTS = ("aiohttp", "httpx:async")
ROUNDS, PRODUCT_S, PRODUCT_WARMUP_S = 2, 1.0, 0.2  # per client; the warm-up in each round
LOOP_WARMUP_S, SLICE_S, QUADS = 0.15, 0.125, 2  # two slices of each client to a quad
FEW = 100  # requests of a benchmark that is "done quickly"
LARGE = f"/drip?numbytes={2**20}&duration=0"
WAIT = "/wait?constant=20ms"

Kind = Literal["sound", "factor", "control", "flaw"]
Document = dict[str, Any]


@dataclass
class Turn:
    """The conditions of a turn, and the rates of both clients in its last sound comparison."""

    stand: Stand
    scale: float
    rates: tuple[float, float] = (0.0, 0.0)

    def compare(self, *words: object) -> Document:
        """A command of the product, and its result as JSON. Raises ``NoDataError``."""
        with tempfile.TemporaryDirectory() as folder:
            options = {
                "--duration": PRODUCT_S * self.scale,
                "--rounds": ROUNDS,
                "--warmup": PRODUCT_WARMUP_S,
                "--baseline": CLIENTS[1],
                "--db": Path(folder) / "spread.db",
            }
            command = ["-m", "harness", "compare", *CLIENTS, "--json", *words]
            command += [word for pair in options.items() for word in pair]
            document: Document = json.loads(self._output(*command))
        return document

    def _output(self, *words: object) -> str:
        """Run our interpreter at normal priority; we have lowered ours."""
        start = functools.partial(
            subprocess.run, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        try:
            done = self.stand.launcher.run(start, [sys.executable, *map(str, words)])
        except subprocess.TimeoutExpired as error:
            raise NoDataError(f"not done after {PATIENCE_S:g} s") from error
        if done.returncode or not done.stdout:
            raise NoDataError(done.stderr.strip().rpartition("\n")[2] or "no output")
        return str(done.stdout)


@dataclass(frozen=True)
class Row:
    """One way to compare the two."""

    kind: Kind
    name: str
    what: str
    ratio: Callable[[Turn], float]  # raises NoDataError
    of_control: str = ""  # the ratio to compare it with, unless the sound one


def _product(
    *words: object,
    concurrency: int = SLOTS,
    metric: Literal["throughput", "p50"] = "throughput",
) -> Callable[[Turn], float]:
    """By the product. A ratio of latencies is turned round: more is aiohttp's advantage as well."""

    def measure(turn: Turn) -> float:
        ratio = _ratio(turn.compare("--concurrency", concurrency, *words), metric)
        return ratio if metric == "throughput" else 1 / ratio

    return measure


def _ratio(document: Document, metric: str) -> float:
    found = [one["ratio"] for one in document["comparisons"] if one["metric"] == metric]
    if not found or found[0] is None:
        raise NoDataError("; ".join(doubt["message"] for doubt in document["doubts"]))
    return float(found[0])


def _sound(turn: Turn) -> float:
    """By the product; it tells the rows with a rate what the two can do."""
    document = turn.compare("--concurrency", SLOTS)
    ratio = _ratio(document, "throughput")
    rates = {one["label"]: one["requests_per_second"] for one in document["competitors"]}
    turn.rates = rates[CLIENTS[0]], rates[CLIENTS[1]]
    return ratio


def _below_both(turn: Turn) -> float:
    return _product("--rate", round(min(turn.rates) / 2))(turn)


def _between_both(turn: Turn) -> float:
    return _product("--rate", round(math.sqrt(math.prod(turn.rates))), metric="p50")(turn)


def _loops(
    aiohttp: dict[str, Any] | None = None,
    httpx: dict[str, Any] | None = None,
    *,
    path: str = "/",
    by: Literal["throughput", "latency"] = "throughput",
    counts_errors: bool = False,
) -> Callable[[Turn], float]:
    """By flawed loops, which differ from sound ones in what is said of each client; slices
    alternate.
    """

    def measure(turn: Turn) -> float:
        stand, base_url = turn.stand, turn.stand.target.base_url
        ours = replace(Loop("aiohttp", base_url, path), **aiohttp or {})
        theirs = replace(Loop("httpx", base_url, path), **httpx or {})
        with LoopProcess(stand, ours) as a, LoopProcess(stand, theirs) as b:
            for process in (a, b):
                process.run(LOOP_WARMUP_S)
            order = (a, b, b, a) * QUADS
            slices = [(process, process.run(SLICE_S * turn.scale)) for process in order]
        x, y = (_sum(done for where, done in slices if where is process) for process in (a, b))
        if counts_errors != bool(x.wrong or y.wrong):
            raise NoDataError(f"errors: {x.wrong | y.wrong}")
        return x.per_second / y.per_second if by == "throughput" else y.latency_ns / x.latency_ns

    return measure


def _sum(slices: Iterable[Done]) -> Done:
    return functools.reduce(operator.add, slices)


def _one_after_the_other(*clients: Name) -> Callable[[Turn], float]:
    """Both in one process, cold, once, in this order."""

    def measure(turn: Turn) -> float:
        loops = [Loop(client, turn.stand.target.base_url) for client in clients]
        with LoopProcess(turn.stand, *loops) as process:
            done = {
                client: process.run(PATIENCE_S, FEW, index) for index, client in enumerate(clients)
            }
        return done["aiohttp"].per_second / done["httpx"].per_second

    return measure


BIG = "control, 1 MiB"
ONE: dict[str, Any] = {"connections": 1}
NOT_KEPT: dict[str, Any] = {"kept": False}
ANEW: dict[str, Any] = {"shared": False}
TO_HEADERS: dict[str, Any] = {"to_headers": True}
UNREAD: dict[str, Any] = {"to_headers": True, "reads": False}
LIMITED: dict[str, Any] = {"path": "/status/429"}
GONE: dict[str, Any] = {"base_url": "http://127.0.0.1:1"}  # nobody has listened there for decades
FOLLOWS: dict[str, Any] = {"follows": True}

SOUND = f"`clientbench compare`, concurrency {SLOTS}"
ROWS = (
    Row("sound", "sound, before", SOUND, _sound),
    Row("factor", "concurrency 1", "as sound", _product(concurrency=1)),
    Row("factor", "concurrency 100", "as sound", _product(concurrency=100)),
    Row("control", "control", "the loops of the rows below, without a flaw", _loops()),
    Row(
        "flaw",
        "server-bound target",
        "httpbin under gunicorn instead of the embedded target",
        _product("--target", "httpbin", "--url", "/get"),
    ),
    Row(
        "flaw",
        "server-bound target",
        "the target waits 20 ms before every answer",
        _product("--url", WAIT),
    ),
    Row("flaw", "unequal pools", "one connection for httpx, ten for aiohttp", _loops(None, ONE)),
    Row(
        "flaw",
        "unequal pools",
        "the same, and the target waits 20 ms before every answer",
        _loops(None, ONE, path=WAIT),
    ),
    Row("flaw", "unequal pools", "one connection for aiohttp, ten for httpx", _loops(ONE, None)),
    Row("flaw", "unequal pools", "httpx connects for every request", _loops(None, NOT_KEPT)),
    Row("flaw", "unequal pools", "aiohttp connects for every request", _loops(NOT_KEPT, None)),
    Row(
        "control",
        BIG,
        "bodies of 1 MiB; mean latency, to the body's last byte",
        _loops(path=LARGE, by="latency"),
    ),
    Row(
        "flaw",
        "latency to headers",
        "bodies of 1 MiB; aiohttp's clock stops at the headers, httpx's after the body",
        _loops(TO_HEADERS, None, path=LARGE, by="latency"),
        BIG,
    ),
    Row(
        "flaw",
        "latency to headers",
        "bodies of 1 MiB; both clocks stop at the headers, bodies are left unread",
        _loops(UNREAD, UNREAD, path=LARGE, by="latency"),
        BIG,
    ),
    Row(
        "flaw",
        "client construction timed",
        "a new `AsyncClient` for every request, one `ClientSession` for all",
        _loops(None, ANEW),
    ),
    Row(
        "flaw",
        "client construction timed",
        "a new `ClientSession` for every request, one `AsyncClient` for all",
        _loops(ANEW, None),
    ),
    Row("flaw", "client construction timed", "both new for every request", _loops(ANEW, ANEW)),
    Row(
        "flaw",
        "errors counted",
        "answers wait 20 ms; a rate limit has set in for aiohttp, whose 429 come at once",
        _loops(LIMITED, None, path=WAIT, counts_errors=True),
    ),
    Row(
        "flaw",
        "errors counted",
        "the server is gone when it is httpx's turn: connections refused, exceptions counted",
        _loops(None, GONE, counts_errors=True),
    ),
    Row(
        "flaw",
        "errors counted",
        "the server is gone when it is aiohttp's turn",
        _loops(GONE, None, counts_errors=True),
    ),
    Row(
        "flaw",
        "errors counted",
        "the URL redirects: aiohttp follows by default, for httpx the 302 is the answer",
        _loops(FOLLOWS, None, path="/redirect/1", counts_errors=True),
    ),
    Row(
        "flaw",
        "fixed order",
        f"one process, one trial of {FEW} requests, no warm-up; aiohttp first",
        _one_after_the_other("aiohttp", "httpx"),
    ),
    Row(
        "flaw",
        "fixed order",
        "the same, httpx first",
        _one_after_the_other("httpx", "aiohttp"),
    ),
    Row(
        "flaw",
        "open loop for closed",
        "`--rate` half of what httpx can; achieved rate",
        _below_both,
    ),
    Row(
        "flaw",
        "open loop for closed",
        "`--rate` between what the two can; median response time",
        _between_both,
    ),
    Row("sound", "sound, after", SOUND, _sound),
)
