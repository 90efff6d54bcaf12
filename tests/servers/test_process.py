"""The target as a process: start, control line, end, and what it leaves behind (nothing)."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

import servers
from servers.base import Target, TargetError
from servers.embedded.options import Options
from servers.embedded.target import EmbeddedTarget
from tests import targets
from tests.servers.patience import PATIENCE_S, eventually
from tests.servers.wire import Wire

ROOT = Path(servers.__file__).resolve().parent.parent


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Child(Target):
    """The server process on its own, without the class that usually starts it."""

    name = "child"

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self.process = process
        self.ready: dict[str, Any] = json.loads(process.stdout.readline())

    def start(self, cpus: object = None) -> None: ...
    def wait_ready(self, timeout_s: float = 0) -> None: ...
    def stop(self) -> None: ...
    def processes(self) -> list[int]:
        return [self.process.pid]

    def counts(self) -> None:
        return None

    def describe(self) -> dict[str, str]:
        return {}

    @property
    def base_url(self) -> str:
        scheme = "https" if self.ready["ca_file"] else "http"
        return f"{scheme}://127.0.0.1:{self.ready['port']}"

    @property
    def ca_file(self) -> str | None:
        path: str | None = self.ready["ca_file"]
        return path


@contextmanager
def child(*words: str) -> Iterator[Child]:
    """A server process whose standard error must stay empty to the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "servers.embedded", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None and process.stderr is not None
        yield Child(process)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE_S) == 0


def listening_only(pid: int) -> bool:
    return [c.status for c in psutil.Process(pid).net_connections("tcp")] == [psutil.CONN_LISTEN]


# --- the contract --------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [False, True])
def test_stop_leaves_no_process_and_no_file_and_may_be_repeated(tls: bool) -> None:
    target = EmbeddedTarget(tls=tls)
    target.stop()
    for _ in range(2):
        target.start()
        target.wait_ready()
        target.wait_ready()
        (pid,) = target.processes()
        assert target.describe()["name"] == "embedded"
        ca_file = target.ca_file
        assert (ca_file is not None) == tls
        target.stop()
        target.stop()
        assert target.processes() == []
        assert not psutil.pid_exists(pid)
        assert ca_file is None or not Path(ca_file).parent.exists()


def test_it_does_not_start_twice(fresh_target: EmbeddedTarget) -> None:
    with pytest.raises(TargetError, match="running already"):
        fresh_target.start()


def test_before_it_is_ready_questions_get_a_clear_answer() -> None:
    target = EmbeddedTarget()
    for question in (lambda: target.base_url, target.counts, target.describe, target.wait_ready):
        with pytest.raises(TargetError, match="call start"):
            question()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "", "127.0.0.1 "])
def test_a_host_beyond_loopback_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        EmbeddedTarget(host=host)
    words = ["-m", "servers.embedded", "--host", host]
    refused = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, check=False)
    assert refused.returncode == 2
    assert b"--host" in refused.stderr


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2"])
def test_it_listens_on_the_loopback_address_given_and_no_other(host: str) -> None:
    target = EmbeddedTarget(host=host)
    try:
        target.start()
        target.wait_ready()
        (pid,) = target.processes()
        (listener,) = psutil.Process(pid).net_connections("tcp")
        assert listener.laddr.ip == {"localhost": "127.0.0.1"}.get(host, host)
        with Wire(target) as wire:
            assert wire.ask("/").status == 200
    finally:
        target.stop()


def test_the_url_of_an_ipv6_target_is_bracketed() -> None:
    assert Options.from_words(Options(host="::1").to_words()).host == "::1"


@pytest.mark.parametrize(
    "options", [Options(), Options("::1", 8080, True, "instance-2", True, "/made", (0, 3), 2.5)]
)
def test_options_survive_the_command_line(options: Options) -> None:
    assert Options.from_words(options.to_words()) == options


