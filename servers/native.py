"""Servers as processes on this machine: programs on PATH, and our own."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from shutil import copyfile

import psutil

from servers.base import Target, TargetError
from servers.files import CA, CERTIFICATE, KEY, LOG
from servers.parts import LOOPBACK, POLL_S, Ask, Part, PartSpec, Runner, family
from servers.software import Address, Executable
from servers.standing import read_log

__all__ = ["Native", "free_port", "unprivileged", "write_files"]

STOP_TIMEOUT_S = 3.0
ELSEWHERE_S = 2.0  # a program may open one address after another
# Below the range of outgoing connections, which could take the port in the meantime.
PORTS = range(15_000, 32_000)
PORT_TRIES = 100
NOBODY = "nobody"
SCRATCH = "scratch"  # below a part's folder
_SHIM = Path(__file__).with_name("shim.py")


class Native(Runner):
    """Runs each part in its own process group; the kernel ends them with this process."""

    def __init__(self, folder: Path, cpus: Collection[int]) -> None:
        self._folder = folder
        self._cpus = tuple(sorted(cpus))

    def make(self, part_spec: PartSpec) -> Part:
        """Return a part in ``folder/name``. Raises ``TargetError`` if its program is missing."""
        # A shared port must be known before the first part listens.
        port = part_spec.port or (free_port() if part_spec.workers > 1 else 0)
        layout = part_spec.layout(Address(LOOPBACK, port), str(self._folder), scratch="")
        process = part_spec.software.process(layout)
        if process is not None:
            return ProcessPart(part_spec, process, port, self._cpus)
        return ProgramPart(part_spec, self._folder, self._cpus, part_spec.software.find())

    def close(self) -> None:
        """Do nothing: native parts share no resources."""


class ProcessPart(Part):
    """A process that answers commands; parts of the same role and port share the port."""

    def __init__(
        self, part_spec: PartSpec, target: Target, port: int, cpus: Collection[int]
    ) -> None:
        super().__init__(part_spec)
        self.version = part_spec.software.find().version
        self._cpus = cpus
        self._port = port
        self._target = target

    @property
    def address(self) -> Address:
        """Return the address; known when it is ready, for a shared port earlier."""
        return Address(LOOPBACK, self._port or int(self._target.base_url.rpartition(":")[2]))

    def start(self) -> None:
        """Start the process."""
        self._target.start(self._cpus)

    def wait_healthy(self, ask: Ask, deadline: float) -> None:
        """Wait for the process itself: on a shared port another one could answer a request."""
        with self._named():
            self._target.wait_ready(max(0.0, deadline - time.monotonic()))
        super().wait_healthy(ask, deadline)

    def check(self) -> None:
        """Raise ``TargetError`` if it has ended."""
        with self._named():
            self._target.counts()

    def pids(self) -> list[int]:
        """Return the id of its process."""
        return self._target.processes()

    def log(self) -> str:
        """Return nothing: its output is part of its error message."""
        return ""

    def requests(self, ask: Ask) -> int | None:
        """Ask the process itself: on a shared port another one could answer."""
        counts = self._target.counts()
        return None if counts is None else counts.requests

    def stop(self) -> None:
        """Stop it."""
        self._target.stop()

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Put the name of the part in front of an error."""
        try:
            yield
        except TargetError as error:
            raise TargetError(f"{self.name}: {error}") from error


