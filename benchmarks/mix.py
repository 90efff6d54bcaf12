"""Exactness of a mixture: ten endpoints with shares, at 500 requests per second for a minute.

Each endpoint has a header that numbers it, and the target's log has the number of every request: so
the target says what arrived, not we. Of any second's requests, in the order in which they arrived,
each endpoint must have its share to the request, and over the run what the plan says. ``clientbench
run`` measures each client as a user would; the target is one that it does not know. Pacing has the
bounds of ``benchmarks.pacing``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, report
from harness.machine.processors import Launcher, assign, available
from servers.embedded.target import EmbeddedTarget

RATE, SECONDS = 500, 60
SHARES = (30, 20, 15, 10, 8, 6, 5, 3, 2, 1)  # percent
CLIENTS = ("raw:sync", "pycurl", "aiohttp")
MOST_OFF = 1.0  # requests, from the share of each second
LATEST_US = 1_000.0  # p99 of the start delay
BODY = "x" * 1024


def main() -> int:
    """Measure the clients of the command line, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", default=CLIENTS, help="as `clientbench run` has them")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="fewer, for a try")
    given = parser.parse_args()
    figures: list[Figure] = []
    for client in given.clients:
        figures += _measure(client, given.seconds)
        print(f"{client} done", file=sys.stderr)
    return report("mix" if given.seconds == SECONDS else "mix, a try", figures)


def _measure(client: str, seconds: int) -> list[Figure]:
    launcher, target = Launcher(), EmbeddedTarget()
    cpus = assign(available(), 1, pin=True)
    try:
        launcher.run(target.start, cpus.target)
        target.wait_ready()
        target.start_log(RATE * seconds + 1_000)
        trial = _run(client, target.base_url, seconds)
        numbers = [
            one.id for one in sorted(target.read_log().requests, key=lambda one: one.arrival_ns)
        ]
    finally:
        target.stop()
        launcher.close()
    return [*_counts(client, trial, numbers, seconds), _lag(client, trial)]


def _run(client: str, url: str, seconds: int) -> dict[str, Any]:
    """Measure one client; return its trial, as JSON has it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.toml"
        path.write_text(_scenario(), "utf-8")
        words = ["run", str(path), client, "--url", url, "--duration", str(seconds), "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "harness", *words, "--db", str(Path(folder) / "results.db")],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    (trial,) = json.loads(done.stdout)["trials"]
    return dict(trial)


def _scenario() -> str:
    lines = [f"rate = {RATE}", "rounds = 1", "warmup = 0", "concurrency = 16", "seed = 1"]
    for number, share in enumerate(SHARES, 1):
        lines += [
            "[[endpoint]]",
            f'name = "{number}"',
            f'share = "{share}%"',
            f'path = "/?{number}"',
        ]
        lines += ['method = "POST"', f'body = "{BODY}"']
        lines.append(f'headers = {{ "X-Request-Id" = "{number}" }}')
    return "\n".join(lines)


def _counts(client: str, trial: dict[str, Any], numbers: list[int], seconds: int) -> list[Figure]:
    uncounted = len(numbers) - trial["population"]  # all before: a try of each, first requests
    measured = numbers[uncounted:]
    found, told = Counter(measured), {one["name"]: one["population"] for one in trial["endpoints"]}
    planned = {number: RATE * seconds * share // 100 for number, share in enumerate(SHARES, 1)}
    differing = sum(abs(found[number] - planned[number]) for number in planned)
    untold = sum(abs(found[number] - told[str(number)]) for number in planned)
    off = max(
        abs(measured[RATE * second : RATE * (second + 1)].count(number) - RATE * share / 100)
        for second in range(seconds)
        for number, share in enumerate(SHARES, 1)
    )
    detail = f"{len(measured):,} requests after {uncounted} that do not count"
    return [
        Figure(f"{client}: requests beside the plan", differing, 0, "lower", "", detail),
        Figure(f"{client}: requests beside our counts", untold, 0, "lower", ""),
        Figure(f"{client}: most off its share in a second", off, MOST_OFF, "lower", "requests"),
    ]


def _lag(client: str, trial: dict[str, Any]) -> Figure:
    lag = trial["open_loop"]["pacer_lag_ns"]["p99"] / 1e3
    return Figure(f"{client}: p99 of the start delay", lag, LATEST_US, "lower", "µs")


if __name__ == "__main__":
    sys.exit(main())