def test_it_runs_on_the_cpus_given_in_a_process_group_of_its_own() -> None:
    cpu = min(os.sched_getaffinity(0))
    target = EmbeddedTarget()
    try:
        target.start(cpus={cpu})
        target.wait_ready()
        (pid,) = target.processes()
        assert psutil.Process(pid).cpu_affinity() == [cpu]
        assert (os.getpgid(pid), os.getsid(pid)) == (pid, os.getsid(0))
    finally:
        target.stop()


def test_it_finds_its_code_from_any_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoy = tmp_path / "servers"
    decoy.mkdir()
    (decoy / "__init__.py").write_text("raise SystemExit('the wrong package')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with targets.running():
        pass


def test_describe_names_versions_and_a_configuration_that_is_stable(
    http_target: EmbeddedTarget, https_target: EmbeddedTarget, fresh_target: EmbeddedTarget
) -> None:
    described = [target.describe() for target in (http_target, https_target, fresh_target)]
    assert described[0].keys() >= {"name", "uvloop", "httptools", "python", "configuration"}
    plain, tls, again = (one["configuration"] for one in described)
    assert plain != tls
    assert again in (plain, tls)


def test_the_soft_limit_on_open_files_is_raised_to_the_hard_one(
    http_target: EmbeddedTarget,
) -> None:
    (pid,) = http_target.processes()
    soft, hard = psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE)
    assert soft == hard


# --- the end -------------------------------------------------------------------------------------


