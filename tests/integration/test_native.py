"""Real servers, as processes of this machine: what they serve, and how they end."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from servers.base import TargetError
from servers.catalogue import software
from servers.hosted import HostedTarget
from servers.native import unprivileged
from servers.spec import TargetSpec
from servers.standing import Record, records, sweep
from tests.require import require, require_software
from tests.servers.patience import eventually
from tests.targets import refusal, started

PROXIES = ("nginx", "traefik", "haproxy", "caddy")
CHECKING = ("traefik", "haproxy", "caddy")  # by requests of their own; nginx notices failed ones
ORIGINS = ("embedded", "httpbin", "nginx-static")
NAMES = {"instance-1", "instance-2", "instance-3"}
REQUEST_TIMEOUT_S = 5.0

Start = Callable[[TargetSpec], HostedTarget]


def of(name: str, *, tls: bool = False, upstream: str = "embedded", port: int = 0) -> TargetSpec:
    """A proxy before three servers, or one origin."""
    if name in PROXIES:
        return TargetSpec(name, instances=3, upstream=upstream, tls=tls, port=port)
    return TargetSpec(name, tls=tls, port=port)


@contextlib.contextmanager
def running(spec: TargetSpec) -> Iterator[HostedTarget]:
    for name in filter(None, (spec.name, spec.upstream)):
        require_software(name)
    with started(HostedTarget(spec)) as target:
        yield target


@pytest.fixture(scope="module")
def shared() -> Iterator[Start]:
    """Targets that tests share: they may change nothing about them."""
    with contextlib.ExitStack() as stack:
        started: dict[TargetSpec, HostedTarget] = {}

        def start(spec: TargetSpec) -> HostedTarget:
            if spec not in started:
                started[spec] = stack.enter_context(running(spec))
            return started[spec]

        yield start


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where targets that are started by this test put their files; their records are its own, too."""
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


