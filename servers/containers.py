"""Servers in containers, on a separate network with one published port each or on the host's."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from servers.account import Account, group_of
from servers.base import TargetError, Use
from servers.engine import LABEL, clear, connect, failures, remove
from servers.images import find, obtain
from servers.native import free_port, write_files
from servers.parts import LOOPBACK, Ask, Part, PartSpec, Runner, family
from servers.software import Address, Layout, Software
from servers.spec import TargetSpec

__all__ = ["ContainerPart", "Docker", "Site", "find"]

ANY = "0.0.0.0"
PORT = 8080  # every server has a network of its own
FOLDER, SCRATCH = "/etc/clientbench", "/tmp"  # inside
# An unprivileged user: servers started by root should not run as root.
UNPRIVILEGED = 65532
LOG_LINES = 200
POLL_S = 0.02
SECOND_NS = 1_000_000_000
# No capabilities: usual system calls and ports from 1024 on need none.
HARDENING: dict[str, Any] = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "read_only": True,
    "tmpfs": {SCRATCH: "rw,nosuid,nodev,noexec,mode=1777,size=512m"},
    "pids_limit": 1024,
}
_CHECK = "check.sh"
_CHECK_TEXT = Path(__file__).with_name("conf") / _CHECK


@dataclass(frozen=True)
class Site:
    """The settings that the parts of one target share. ``network`` is None for the host's."""

    engine: Any
    spec: TargetSpec
    folder: Path
    label: str
    network: str | None


class Docker(Runner):
    """Runs each part in a container, with a label by which it can be found after a crash."""

    def __init__(self, spec: TargetSpec, folder: Path, label: str) -> None:
        self._spec = spec
        self._folder = folder
        self._label = label
        self._site: Site | None = None
        self._images: dict[str, str] = {}

    def prepare(self, kinds: Collection[Software]) -> None:
        """Connect to the engine, and pull or build missing images. Raises ``TargetError``."""
        site = self._begun()
        for kind in kinds:
            self._images[kind.name] = obtain(site.engine, kind)

    def make(self, part_spec: PartSpec) -> ContainerPart:
        """Return a part in ``folder/name``; its software must be prepared.

        Raises ``TargetError``.
        """
        if part_spec.software.process_per_instance and part_spec.workers > 1:
            raise TargetError(
                f"{part_spec.software.name}: one instance runs in a container; put several behind a proxy, "
                "or use --runtime native"
            )
        return ContainerPart(part_spec, self._begun(), self._images[part_spec.software.name])

    def close(self) -> None:
        """Remove the network, and a container whose start was interrupted.

        Raises ``TargetError``.
        """
        if self._site is not None:
            clear(self._site.engine, self._label)
            self._site.engine.close()
            self._site = None

    def _begun(self) -> Site:
        if self._site is None:
            name = None if self._spec.runtime == "docker-host" else f"clientbench-{self._label}"
            self._site = Site(connect(), self._spec, self._folder, self._label, name)
            if name is not None:
                with failures("docker: cannot create a network"):
                    self._site.engine.networks.create(
                        name, driver="bridge", labels={LABEL: self._label}
                    )
        return self._site