def test_a_target_that_died_says_so(fresh_target: EmbeddedTarget) -> None:
    (pid,) = fresh_target.processes()
    os.kill(pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(TargetError, match=r"died \(exit status -9\)"):
            fresh_target.counts()


def test_a_killed_target_s_certificate_is_removed_by_stop() -> None:
    target = EmbeddedTarget(tls=True)
    target.start()
    target.wait_ready()
    ca_file = Path(target.ca_file or "")
    os.kill(target.processes()[0], signal.SIGKILL)
    target.stop()
    assert not ca_file.parent.exists()


def test_a_target_that_cannot_start_gives_its_reason_in_one_line() -> None:
    target = EmbeddedTarget()
    try:
        target.start(cpus=[100_000])
        with pytest.raises(TargetError, match="cannot run on CPUs") as caught:
            target.wait_ready()
        assert "\n" not in str(caught.value)
    finally:
        target.stop()


def test_a_target_that_does_not_answer_is_given_up() -> None:
    target = EmbeddedTarget()
    try:
        target.start()
        os.kill(target.processes()[0], signal.SIGSTOP)
        with pytest.raises(TargetError, match=r"did not answer within 0\.1 s"):
            target.wait_ready(0.1)
    finally:
        os.kill(target.processes()[0], signal.SIGCONT)
        target.stop()


@pytest.mark.parametrize("words", [(), ("--tls",)])
def test_the_end_of_standard_input_ends_it_even_with_work_under_way(words: tuple[str, ...]) -> None:
    with child(*words) as running:
        wires = [Wire(running) for _ in range(3)]
        for wire, path in zip(wires, ("/delay/10", "/drip?duration=10", "/"), strict=True):
            wire.send(wire.request(path))
        wires[-1].reply()
    for wire in wires:
        wire.close()
    assert running.ca_file is None or not Path(running.ca_file).parent.exists()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(name: signal.Signals) -> None:
    with child("--tls") as running:
        os.kill(running.process.pid, name)
        assert running.process.wait(PATIENCE_S) == 0
    assert running.ca_file is not None
    assert not Path(running.ca_file).parent.exists()


PARENT = """
import os, signal
from servers.embedded.target import EmbeddedTarget
target = EmbeddedTarget(tls=True)
target.start()
target.wait_ready()
print(target.processes()[0], target.ca_file, flush=True)
signal.pause()
"""


def test_a_killed_parent_leaves_no_process_and_no_file() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, ca_file = parent.stdout.readline().split()
        assert Path(ca_file).exists()
        parent.kill()
    assert eventually(lambda: gone(int(pid)))
    assert not Path(ca_file).parent.exists()


def test_an_unknown_command_is_an_error_and_not_the_end() -> None:
    with child() as running:
        stdin, stdout = running.process.stdin, running.process.stdout
        assert stdin is not None and stdout is not None
        for command, answer in (
            (b'{"do": "dance"}\n', {"error": "unknown command 'dance'"}),
            (b"not json\n", {"error": "unknown command 'not json'"}),
            (b"[]\n", {"error": "unknown command '[]'"}),
            (b'{"do": "read_log"}\n', {"error": "no log was started"}),
            (b'{"do": "counts"}\n', {"requests": 0, "connections": 0}),
        ):
            stdin.write(command)
            stdin.flush()
            assert json.loads(stdout.readline()) == answer


# --- connections come and go ---------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), ("--tls",)])
def test_clients_that_vanish_in_mid_answer_leave_nothing(words: tuple[str, ...]) -> None:
    paths = ("/delay/10", "/drip?duration=60", "/drip?duration=0&numbytes=9999999", "/bytes/102400")
    with child(*words) as running:
        for path in paths:
            for half in (False, True):
                with Wire(running) as wire:
                    request = wire.request(path) * 5
                    wire.send(request[:-9] if half else request)
                    if path.startswith("/drip"):
                        wire.socket.recv(1)
        assert eventually(lambda: listening_only(running.process.pid))


def test_no_descriptor_is_leaked(fresh_target: EmbeddedTarget) -> None:
    (pid,) = fresh_target.processes()
    with Wire(fresh_target) as wire:
        wire.ask("/")
    assert eventually(lambda: listening_only(pid))
    before = psutil.Process(pid).num_fds()
    for _ in range(4):
        wires = [Wire(fresh_target) for _ in range(50)]
        assert all(wire.ask("/").status == 200 for wire in wires)
        for wire in wires:
            wire.close()
    assert eventually(lambda: psutil.Process(pid).num_fds() == before)


@pytest.mark.parametrize("words", [(), ("--tls",)])
def test_idle_and_half_sent_requests_are_dropped_and_slow_answers_are_not(
    words: tuple[str, ...],
) -> None:
    with child("--idle-timeout-s", "1", *words) as running:
        slow, half, idle = Wire(running), Wire(running), Wire(running)
        half.send(half.request("/")[:-2])
        slow.send(slow.request("/delay/4"))
        assert idle.at_end()
        assert half.at_end()
        assert slow.reply().status == 200
        for wire in (slow, half, idle):
            wire.close()


# --- TLS -----------------------------------------------------------------------------------------


def test_its_certificate_is_verified_by_its_authority_alone(https_target: EmbeddedTarget) -> None:
    with Wire(https_target) as wire:
        assert wire.ask("/").status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        Wire(https_target, ssl.create_default_context())


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_its_certificate_is_valid_for_every_name_of_this_machine(
    https_target: EmbeddedTarget, name: str
) -> None:
    context = ssl.create_default_context(cafile=https_target.ca_file)
    (pid,) = https_target.processes()
    port = psutil.Process(pid).net_connections("tcp")[0].laddr.port
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        assert secured.getpeercert()


def test_it_speaks_tls_1_2_and_1_3_and_names_http_1_1(https_target: EmbeddedTarget) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=https_target.ca_file)
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["h2", "http/1.1"])
        with Wire(https_target, context) as wire:
            assert isinstance(wire.socket, ssl.SSLSocket)
            assert wire.socket.version() == version.name.replace("_", ".")
            assert wire.socket.selected_alpn_protocol() == "http/1.1"
            assert wire.ask("/").status == 200


def test_no_private_key_is_left_on_disk(https_target: EmbeddedTarget) -> None:
    folder = Path(https_target.ca_file or "").parent
    assert [path.name for path in folder.iterdir()] == ["ca.pem"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert b"PRIVATE" not in (folder / "ca.pem").read_bytes()


def test_a_failed_handshake_is_no_connection() -> None:
    with targets.running(tls=True) as target:
        with pytest.raises(ssl.SSLError):
            Wire(target, ssl.create_default_context())
        with Wire(target) as wire:
            wire.ask("/")
        counts = target.counts()
    assert (counts.requests, counts.connections) == (1, 1)
