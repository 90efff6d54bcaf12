"""Targets in real containers: what they may do, how they end, and what is said when they cannot run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from servers.account import Account
from servers.base import TargetError
from servers.engine import remove_labelled
from servers.files import KEY
from servers.hosted import HostedTarget
from servers.native import free_port
from servers.spec import TargetSpec
from servers.standing import sweep
from tests.integration import docker
from tests.require import require
from tests.targets import refusal
from tests.trials import wait_until

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
BRIDGED = TargetSpec(*("nginx", "docker", 3, True, "embedded"), cpus=(0,), memory_bytes=256 * MIB)
ON_THE_HOST = TargetSpec("nginx", "docker-host", 3, upstream="embedded")
PARTS = {"instance-1", "instance-2", "instance-3", "proxy"}
PATIENCE_S = 10.0


def why_not(spec: TargetSpec) -> str:
    """Why this target cannot be started."""
    return refusal(HostedTarget(spec))


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[Any]:
    with docker.engine() as client:
        yield client


@pytest.fixture(scope="module")
def bridged(engine: Any) -> Iterator[HostedTarget]:
    with docker.running(BRIDGED) as target:
        yield target


@pytest.fixture(scope="module")
def on_the_host(engine: Any) -> Iterator[HostedTarget]:
    with docker.running(ON_THE_HOST) as target:
        yield target


def test_the_folder_for_temporary_files_may_have_any_name(
    engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / 'a b:c,d"e;f'
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    with docker.running(TargetSpec("nginx-static", "docker")) as target:
        assert {status for status, _ in docker.spread(target, 3)} == {200}
    assert not list(folder.iterdir())


@pytest.fixture
def parts(engine: Any, bridged: HostedTarget) -> dict[str, Any]:
    return docker.containers(engine, docker.record_of(bridged).id)


@pytest.mark.parametrize("which", ["bridged", "on_the_host"])
def test_requests_are_spread_over_all_instances(which: str, request: pytest.FixtureRequest) -> None:
    target: HostedTarget = request.getfixturevalue(which)
    before = target.counts()
    answered = docker.spread(target, 30)
    after = target.counts()
    assert before is not None and after is not None
    assert {status for status, _ in answered} == {200}
    assert {who for _, who in answered} == PARTS - {"proxy"}
    counted = {who: after.by_instance[who] - before.by_instance[who] for who in after.by_instance}
    assert counted == {who: number for (_, who), number in answered.items()}
    assert after.lost == ()


@pytest.mark.parametrize("which", ["bridged", "on_the_host"])
def test_the_engine_finds_every_container_healthy_once_the_target_is_ready(
    which: str, engine: Any, request: pytest.FixtureRequest
) -> None:
    record = docker.record_of(request.getfixturevalue(which))
    found = docker.containers(engine, record.id)
    assert set(found) == PARTS
    assert {one.attrs["State"]["Health"]["Status"] for one in found.values()} == {"healthy"}


def test_containers_get_the_cpus_and_the_memory_that_were_asked_for(
    bridged: HostedTarget, parts: dict[str, Any]
) -> None:
    for part in parts.values():
        assert part.attrs["HostConfig"]["CpusetCpus"] == "0"
        assert part.attrs["HostConfig"]["Memory"] == BRIDGED.memory_bytes
    # those that carry bytes to the published ports included
    assert {tuple(os.sched_getaffinity(pid)) for pid in bridged.processes()} == {(0,)}


def test_ports_are_published_on_loopback_only(parts: dict[str, Any]) -> None:
    for part in parts.values():
        bindings = part.attrs["NetworkSettings"]["Ports"].values()
        assert {one["HostIp"] for binding in bindings for one in binding} == {"127.0.0.1"}


def test_on_the_hosts_network_servers_listen_on_loopback_only(on_the_host: HostedTarget) -> None:
    listening = [
        connection.laddr.ip
        for pid in on_the_host.processes()
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}


def test_servers_have_no_privileges(parts: dict[str, Any]) -> None:
    for part in parts.values():
        known = docker.status_of(part.attrs["State"]["Pid"])
        assert known["NoNewPrivs"] == "1"
        assert {int(known[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {0}
        assert known["Uid"].split()[0] != "0"
        assert not part.attrs["HostConfig"]["Privileged"]


def test_servers_can_write_to_their_scratch_folder_alone(parts: dict[str, Any]) -> None:
    for part in parts.values():
        for path in ("/etc/clientbench/x", "/x"):
            assert part.exec_run(["sh", "-c", f": >{path}"]).exit_code != 0
        assert part.exec_run(["sh", "-c", ": >/tmp/x"]).exit_code == 0


def test_the_private_key_is_readable_by_its_server_alone(
    bridged: HostedTarget, parts: dict[str, Any]
) -> None:
    folder = Path(docker.record_of(bridged).folder)
    keys = list(folder.rglob(KEY))
    assert {key.relative_to(folder) for key in keys} == {Path(KEY), Path("proxy", KEY)}
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE((folder / "proxy" / KEY).stat().st_mode) == 0o400
    server = docker.status_of(parts["proxy"].attrs["State"]["Pid"])
    assert (folder / "proxy" / KEY).stat().st_uid == int(server["Uid"].split()[0])


def test_its_processes_are_told_apart_by_role(bridged: HostedTarget) -> None:
    by_role = bridged.processes_by_role()
    names = {role: {psutil.Process(pid).name() for pid in pids} for role, pids in by_role.items()}
    assert "nginx" in names["proxy"]
    assert "nginx" not in names["origin"]
    assert any(name.startswith("python") for name in names["origin"])
    assert "docker-proxy" in names["proxy"]


def test_what_containers_used_is_what_their_engine_says(
    bridged: HostedTarget, parts: dict[str, Any]
) -> None:
    before = {use.name: use for use in bridged.use()}
    told = {name: part.stats(stream=False, one_shot=True) for name, part in parts.items()}
    after = {use.name: use for use in bridged.use()}
    assert set(before) == set(after) == PARTS
    for name, entry in told.items():
        cpu_ns = entry["cpu_stats"]["cpu_usage"]["total_usage"]
        assert 0 < before[name].cpu_ns <= cpu_ns <= after[name].cpu_ns
        assert MIB < after[name].memory_bytes < BRIDGED.memory_bytes


def test_the_engines_own_account_stands_in_for_the_kernels(
    parts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servers.account.group_of", lambda pid, container: iter(()))
    account = Account("proxy", parts["proxy"], parts["proxy"].attrs["State"]["Pid"])
    assert wait_until(lambda: account.use() is not None, PATIENCE_S)
    use = account.use()
    assert use is not None
    assert use.cpu_ns > 0
    assert MIB < use.memory_bytes < BRIDGED.memory_bytes


def test_images_are_named_with_their_identity(bridged: HostedTarget, parts: dict[str, Any]) -> None:
    described = bridged.describe()
    identity = parts["proxy"].attrs["Image"].removeprefix("sha256:")
    assert described["nginx"].endswith(f"({identity[:12]})")
    assert described["embedded"].startswith("clientbench-embedded:")


def test_requests_go_on_when_an_upstream_is_killed(engine: Any) -> None:
    with docker.running(TargetSpec("nginx", "docker", 3, upstream="embedded")) as target:
        docker.spread(target, 6)
        docker.containers(engine, docker.record_of(target).id)["instance-2"].kill()
        answered = docker.spread(target, 30)
        assert {status for status, _ in answered} == {200}
        assert {who for _, who in answered} == {"instance-1", "instance-3"}
        counts = target.counts()
        assert counts is not None
        (lost,) = counts.lost
        assert "instance-2 ended (exit status 137)" in lost
        assert "instance-2" in counts.by_instance


def test_httpbin_runs_behind_nginx() -> None:
    with docker.running(TargetSpec("nginx", "docker", 2, upstream="httpbin")) as target:
        answered = docker.spread(target, 8)
        assert {who for _, who in answered} == {"instance-1", "instance-2"}
        assert {status for status, _ in answered} == {200}


def test_traefik_spreads_requests_over_all_instances() -> None:
    with docker.running(TargetSpec("traefik", "docker", 3, True, "embedded")) as target:
        answered = docker.spread(target, 12)
        assert {who for _, who in answered} == PARTS - {"proxy"}


@pytest.mark.parametrize("runtime", ["docker", "docker-host"])
def test_a_port_can_be_given_and_is_free_afterwards(runtime: Any, engine: Any) -> None:
    spec = TargetSpec("nginx-static", runtime, port=free_port())
    with docker.running(spec) as target:
        record = docker.record_of(target)
        assert target.base_url == f"http://127.0.0.1:{spec.port}"
        assert docker.ask(target) == (200, "")
    assert docker.containers(engine, record.id) == {}
    assert docker.networks(engine, record.id) == []
    assert not Path(record.folder).exists()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", spec.port))


@pytest.mark.parametrize("runtime", ["docker", "docker-host"])
def test_a_port_that_is_taken_is_named(runtime: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"cannot listen on port {port}" in why_not(
            TargetSpec("nginx-static", runtime, port=port)
        )


def test_a_container_that_dies_at_its_start_is_quoted(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.require_image("embedded")
    made = f"clientbench-test-{uuid.uuid4().hex[:8]}:1"
    script = "#!/bin/sh\\necho it is not my day\\nexit 7\\n"
    base = os.environ.get("CLIENTBENCH_BASE_IMAGE", "python:3.12-slim-bookworm")
    text = f"FROM {base}\nRUN printf '{script}' >/usr/bin/nginx && chmod 755 /usr/bin/nginx\n"
    with docker.image(engine, made, text):
        monkeypatch.setenv("CLIENTBENCH_NGINX_IMAGE", made)
        refused = why_not(TargetSpec("nginx-static", "docker"))
    assert "nginx-static: instance-1 ended (exit status 7)" in refused
    assert "it is not my day" in refused


def test_a_container_out_of_memory_is_said_to_be() -> None:
    docker.require_image("embedded")
    # with still less it may only crawl: its files' pages are taken away again and again, and nobody ends it
    refused = why_not(TargetSpec("embedded", "docker", memory_bytes=10 * MIB))
    assert "out of memory" in refused
    assert str(10 * MIB) in refused


def test_an_image_that_is_missing_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    # nobody listens at this registry
    monkeypatch.setenv("CLIENTBENCH_NGINX_IMAGE", "127.0.0.1:9/clientbench/none:1")
    refused = why_not(TargetSpec("nginx-static", "docker"))
    assert "no image 127.0.0.1:9/clientbench/none:1 on this machine" in refused
    assert "docker pull" in refused
    assert "CLIENTBENCH_NGINX_IMAGE" in refused


def test_a_build_that_fails_is_quoted_with_the_remedy(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with docker.empty_image(engine, f"clientbench-test-{uuid.uuid4().hex[:8]}:1") as base:
        monkeypatch.setenv("CLIENTBENCH_BASE_IMAGE", base)
        refused = why_not(TargetSpec("embedded", "docker"))
    assert "its image cannot be built" in refused
    assert "/bin/sh" in refused
    assert "CLIENTBENCH_BASE_IMAGE" in refused


def test_an_engine_that_does_not_run_is_said_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(dead))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{dead}")
    refused = why_not(TargetSpec("nginx-static", "docker"))
    assert "its engine is not running" in refused
    assert str(dead) in refused


def test_a_user_without_permission_is_told_about_the_group(engine: Any) -> None:
    require(os.geteuid() == 0, "needs root, to become somebody without permission")
    code = (
        "import os\nfrom servers import base, engine\nimport docker\nos.setgroups([])\n"
        "os.setgid(65534)\nos.setuid(65534)\n"
        "try:\n    engine.connect()\nexcept base.TargetError as error:\n    print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "no permission" in told.stdout
    assert "usermod -aG docker" in told.stdout


def test_what_a_killed_host_leaves_is_found_by_its_label(engine: Any) -> None:
    target = HostedTarget(TargetSpec("nginx", "docker", 2, upstream="embedded"))
    try:
        target.start()
        target.wait_ready()
        record = docker.record_of(target)
        os.kill(record.pid, signal.SIGKILL)
        assert wait_until(lambda: not record.alive, PATIENCE_S)
        assert set(docker.containers(engine, record.id)) == {"instance-1", "instance-2", "proxy"}
        remove_labelled(record.id)
        assert docker.containers(engine, record.id) == {}
        assert docker.networks(engine, record.id) == []
        sweep(record)
        assert not Path(record.folder).exists()
    finally:
        target.stop()


def test_a_stopped_target_says_that_it_is_gone(engine: Any) -> None:
    with docker.running(TargetSpec("embedded", "docker")) as target:
        (container,) = docker.containers(engine, docker.record_of(target).id).values()
        container.kill()
        with pytest.raises(TargetError, match=r"instance-1 ended \(exit status 137\)"):
            target.counts()


@pytest.mark.parametrize("profile", ["nginx", "traefik"])
def test_compose_runs_the_same_configuration(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shutil.which("docker-compose")
    require(words is not None, "docker-compose is not installed")
    assert words is not None
    for name in ("httpbin", profile):
        docker.require_image(name)
    ports = {name: free_port() for name in ("nginx", "traefik", "httpbin")}
    for name, number in ports.items():
        monkeypatch.setenv(f"CLIENTBENCH_{name.upper()}_PORT", str(number))
    project = ["-p", f"clientbench-test-{uuid.uuid4().hex[:8]}", "--profile", profile]
    compose = [words, "-f", str(ROOT / "docker-compose.yml"), *project]
    try:
        done = subprocess.run([*compose, "up", "-d"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        url = f"http://127.0.0.1:{ports[profile]}/get"
        assert wait_until(lambda: _instance(url) is not None, PATIENCE_S)
        assert {_instance(url) for _ in range(12)} >= PARTS - {"proxy"}
    finally:
        subprocess.run([*compose, "down", "-v"], capture_output=True, check=True)


def _instance(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            told: str | None = response.headers["X-Instance"]
            return told
    except (urllib.error.URLError, OSError):
        return None