class ProgramPart(Part):
    """A program on PATH with its configuration, in the foreground of its own process group."""

    def __init__(
        self, part_spec: PartSpec, folder: Path, cpus: Collection[int], executable: Executable
    ) -> None:
        super().__init__(part_spec)
        self.version = executable.version
        self._words = executable.words
        self._shared = folder
        self._folder = folder / part_spec.name
        self._cpus = ",".join(map(str, cpus)) or "-"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write its configuration, and start it."""
        self._port = self.part_spec.port or free_port()
        (self._folder / SCRATCH).mkdir(parents=True, exist_ok=True)
        # It runs in its folder: configurations, whose languages all quote blanks and the like in
        # their own way, have no path of this machine; and no folder above needs to be open to its
        # account.
        layout = self.part_spec.layout(self.address, folder=".", scratch=SCRATCH)
        software = self.part_spec.software
        certified = self._shared if self.part_spec.tls else None
        write_files(self._folder, software.files(layout), certified)
        software.accept(self._words, self._folder, layout)
        account = None if software.keeps_user else unprivileged(self._words[0])
        if account is not None:
            _hand_over(self._folder, account)
        become = ":".join(map(str, account)) if account is not None else "-"
        shim = [sys.executable, "-I", "-S", str(_SHIM), str(os.getpid()), self._cpus, become]
        with (self._folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                [*shim, *self._words, *software.command(layout)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={**os.environ, **software.environment(layout)},
                process_group=0,
            )

    def wait_healthy(self, ask: Ask, deadline: float) -> None:
        """Wait until it answers.

        With the user's configuration, check that it listens on loopback only.
        """
        if self.part_spec.software.is_own:
            self._wait_listening(deadline)
        super().wait_healthy(ask, deadline)
        if self.part_spec.software.is_own:
            self._listening()  # it may have opened more since

    def _wait_listening(self, deadline: float) -> None:
        elsewhere_s = time.monotonic() + ELSEWHERE_S
        while self.address.port not in (ports := [one.port for one in self._listening()]):
            self.check()
            if ports and time.monotonic() > elsewhere_s:
                raise self.trouble(
                    f"listens on port {ports[0]} instead of {self.address}; "
                    f"expected {self.part_spec.software.listening}"
                )
            if time.monotonic() > deadline:
                break  # the wait for an answer reports what is missing
            time.sleep(POLL_S)

    def _listening(self) -> list[Address]:
        """Return where it listens. Raises ``TargetError`` if other machines can reach it."""
        found = [address for pid in self.pids() for address in _listeners(pid)]
        for address in found:
            if not ipaddress.ip_address(address.host).is_loopback:
                raise self.trouble(
                    f"listens on {address}, where other machines can reach it; "
                    f"expected only the loopback interface: {self.part_spec.software.listening}"
                )
        return found

    def check(self) -> None:
        """Raise ``TargetError`` if it has ended."""
        if self._process is None:
            raise self.trouble("is not running")
        status = self._process.poll()
        if status is not None:
            raise self.ending(f"ended (exit status {status})")

    def pids(self) -> list[int]:
        """Return the ids of the process and its descendants."""
        if self._process is None or self._process.poll() is not None:
            return []
        return family(self._process.pid)

    def log(self) -> str:
        """Return its standard output and error."""
        return "\n".join(read_log(self._folder / LOG))

    def stop(self) -> None:
        """Ask its process group to end, and kill what does not."""
        process, self._process = self._process, None
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_TIMEOUT_S)
        process.wait()


def write_files(folder: Path, files: dict[str, str], certified: Path | None) -> None:
    """Write a rendered configuration to ``folder``, readable by its owner only.

    With TLS, also copy the certificates and the key that ``servers.certificates`` wrote to
    ``certified``.
    """
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
    if certified is not None:
        for name in (CA, CERTIFICATE, KEY):
            copyfile(certified / name, folder / name)
            (folder / name).chmod(0o600)


def unprivileged(program: str) -> tuple[int, int] | None:
    """Return user and group for a program that root starts.

    Return None if we are not root, or if the user ``nobody`` may not run it.
    """
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam(NOBODY)
        # The user may exist without this process being able to become it (user namespaces,
        # privileges).
        own = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
        asked = ["/bin/sh", "-c", 'test -x "$0"', program]
        subprocess.run(asked, check=True, cwd="/", **own)  # type: ignore[call-overload]
    except (KeyError, OSError, subprocess.SubprocessError):
        return None
    return user.pw_uid, user.pw_gid


def _listeners(pid: int) -> Iterator[Address]:
    """Return the addresses on which a process listens, as far as they are visible."""
    with contextlib.suppress(psutil.Error):
        for one in psutil.Process(pid).net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN:
                yield Address(one.laddr.ip, one.laddr.port)


def _hand_over(folder: Path, account: tuple[int, int]) -> None:
    """Let the account read and write there. The folder above is closed to other users."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *account)


def free_port() -> int:
    """Return a free port of the loopback interface."""
    for _ in range(PORT_TRIES):
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise TargetError(f"no free port found from {PORTS.start} to {PORTS.stop - 1}")
