"""Containers without an engine: what it is asked for, what its answers mean, and what is in an image."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from servers import account, containers, engine, images
from servers.base import TargetError, Use
from servers.catalogue import NAMES, software
from servers.certificates import issue
from servers.engine import LABEL
from servers.files import CERTIFICATE, KEY
from servers.parts import PartSpec
from servers.software import Address
from servers.spec import TargetSpec
from tests.integration import compose


class Api:
    """As much of the SDK as is needed to make a container's options."""

    @staticmethod
    def create_endpoint_config(aliases: list[str]) -> dict[str, list[str]]:
        return {"Aliases": aliases}


class Engine:
    api = Api


def part(folder: Path, spec: TargetSpec, part_spec: PartSpec) -> containers.ContainerPart:
    network = "net" if spec.runtime == "docker" else None
    return containers.ContainerPart(
        part_spec, containers.Site(Engine(), spec, folder, "l4b31", network), "image:1"
    )


def options(folder: Path, spec: TargetSpec, part_spec: PartSpec) -> dict[str, Any]:
    made = part(folder, spec, part_spec)
    return made._options(made._layout())


def proxy(**more: Any) -> PartSpec:
    upstreams = (Address("instance-1", 8080),)
    return PartSpec("proxy", "proxy", software("nginx"), upstreams=upstreams, **more)


def test_a_port_is_published_on_loopback_only(tmp_path: Path) -> None:
    given = options(tmp_path, TargetSpec("nginx", "docker"), proxy(port=18080))
    chosen = options(tmp_path, TargetSpec("nginx", "docker"), proxy())
    assert given["ports"] == {"8080/tcp": ("127.0.0.1", 18080)}
    assert chosen["ports"] == {"8080/tcp": ("127.0.0.1", None)}


def test_on_the_hosts_network_nothing_is_published(tmp_path: Path) -> None:
    made = options(tmp_path, TargetSpec("nginx", "docker-host"), proxy(port=18080))
    assert made["network_mode"] == "host"
    assert "ports" not in made
    assert "127.0.0.1:18080" not in made["entrypoint"]
    assert made["healthcheck"]["test"][-3:] == ["127.0.0.1", "18080", "http"]


@pytest.mark.parametrize("runtime", ["docker", "docker-host"])
def test_every_container_is_hardened_and_labelled(runtime: Any, tmp_path: Path) -> None:
    made = options(tmp_path, TargetSpec("nginx", runtime), proxy(port=18080))
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert made["read_only"] is True
    assert not made["user"].startswith("0:")
    assert made["labels"] == {LABEL: "l4b31"}
    assert "privileged" not in made


def test_limits_are_passed_on(tmp_path: Path) -> None:
    spec = TargetSpec("nginx", "docker", cpus=(0, 2), memory_bytes=64 << 20)
    made = options(tmp_path, spec, proxy())
    assert made["cpuset_cpus"] == "0,2"
    assert made["mem_limit"] == made["memswap_limit"] == 64 << 20
    unlimited = options(tmp_path, TargetSpec("nginx", "docker"), proxy())
    assert unlimited["cpuset_cpus"] is None
    assert unlimited["mem_limit"] is None


@pytest.mark.parametrize("name", NAMES)
def test_every_target_has_a_command_in_a_container(name: str, tmp_path: Path) -> None:
    kind = software(name)
    upstreams = (Address("instance-1", 8080),) if kind.is_proxy else ()
    part_spec = PartSpec("it", "proxy" if kind.is_proxy else "origin", kind, upstreams=upstreams)
    made = options(tmp_path, TargetSpec(name, "docker"), part_spec)
    assert tuple(made["entrypoint"][: len(kind.image.words)]) == kind.image.words
    layout = part(tmp_path, TargetSpec(name, "docker"), part_spec)._layout()
    for text in kind.files(layout).values():
        assert str(tmp_path) not in text