class ContainerPart(Part):
    """One container, with a health check of ours that the engine runs inside."""

    def __init__(self, part_spec: PartSpec, site: Site, image: str) -> None:
        super().__init__(part_spec)
        self._image = image
        self._site = site
        self._folder = site.folder / part_spec.name
        self._container: Any = None
        self._account: Account | None = None

    @property
    def inner(self) -> Address:
        """Return its address in the network of the parts; on the host's network, that from here."""
        return Address(self.name, PORT) if self._site.network else self.address

    def start(self) -> None:
        """Write its configuration, and start its container."""
        if not self._site.network:
            self._port = self._port or free_port()
        layout = self._layout()
        self._write(layout)
        with failures(f"{self.part_spec.software.name}: {self.name} cannot be started"):
            self._container = self._site.engine.containers.create(
                self._image, **self._options(layout)
            )
            self.version = f"{self._image} ({_short(self._container.attrs['Image'])})"
            self._container.start()
            self._container.reload()
        if self._site.network:
            self._port = self._published()
            for pid in _forwarders(self._port):
                _hold(pid, self._site.spec.cpus)

    def check(self) -> None:
        """Raise ``TargetError`` if it has ended or, behind a proxy, is unhealthy."""
        state = self._state()
        problem = _end(state, self._site.spec.memory_bytes)
        if problem is None and self._site.spec.upstream and self.part_spec.role == "origin":
            health = state.get("Health", {})
            if health.get("Status") == "unhealthy":
                problem = f"is unhealthy ({_last_check(health)})"
        if problem is not None:
            raise self.ending(problem)

    def wait_healthy(self, ask: Ask, deadline: float) -> None:
        """Wait for a request of ours and for the engine's health check to succeed."""
        super().wait_healthy(ask, deadline)
        while (health := self._state().get("Health", {})).get("Status") != "healthy":
            self.check()
            if time.monotonic() > deadline:
                raise self.ending(
                    f"answers, but the check inside its container fails ({_last_check(health)})"
                )
            time.sleep(POLL_S)

    def pids(self) -> list[int]:
        """Return its processes on this machine, and the engine's process that forwards its port."""
        pid = self._state().get("Pid", 0)
        own = family(pid) if pid and dict(group_of(pid, self._container.id)) else []
        return [*own, *_forwarders(self._port)] if own and self._site.network else own

    def log(self) -> str:
        """Return the end of its standard output and error."""
        if self._container is None:
            return ""
        try:
            with failures("docker"):
                text: bytes = self._container.logs(tail=LOG_LINES)
        except TargetError:
            return ""
        return text.decode(errors="replace")

    def use(self) -> Use | None:
        """Return the kernel's figures, or those of a remote engine (at most a second old)."""
        if self._container is None:
            return None
        if self._account is None:
            with contextlib.suppress(TargetError):  # ``check`` finds out that it is gone
                self._account = Account(self.name, self._container, self._state().get("Pid", 0))
        return self._account.use() if self._account is not None else None

    def identity(self) -> dict[str, Any]:
        """Return the id of its container."""
        return {} if self._container is None else {"container": self._container.id}

    def stop(self) -> None:
        """Kill and remove it: it has no data to lose. Raises ``TargetError``."""
        if self._container is None:
            return
        with failures(f"docker: the container of {self.name} cannot be removed"):
            remove(self._container)
        self._container = None
        if self._account is not None:
            self._account.close()

    def _layout(self) -> Layout:
        listen = Address(ANY, PORT) if self._site.network else self.address
        return self.part_spec.layout(listen, FOLDER, SCRATCH)

    def _write(self, layout: Layout) -> None:
        """Write everything that it reads to its folder, readable by its user."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        files = {**self.part_spec.software.files(layout), _CHECK: _CHECK_TEXT.read_text()}
        write_files(self._folder, files, self._site.folder if self.part_spec.tls else None)
        for path in (self._folder, *self._folder.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o400)
            os.chown(path, *_user())

    def _options(self, layout: Layout) -> dict[str, Any]:
        """Return all options of the container except its image."""
        site, software = self._site, self.part_spec.software
        own, hard = _user(), resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return {
            **HARDENING,
            **self._networking(),
            "name": f"clientbench-{site.label}-{self.name}",
            "labels": {LABEL: site.label},
            "entrypoint": [*software.container().words, *software.command(layout)],
            "environment": dict(software.environment(layout)),
            "user": f"{own[0]}:{own[1]}",
            "stdin_open": True,  # the embedded target ends with its input
            # A mount instead of a volume, whose text form cannot have paths with a colon.
            "mounts": [
                {"Type": "bind", "Source": str(self._folder), "Target": FOLDER, "ReadOnly": True}
            ],
            "healthcheck": _healthcheck(layout),
            "cpuset_cpus": ",".join(map(str, site.spec.cpus)) or None,
            "mem_limit": site.spec.memory_bytes or None,
            "memswap_limit": site.spec.memory_bytes or None,
            "ulimits": [{"Name": "nofile", "Soft": hard, "Hard": hard}],
            "log_config": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "1"}},
        }

    def _networking(self) -> dict[str, Any]:
        network = self._site.network
        if network is None:
            return {"network_mode": "host"}
        endpoint = self._site.engine.api.create_endpoint_config(aliases=[self.name])
        return {
            "network": network,
            "networking_config": {network: endpoint},
            "ports": {f"{PORT}/tcp": (LOOPBACK, self.part_spec.port or None)},
        }

    def _published(self) -> int:
        bindings = self._container.attrs["NetworkSettings"]["Ports"].get(f"{PORT}/tcp")
        if not bindings:  # it has ended already
            self.check()
            raise self.trouble("has no published port")
        return int(bindings[0]["HostPort"])

    def _state(self) -> dict[str, Any]:
        """Ask the engine for its current state. Raises ``TargetError`` if it is gone."""
        if self._container is None:
            raise self.trouble("is not running")
        with failures(f"{self.part_spec.software.name}: {self.name} is gone"):
            self._container.reload()
        state: dict[str, Any] = self._container.attrs["State"]
        return state


def _short(identifier: str) -> str:
    return identifier.removeprefix("sha256:")[:12]


def _user() -> tuple[int, int]:
    """Return the user and group that servers run as."""
    own = (os.geteuid(), os.getegid())
    return own if own[0] else (UNPRIVILEGED, UNPRIVILEGED)


def _healthcheck(layout: Layout) -> dict[str, Any]:
    """Return the health check: frequent after the start, then rare (see the script).

    Times in ns.
    """
    host = LOOPBACK if layout.listen.host == ANY else layout.listen.host
    words = [str(layout.listen.port), "https" if layout.tls else "http"]
    return {
        "test": ["CMD", "sh", f"{layout.folder}/{_CHECK}", host, *words],
        "interval": SECOND_NS // 4,
        "timeout": 40 * SECOND_NS,
        "retries": 3,
        "start_period": 30 * SECOND_NS,
    }


def _last_check(health: dict[str, Any]) -> str:
    """Return the output of the engine's last health check, on one line."""
    entries = health.get("Log") or []
    if not entries:
        return "it has not been made yet"
    printed = " ".join(str(entries[-1].get("Output", "")).split())
    return printed or f"exit status {entries[-1].get('ExitCode')}"


def _end(state: dict[str, Any], memory_bytes: int) -> str | None:
    """Describe how a container ended; None while it runs."""
    if state["Status"] == "running":
        return None
    if state.get("OOMKilled"):
        limit = (
            f"its limit is {memory_bytes} bytes"
            if memory_bytes
            else "the machine has no free memory"
        )
        return f"ran out of memory ({limit}); give it more"
    if state["Status"] == "exited":
        return f"ended (exit status {state['ExitCode']})"
    return f"is {state['Status']} {state.get('Error', '')}".rstrip()


def _forwarders(port: int) -> list[int]:
    """Return the engine's processes that forward a port published on the loopback interface."""
    wanted, found = ("-host-port", str(port)), []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == "docker-proxy" and wanted in pairwise(process.cmdline()):
                found.append(process.pid)
    return found


def _hold(pid: int, cpus: Collection[int]) -> None:
    """Move a process of the engine off the CPUs of the measured clients, if permitted."""
    if not cpus:
        return
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cpus)