class Client:
    """One connection, kept; ``get`` gives status and the instance that answered."""

    def __init__(self, target: HostedTarget, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        host, port = target.base_url.partition("://")[2].split(":")
        self.connection = http.client.HTTPConnection(host, int(port), timeout=timeout_s)
        if target.ca_file is not None:
            context = ssl.create_default_context(cafile=target.ca_file)
            self.connection = http.client.HTTPSConnection(
                host, int(port), timeout=timeout_s, context=context
            )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def get(self, path: str = "/get") -> tuple[int, str]:
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        response.read()
        return response.status, response.headers.get("X-Instance", "")


def try_once(target: HostedTarget, timeout_s: float = 0.3) -> tuple[int, str] | None:
    """One request on a connection of its own; None if it was not answered in time."""
    with Client(target, timeout_s) as client, contextlib.suppress(OSError):
        return client.get()
    return None


def alive(pids: list[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def record_of(target: HostedTarget) -> Record:
    (record,) = [one for one in records() if one.told.get("base_url") == target.base_url]
    return record


def fake(folder: Path, program: str, *lines: str) -> None:
    """A program on PATH that tells a version, and otherwise does what ``lines`` say."""
    path = folder / program
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


def failure(spec: TargetSpec) -> str:
    """What is said about a target that cannot be started; nothing of it is left."""
    message = refusal(HostedTarget(spec))
    assert not records()
    return message


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", PROXIES)
def test_requests_are_spread_over_all_instances(shared: Start, name: str, tls: bool) -> None:
    target = shared(of(name, tls=tls))
    before = target.counts()
    with Client(target) as client:
        answers = [client.get() for _ in range(60)]
    after = target.counts()
    assert {status for status, _ in answers} == {200}
    spread = Counter(who for _, who in answers)
    assert set(spread) == NAMES
    assert min(spread.values()) >= 15
    assert before is not None
    assert after is not None
    counted = {who: after.by_instance[who] - before.by_instance[who] for who in NAMES}
    assert counted == spread
    assert target.processes_by_role().keys() == {"proxy", "origin"}


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", ORIGINS)
def test_origins_serve(shared: Start, name: str, tls: bool) -> None:
    target = shared(of(name, tls=tls))
    with Client(target) as client:
        assert client.get("/")[0] == 200
        assert client.get("/health")[0] == 200
    assert target.base_url.startswith("https://" if tls else "http://127.0.0.1:")


@pytest.mark.parametrize("name", PROXIES)
def test_connections_of_clients_are_kept(shared: Start, name: str) -> None:
    """nginx closes them after 1,000 requests unless it is told not to."""
    with Client(shared(of(name))) as client:
        client.get()
        first = client.connection.sock.getsockname()
        assert {client.get("/")[0] for _ in range(1100)} == {200}
        assert client.connection.sock.getsockname() == first


@pytest.mark.parametrize("name", PROXIES)
def test_connections_to_servers_are_kept(shared: Start, name: str) -> None:
    target = shared(of(name))
    origins = target.processes_by_role()["origin"]

    def kept(client: Client) -> bool:
        for _ in range(30):
            client.get()
        before = connections(origins)
        for _ in range(300):
            client.get()
        after = connections(origins)
        return len(after - before) <= len(origins) and bool(after & before)

    with Client(target) as client:
        # soon after its start, Traefik takes over its configuration once more, and connects anew
        assert eventually(lambda: kept(client))


def connections(pids: list[int]) -> set[tuple[str, int]]:
    """The far ends of all connections that these processes have accepted."""
    ends = [end for pid in pids for end in psutil.Process(pid).net_connections("tcp")]
    return {tuple(end.raddr) for end in ends if end.status == psutil.CONN_ESTABLISHED}


def test_files_of_nginx_have_the_size_that_their_name_says(shared: Start) -> None:
    with Client(shared(of("nginx-static"))) as client:
        client.connection.request("GET", "/files/10k")
        assert len(client.connection.getresponse().read()) == 10 * 1024


def test_httpbin_counts_over_all_of_its_workers_but_not_its_housekeeping() -> None:
    with running(TargetSpec("httpbin", instances=2)) as target, contextlib.ExitStack() as stack:
        assert len(target.processes()) == 3, "gunicorn and its two workers"
        clients = [stack.enter_context(Client(target)) for _ in range(20)]
        for client in clients:  # all at once: one worker alone could serve one after the other
            client.connection.request("GET", "/status/404")
        for client in clients:
            with client.connection.getresponse() as response:
                assert response.status == 404
            assert client.get("/get") == (200, "instance-1")
            assert client.get("/health") == (200, "instance-1")
        workers = target.processes()[1:]
        assert all(connections([worker]) for worker in workers), "both have clients"
        counts = target.counts()
        assert counts is not None
        assert counts.requests == 40
        assert record_log(target) == ""


def record_log(target: HostedTarget) -> str:
    """What the target's only server has printed."""
    return (Path(record_of(target).folder) / "instance-1" / "log").read_text()


def test_httpbin_behind_a_proxy_tells_its_instances_apart(shared: Start) -> None:
    target = shared(of("nginx", upstream="httpbin"))
    with Client(target) as client:
        answers = Counter(client.get("/get") for _ in range(30))
    assert answers.keys() == {(200, name) for name in NAMES}


def test_embedded_instances_share_a_port_and_one_may_die() -> None:
    with running(TargetSpec("embedded", instances=3)) as target:
        answers = Counter(try_once(target, REQUEST_TIMEOUT_S) for _ in range(90))
        assert answers.keys() == {(200, name) for name in NAMES}
        counts = target.counts()
        assert counts is not None
        assert counts.by_instance == {who: number for (_, who), number in answers.items()}
        os.kill(target.processes()[0], signal.SIGKILL)
        assert eventually(lambda: lost(target) != ())
        assert "instance-1" in lost(target)[0]
        assert {try_once(target, REQUEST_TIMEOUT_S) for _ in range(30)} <= set(answers)


def lost(target: HostedTarget) -> tuple[str, ...]:
    counts = target.counts()
    assert counts is not None
    return counts.lost


@pytest.mark.parametrize("name", PROXIES)
def test_requests_go_on_when_a_server_is_killed(name: str) -> None:
    with running(of(name)) as target, Client(target) as client:
        for _ in range(100):
            client.get()
        assert lost(target) == ()
        os.kill(target.processes_by_role()["origin"][1], signal.SIGKILL)
        answers = [client.get() for _ in range(300)]
        failed = [status for status, _ in answers if status != 200]
        assert len(failed) <= 3
        assert {who for status, who in answers[-100:] if status == 200} == NAMES - {"instance-2"}
        (message,) = lost(target)
        assert "instance-2" in message
        counts = target.counts()
        assert counts is not None
        assert counts.by_instance["instance-2"] >= 30, "as last seen"


@pytest.mark.parametrize("name", CHECKING)
def test_a_server_that_hangs_is_taken_out_until_it_answers_again(name: str) -> None:
    """Its kernel still accepts connections: nothing but a check of its health finds out."""
    with running(of(name)) as target:
        frozen = target.processes_by_role()["origin"][1]
        os.kill(frozen, signal.SIGSTOP)
        try:
            assert eventually(lambda: None not in [try_once(target) for _ in range(9)])
        finally:
            os.kill(frozen, signal.SIGCONT)
        assert eventually(
            lambda: "instance-2" in {(try_once(target) or (0, ""))[1] for _ in range(9)}
        )
        assert lost(target) == ()


@pytest.mark.parametrize("name", ["httpbin", "nginx-static", *PROXIES])
def test_stopping_leaves_nothing(name: str, own_folder: Path) -> None:
    with running(of(name, tls=True)) as target:
        pids = target.processes()
        assert len(alive(pids)) == len(pids)
        folder = Path(record_of(target).folder)
        assert folder.parent == own_folder
        keys = list(folder.rglob("*.key"))
        assert keys
        assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    assert not alive(pids)
    assert not list(own_folder.iterdir())
    assert not records()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", [*ORIGINS, *PROXIES])
def test_the_folder_for_temporary_files_may_have_any_name(
    name: str, tls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a b;c\"d'e{$f}#g\\h:i%j\u00fc*"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = "/files/1m" if name == "nginx-static" else "/"
    with running(of(name, tls=tls)) as target, Client(target) as client:
        assert Path(record_of(target).folder).parent == folder
        assert client.get(path)[0] == 200
    assert not list(folder.iterdir())


@pytest.mark.parametrize("name", ["nginx-static", "nginx", "traefik", "caddy"])
def test_what_answers_is_not_run_by_root(name: str, own_folder: Path) -> None:
    require_software(name)
    require(os.geteuid() == 0, "only root can give up privileges")
    program = software(name).find().words[0]
    account = unprivileged(program)
    require(account is not None, f"no account without privileges may run {program} here")
    assert account is not None
    with running(of(name, tls=True)) as target, Client(target) as client:
        fronts = target.processes_by_role()["origin" if name == "nginx-static" else "proxy"]
        assert {psutil.Process(pid).uids().real for pid in fronts} == {account[0]}
        if name == "nginx-static":
            assert client.get("/files/100k")[0] == 200
        else:  # larger than what nginx keeps in memory: it writes it to its folder
            client.connection.request("POST", "/post", b"x" * (1 << 20))
            assert client.connection.getresponse().status == 200


@pytest.mark.parametrize("name", [*ORIGINS, *PROXIES])
def test_targets_speak_http_1_1_whatever_they_are_offered(shared: Start, name: str) -> None:
    target = shared(of(name, tls=True))
    host, port = target.base_url.partition("://")[2].split(":")
    context = ssl.create_default_context(cafile=target.ca_file)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((host, int(port)), REQUEST_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        assert secured.selected_alpn_protocol() in (None, "http/1.1")


@pytest.mark.parametrize("name", ["httpbin", "nginx-static", *PROXIES])
def test_servers_end_with_a_host_that_is_killed(name: str, own_folder: Path) -> None:
    with running(of(name)) as target:
        pids, record = target.processes(), record_of(target)
        os.kill(record.pid, signal.SIGKILL)
        assert eventually(lambda: not alive(pids)), alive(pids)
        with pytest.raises(TargetError, match="died"):
            target.counts()
        assert list(own_folder.iterdir())
        sweep(record)
        assert not list(own_folder.iterdir())
        assert not records()


def test_a_proxy_that_is_killed_is_gone_and_shows_its_last_words() -> None:
    with running(of("haproxy")) as target:
        os.kill(target.processes_by_role()["origin"][0], signal.SIGKILL)
        log = Path(record_of(target).folder) / "proxy" / "log"
        assert eventually(lambda: "is DOWN" in log.read_text())
        os.kill(target.processes_by_role()["proxy"][0], signal.SIGKILL)
        with pytest.raises(TargetError, match=r"haproxy: proxy ended .exit status -9.; .*is DOWN"):
            eventually(lambda: target.counts() is None)


@pytest.mark.parametrize("name", ["nginx-static", "haproxy", "httpbin"])
def test_a_port_that_is_taken_is_named(name: str, own_folder: Path) -> None:
    require_software(name)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}" in failure(of(name, port=port))
    assert not list(own_folder.iterdir())


@pytest.fixture
def only_fakes(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without any server of this machine; what else is needed there is linked."""
    programs = own_folder.parent / "programs"
    programs.mkdir()
    for name in ("sh", "sleep"):
        (programs / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(programs))
    return programs


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["echo nginx version: nginx/2.0.1 >&2"],
            "version 2.0.1 is installed, but clientbench needs major",
        ),
        (["echo 'bad CPU'"], "does not print its version; install it"),
        (
            [
                '[ "$1" = -v ] && echo nginx/1.29.1 && exit',
                "echo nginx: it was a nice day >&2",
                "echo nginx: and then this >&2",
                "exit 3",
            ],
            "ended (exit status 3); its log ends: nginx: it was a nice day | nginx: and then this",
        ),
    ],
    ids=["another major version", "no server", "dies at start"],
)
def test_what_cannot_be_started_is_said_in_one_line(
    only_fakes: Path, own_folder: Path, lines: list[str], expected: str
) -> None:
    fake(only_fakes, "nginx", *lines)
    assert expected in failure(of("nginx-static"))
    assert not list(own_folder.iterdir())


@pytest.mark.usefixtures("only_fakes")
def test_what_is_not_installed_is_said_in_one_line(own_folder: Path) -> None:
    assert "traefik: no traefik on PATH; put the program of a v3" in failure(of("traefik"))
    assert not list(own_folder.iterdir())


def test_servers_of_a_proxy_that_cannot_be_started_are_stopped(
    only_fakes: Path, own_folder: Path
) -> None:
    said = ('[ "$1" = -v ] && echo HAProxy version 2.6.12 && exit', "echo no luck", "exit 1")
    fake(only_fakes, "haproxy", *said)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    assert "haproxy: proxy ended (exit status 1); its log ends: no luck" in failure(of("haproxy"))
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert not list(own_folder.iterdir())
