"""Targets of real servers that stay up between commands."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from servers.engine import LABEL
from tests.integration import docker
from tests.require import require_software
from tests.standing import Surroundings, surroundings
from tests.trials import wait_until


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[Surroundings]:
    require_software("nginx")
    with surroundings(tmp_path) as made:
        yield made


@pytest.fixture
def contained(tmp_path: Path) -> Iterator[tuple[Surroundings, Any]]:
    """The same with an engine, where the images are."""
    with docker.engine() as engine:
        docker.require_image("nginx-static")
        with surroundings(tmp_path) as made:
            yield made, engine


def gone(pids: list[int]) -> bool:
    return not any(psutil.pid_exists(pid) and _runs(pid) for pid in pids)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_nginx_stays_up_over_tls_until_it_is_taken_down(targets: Surroundings) -> None:
    told = targets("up", "nginx", "--tls", "--instances", "2", "--json").json
    parts = {part["name"]: part["pids"] for part in told["parts"]}

    assert list(parts) == ["instance-1", "instance-2", "proxy"]
    assert (told["state"], told["upstream"]) == ("healthy", "embedded")
    compared = targets.run(
        *("compare", "raw:sync", "--url", told["url"], "--insecure"),
        *("--requests", "20", "--rounds", "1"),
    )
    assert compared.code == 0, compared.err
    os.kill(parts["instance-1"][0], signal.SIGKILL)
    assert wait_until(lambda: targets.only()["lost"] == ["instance-1"])
    assert wait_until(lambda: targets.only()["state"] == "healthy")  # the other one answers
    logs = targets("logs", "nginx").out
    assert [line for line in logs.splitlines() if line.startswith("==>")] == [
        f"==> {name} <==" for name in parts
    ]
    assert targets("down", "nginx").code == 0
    assert gone([pid for pids in parts.values() for pid in pids])
    assert targets.files() == []


def test_a_killed_host_takes_nginx_with_it(targets: Surroundings) -> None:
    told = targets("up", "nginx", "--json").json
    pids = [pid for part in told["parts"] for pid in part["pids"]]
    os.kill(told["pid"], signal.SIGKILL)

    assert wait_until(lambda: gone(pids))
    assert targets.only()["state"] == "dead"
    assert targets("down", "nginx").code == 0
    assert targets.files() == []


def test_nginx_that_is_killed_leaves_workers_that_down_removes(targets: Surroundings) -> None:
    """They go on listening when the process that has started them is killed; and then the host is, too."""
    told = targets("up", "nginx", "--json").json
    (proxy,) = (part for part in told["parts"] if part["role"] == "proxy")
    os.kill(proxy["pids"][0], signal.SIGKILL)
    os.kill(told["pid"], signal.SIGKILL)

    assert targets("down", "--all").code == 0
    assert gone([pid for part in told["parts"] for pid in part["pids"]])


def test_a_comparison_that_is_killed_takes_nginx_with_it(targets: Surroundings) -> None:
    running = targets.start(
        *("compare", "raw:sync", "--target", "nginx", "--duration", "60", "--rounds", "100"),
        *("--warmup", "0", "--concurrency", "1"),
    )
    assert running.stderr is not None
    assert any(line.startswith("round 2/") for line in running.stderr)
    family = [one.pid for one in psutil.Process(running.pid).children(recursive=True)]
    assert len(family) >= 5
    running.kill()
    running.communicate()

    assert wait_until(lambda: gone(family))
    assert wait_until(targets.nothing_is_left)
    assert targets("down", "--all").out == "no target is up\n"


def test_containers_of_a_killed_host_run_until_they_are_swept_up(
    contained: tuple[Surroundings, Any],
) -> None:
    targets, engine = contained
    told = targets("up", "nginx-static", "--runtime", "docker", "--json").json
    (part,) = told["parts"]
    os.kill(told["pid"], signal.SIGKILL)

    assert "dead: the host was killed" in targets("status").out
    assert f"container {part['container'][:12]}" in targets("status").out
    assert targets("logs", "nginx-static").out.startswith("==> instance-1 <==\n")
    assert engine.containers.get(part["container"]).status == "running"
    down = targets("down", "--all")
    assert (down.code, down.err) == (0, "")
    assert engine.containers.list(all=True, filters={"id": part["container"]}) == []


@pytest.mark.parametrize("runtime", ["docker", "docker-host"])
def test_ctrl_c_leaves_no_container_of_a_start(
    runtime: str, contained: tuple[Surroundings, Any]
) -> None:
    targets, engine = contained
    starting = targets.start("targets", "up", "nginx-static", "--runtime", runtime)
    assert wait_until(lambda: bool(targets.records()))
    (label,) = (path.stem for path in targets.records())
    mine = {"all": True, "ignore_removed": True, "filters": {"label": f"{LABEL}={label}"}}
    assert wait_until(lambda: bool(engine.containers.list(**mine)) or starting.poll() is not None)
    starting.send_signal(signal.SIGINT)
    starting.communicate(timeout=30)
    if starting.returncode == 0:  # it was faster
        assert targets("down", "nginx-static").code == 0

    assert engine.containers.list(**mine) == []
    assert engine.networks.list(filters={"label": f"{LABEL}={label}"}) == []
    assert targets.files() == []