def test_files_are_for_their_server_alone(tmp_path: Path) -> None:
    issue(tmp_path)
    made = part(tmp_path, TargetSpec("nginx", "docker", tls=True), proxy(tls=True))
    made._write(made._layout())
    folder = tmp_path / "proxy"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert {"nginx.conf", "check.sh", CERTIFICATE, KEY} <= set(modes)
    assert set(modes.values()) == {0o400}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / KEY).stat().st_uid == (os.geteuid() or containers.UNPRIVILEGED)


def test_one_embedded_instance_runs_in_a_container(tmp_path: Path) -> None:
    runtime = containers.Docker(TargetSpec("embedded", "docker", 3), tmp_path, "l4b31")
    with pytest.raises(TargetError, match="put several behind a proxy"):
        runtime.make(PartSpec("instance-1", "origin", software("embedded"), workers=3))
    runtime.close()


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"Status": "running"}, None),
        (
            {"Status": "running", "OOMKilled": True},
            None,
        ),  # one of its processes, and it has another
        ({"Status": "exited", "ExitCode": 3}, "ended (exit status 3)"),
        (
            {"Status": "exited", "ExitCode": 137, "OOMKilled": True},
            "ran out of memory (its limit is 64 bytes); give it more",
        ),
        ({"Status": "paused", "Error": ""}, "is paused"),
        ({"Status": "dead", "Error": "no shim"}, "is dead no shim"),
    ],
)
def test_an_end_is_described(state: dict[str, Any], problem: str | None) -> None:
    assert containers._end(state, 64) == problem


@pytest.mark.parametrize("cache", ["total_inactive_file", "inactive_file"])
def test_memory_is_counted_without_the_cache(cache: str) -> None:
    entry = {
        "memory_stats": {"usage": 300, "stats": {cache: 100}},
        "cpu_stats": {"cpu_usage": {"total_usage": 7}},
        "read": "1970-01-01T00:01:00.250000999Z",
    }
    assert account._told("proxy", entry) == Use("proxy", 7, 200, 60_250_000_000, by_engine=True)


def test_a_container_that_has_ended_uses_nothing() -> None:
    entry = {"memory_stats": {}, "cpu_stats": {"cpu_usage": {"total_usage": 0}}}
    assert account._told("proxy", entry) is None


GROUPS = {
    1: (
        "9:name=systemd:/docker/c0ffee\n4:memory:/docker/c0ffee\n2:cpu,cpuacct:/docker/c0ffee\n",
        {
            "cpu,cpuacct/docker/c0ffee/cpuacct.usage": "7000\n",
            "memory/docker/c0ffee/memory.usage_in_bytes": "300\n",
            "memory/docker/c0ffee/memory.stat": "cache 9\ntotal_inactive_file 100\n",
        },
    ),
    2: (
        "0::/system.slice/docker-c0ffee.scope\n",
        {
            "system.slice/docker-c0ffee.scope/cpu.stat": "usage_usec 7\nuser_usec 5\n",
            "system.slice/docker-c0ffee.scope/memory.current": "300\n",
            "system.slice/docker-c0ffee.scope/memory.stat": "anon 9\ninactive_file 100\n",
        },
    ),
}


@pytest.mark.parametrize("generation", GROUPS)
def test_the_kernels_account_is_read_in_both_of_its_forms(
    generation: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    membership, files = GROUPS[generation]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    reading = Path.read_text
    monkeypatch.setattr(account, "_GROUPS", tmp_path)
    monkeypatch.setattr(
        Path,
        "read_text",
        lambda path: membership if path == Path("/proc/77/cgroup") else reading(path),
    )
    found = account._Counters.find(77, "c0ffee")
    assert found is not None
    before_ns = time.monotonic_ns()
    use = found.read("proxy")
    assert before_ns <= use.at_ns <= time.monotonic_ns()
    assert use == Use("proxy", 7000, 200, use.at_ns, by_engine=False)
    assert account._Counters.find(77, "decaf") is None


def test_a_process_that_is_no_containers_has_no_account() -> None:
    assert account._Counters.find(os.getpid(), "c0ffee") is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied"), "no permission to use"),
        (ConnectionRefusedError(111, "Connection refused"), "its engine is not running"),
    ],
)
def test_a_refused_connection_is_one_line_with_the_remedy(
    error: OSError, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: socket.socket, _address: str) -> None:
        raise error

    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr("socket.socket.connect", refuse)
    with pytest.raises(TargetError, match=said) as refused:
        engine.connect()
    assert "\n" not in str(refused.value)
    assert "--runtime native" in str(refused.value)


