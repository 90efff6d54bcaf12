"""``clientbench compare`` against real servers: proxies as competitors, and what happens when one dies."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.command import clientbench
from tests.cli.under_way import UnderWay
from tests.require import require_software
from tests.trials import wait_until

SHORT = ("--duration", "0.4", "--rounds", "2", "--warmup", "0.05", "--concurrency", "4")
MANY_ROUNDS = ("--duration", "60", "--rounds", "200", "--warmup", "0.02", "--concurrency", "2")


@pytest.fixture(autouse=True)
def nginx() -> None:
    require_software("nginx")


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_targets_are_compared_as_clients_are(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "raw:sync", "--target", "nginx-static", "--target", "nginx"),
        *("--target", "embedded", *SHORT, "--json"),
        cwd=tmp_path,
    )
    assert ended.code == 0, ended.err
    document = ended.json
    assert document["run"]["axis"] == "target"
    assert [one["label"] for one in document["competitors"]] == [
        "raw:sync nginx-static",
        "raw:sync nginx",
        "raw:sync embedded",
    ]
    assert {one["state"] for one in document["competitors"]} == {"complete"}
    assert {one["errors"] for one in document["competitors"]} == {0}
    rates = [one for one in document["comparisons"] if one["metric"] == "throughput"]
    assert [(one["label"], one["baseline"]) for one in rates] == [
        ("raw:sync nginx", "raw:sync nginx-static"),
        ("raw:sync embedded", "raw:sync nginx-static"),
    ]
    assert "counts differ" not in {doubt["kind"] for doubt in document["doubts"]}


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a run through a proxy and past it."""
    folder = tmp_path_factory.mktemp("proxied")
    ended = clientbench(
        *("compare", "raw:sync", "--target", "nginx", "--target", "embedded", "--details", *SHORT),
        cwd=folder,
    )
    assert ended.code == 0, ended.err
    (folder / "out").write_text(ended.out)
    return folder


def test_every_instance_served_its_share(proxied: Path) -> None:
    counts = rows(
        proxied / "benchmark_results.db",
        "SELECT round, requests FROM spreads ORDER BY round, instance",
    )
    for number in (1, 2):
        served = [requests for round_, requests in counts if round_ == number]
        assert len(served) == 3
        assert min(served) > 0.3 * sum(served)  # round robin
    assert (
        "spread: nginx in front of 3 × embedded (native, http): " in (proxied / "out").read_text()
    )


def test_what_the_proxy_costs_is_told_apart(proxied: Path) -> None:
    costs = rows(
        proxied / "benchmark_results.db",
        "SELECT target, proxy_cpu_ns, origin_cpu_ns FROM benchmark_results",
    )
    for target, proxy_ns, origin_ns in costs:
        assert origin_ns > 0
        assert (proxy_ns or 0) > 0 if target == "nginx" else proxy_ns is None
    shown = (proxied / "out").read_text()
    assert "µs of CPU per request in the proxy" in shown
    assert "over raw:sync embedded" in shown


def test_too_few_cores_for_a_proxy_are_visible(proxied: Path) -> None:
    """Proxy, servers behind it and orchestrator share one CPU here, which the client outruns."""
    shares = rows(
        proxied / "benchmark_results.db",
        "SELECT target_cpu_share FROM benchmark_results WHERE target = 'nginx'",
    )
    busy = sum(share for (share,) in shares) / len(shares) >= 0.9
    assert ("server-bound: raw:sync nginx" in (proxied / "out").read_text()) == busy


class Run(UnderWay):
    """A comparison some of whose servers are about to die."""

    def find(self, wanted: Callable[[list[str]], bool]) -> psutil.Process:
        return next(one for one in self.family() if wanted(one.cmdline()))

    def finish(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextmanager
def running(folder: Path, *words: str) -> Iterator[Run]:
    run = Run(folder, "raw:sync", *words)
    try:
        yield run
    finally:
        left = run.family()
        run.end()
        psutil.wait_procs(left, timeout=10)


def test_a_run_goes_on_when_an_upstream_dies(tmp_path: Path) -> None:
    words = ("--target", "nginx", "--duration", "4", "--rounds", "20", "--warmup", "0.02")
    with running(tmp_path, *words, "--concurrency", "4") as run:
        run.wait_for_round(2)
        run.find(lambda words: "instance-2" in words).kill()
        code, out, _ = run.finish()
    assert code == 0
    assert "do not trust: nginx: " in out
    states = rows(run.database, "SELECT state, COUNT(*) FROM benchmark_results GROUP BY state")
    assert states == [("complete", 20)]
    served = rows(
        run.database, "SELECT instance, requests FROM spreads WHERE round = 20 ORDER BY instance"
    )
    assert [name for name, _ in served] == ["instance-1", "instance-2", "instance-3"]
    assert served[1][1] == 0
    assert min(served[0][1], served[2][1]) > 0


def test_when_the_proxy_dies_finished_trials_are_kept(tmp_path: Path) -> None:
    with running(tmp_path, "--target", "nginx", *MANY_ROUNDS) as run:
        run.wait_for_round(3)
        for one in [one for one in run.family() if one.name() == "nginx"]:
            one.kill()
        code, out, _ = run.finish()
    assert code == 3
    assert "do not trust: nginx: proxy ended" in out
    complete = rows(run.database, "SELECT COUNT(*) FROM benchmark_results WHERE state = 'complete'")
    assert complete[0][0] >= 2
    assert rows(run.database, "SELECT state FROM runs") == [("failed",)]


def test_when_the_orchestrator_is_killed_nothing_is_left_running(tmp_path: Path) -> None:
    with running(tmp_path, "--target", "nginx", *MANY_ROUNDS) as run:
        run.wait_for_round(1)
        family = run.family()
        assert any("nginx" in one.name() for one in family)
        run.process.kill()
        assert wait_until(lambda: not [one for one in family if one.is_running()])