@pytest.mark.parametrize(
    ("installed", "said"), [(True, "its engine is not running"), (False, "not installed")]
)
def test_without_a_socket_it_depends_on_whether_there_is_an_engine(
    installed: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setattr(shutil, "which", lambda name: name if installed else None)
    with pytest.raises(TargetError, match=said):
        engine.connect()


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("nginx", ("nginx", "latest")),
        ("nginx:1.28.0", ("nginx", "1.28.0")),
        ("registry:5000/nginx", ("registry:5000/nginx", "latest")),
        ("registry:5000/nginx:1", ("registry:5000/nginx", "1")),
        ("nginx@sha256:abc", ("nginx@sha256:abc", "")),
    ],
)
def test_one_image_is_pulled_and_not_all_of_its_tags(name: str, asked: tuple[str, str]) -> None:
    assert images._name_and_tag(name) == asked


def test_images_can_be_replaced_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    image = software("nginx").image
    assert images.reference(image) == "nginx:1.28.0"
    monkeypatch.setenv(image.variable, "mine:2")
    assert images.reference(image) == "mine:2"


def test_images_of_others_are_pinned() -> None:
    for kind in map(software, NAMES):
        if kind.image.dockerfile is None:
            assert re.search(r":v?\d+\.\d+", kind.image.reference)


@pytest.mark.parametrize("name", ["embedded", "httpbin"])
def test_a_build_gets_what_its_dockerfile_copies(name: str) -> None:
    context = images._context(software(name).image)
    assert context == images._context(software(name).image)
    with tarfile.open(fileobj=BytesIO(context)) as archive:
        names = archive.getnames()
        dockerfile = archive.extractfile("Dockerfile")
        assert dockerfile is not None
        copies = b"COPY servers " in dockerfile.read()
    assert ("servers/__init__.py" in names) == copies
    assert not any("__pycache__" in one for one in names)


def test_packages_are_those_that_run_natively(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_installed", {"httpbin": "0.10.9", "gevent": "99"}.get)
    words = images._arguments(software("httpbin").image)["PACKAGES"].split()
    assert "httpbin==0.10.9" in words
    assert "gevent==99" not in words
    assert all("==" in word for word in words)


def test_an_image_is_built_anew_when_anything_about_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = software("embedded").image
    tags = {images._tag(image, b"context", "base"), images._tag(image, b"changed", "base")}
    tags.add(images._tag(image, b"context", "another base"))
    monkeypatch.setattr(images, "_installed", lambda name: "9.9")
    tags.add(images._tag(image, b"context", "base"))
    assert len(tags) == 4


def test_what_compose_mounts_is_what_the_templates_render() -> None:
    """If not: ``python -m tests.integration.compose``."""
    kept = {path.name: path.read_text() for path in compose.FOLDER.iterdir()}
    assert kept == compose.files()


def test_compose_names_the_images_that_clientbench_uses() -> None:
    text = Path(__file__).resolve().parents[2].joinpath("docker-compose.yml").read_text()
    for name in ("nginx", "traefik"):
        image = software(name).image
        assert f"${{{image.variable}:-{image.reference}}}" in text
    assert f"${{{images.BASE_VARIABLE}:-{images.BASE}}}" in text
    ports = re.findall(r'ports: \["(.*?)"\]', text)
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_embedded_server_has_in_its_image_all_that_it_imports(tmp_path: Path) -> None:
    image = software("embedded").image
    assert image is not None
    # tarfile's own way differs from one Python 3.11 to the next
    subprocess.run(["tar", "-x"], input=images._context(image), cwd=tmp_path, check=True)
    words = [sys.executable, "-c", "import servers.embedded.__main__"]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run(words, cwd=tmp_path, env=environ, check=True)
