"""What a target is expected to do, claim by claim."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from servers.conformance.visit import SEVERAL, TIMEOUT_S, Failed, Visit, expect
from servers.standing import records

__all__ = ["CLAIMS", "STARTS", "STOPS", "Claim", "Traces"]

OK = 200
ON_ONE_CONNECTION = 50
AT_ONCE = 32
COUNTED = 40
MOST_ASKED = 300  # until each instance has answered: connections are divided by chance
GONE_S = 2.0
LOOK_S = 0.02
NO_VERSIONS = ("name", "runtime", "configuration")


def _always(_: Visit) -> bool:
    return True


@dataclass(frozen=True)
class Claim:
    """One sentence, and the check of it, which raises ``Failed``.

    ``concerns``: whether it applies to this start of the target.
    """

    name: str
    sentence: str
    check: Callable[[Visit], None]
    concerns: Callable[[Visit], bool] = _always


def _nothing(_: Visit) -> None:
    """It is seen after the end."""


def ready(visit: Visit) -> None:
    """The first request is answered."""
    expect(visit.get().status, OK, f"status of {visit.path} at once:")


def loopback(visit: Visit) -> None:
    """Nobody who comes by another interface gets in."""
    for process in map(psutil.Process, visit.target.processes()):
        with contextlib.suppress(psutil.Error):
            for one in process.net_connections("tcp"):
                if one.status == psutil.CONN_LISTEN and not _is_loopback(one.laddr.ip):
                    raise Failed(f"it listens on {one.laddr.ip}, port {one.laddr.port}")
    for address in _other_addresses():
        with contextlib.suppress(OSError):
            socket.create_connection((address, visit.port), TIMEOUT_S).close()
            raise Failed(f"it can be reached at {address}, port {visit.port}")


def _is_loopback(ip: str) -> bool:
    return ip.startswith(("127.", "::ffff:127.")) or ip == "::1"


def _other_addresses() -> Iterator[str]:
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            if one.family == socket.AF_INET and not _is_loopback(one.address):
                yield one.address


def routes(visit: Visit) -> None:
    """As they are, and without a body where HEAD asks for none."""
    connection = visit.connect()
    with contextlib.closing(connection):
        for path, length in visit.routes.items():
            for method, wanted in (("GET", length), ("HEAD", 0)):
                connection.request(method, path)
                response = connection.getresponse()
                expect(response.status, OK, f"status of {method} {path}:")
                announced = response.headers.get("Content-Length", str(length))
                expect(announced, str(length), f"Content-Length of {method} {path}:")
                expect(len(response.read()), wanted, f"body of {method} {path}:")


def keep_alive(visit: Visit) -> None:
    """Requests one after another."""
    connection = visit.connect()
    with contextlib.closing(connection):
        for number in range(ON_ONE_CONNECTION):
            connection.request("GET", visit.path)
            response = connection.getresponse()
            response.read()
            expect(response.status, OK, f"status of request {number + 1}:")
            if response.will_close:
                raise Failed(f"it closes the connection after {number + 1} requests")


def at_once(visit: Visit) -> None:
    """All of them are open, before the first is read."""
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(contextlib.closing(visit.connect())) for _ in range(AT_ONCE)]
        for connection in opened:
            connection.request("GET", visit.path)
        for connection in reversed(opened):
            response = connection.getresponse()
            response.read()
            expect(response.status, OK, "status:")


def counts(visit: Visit) -> None:
    """Health checks and the like apart."""
    before = visit.target.counts()
    for _ in range(COUNTED):
        visit.get()
    after = visit.target.counts()
    if before is None or after is None:
        raise Failed("it does not count, and says that it reports")
    expect(after.requests - before.requests, COUNTED, "requests counted:")
    if after.by_instance:
        expect(sum(after.by_instance.values()), after.requests, "counted by all instances:")


def instances(visit: Visit) -> None:
    """By ``X-Instance``."""
    apart = visit.kind.is_proxy or visit.kind.process_per_instance
    number = SEVERAL if apart and visit.spec.instances == SEVERAL else 1
    # Alone, a process of ours has no need for a name.
    if number == 1 and visit.origin.own_process and not visit.kind.is_proxy:
        return
    wanted = {f"instance-{one}" for one in range(1, number + 1)}
    found: set[str] = set()
    for _ in range(MOST_ASKED):
        found.add(visit.get().headers.get("X-Instance", "nobody"))
        if found >= wanted:
            break
    expect(sorted(found), sorted(wanted), "answered:")


def described(visit: Visit) -> None:
    """Beside its name."""
    description = visit.target.describe()
    expect(description.get("name"), visit.spec.name, "its name:")
    if not description.get("configuration"):
        raise Failed("there is no hash of its configuration")
    versions = {name: v for name, v in description.items() if name not in NO_VERSIONS}
    if not versions or not all(any(map(str.isdigit, version)) for version in versions.values()):
        raise Failed(f"its versions are {versions or 'unknown'}")


def processes(visit: Visit) -> None:
    """Whose CPU is its CPU."""
    known = visit.target.processes()
    if not known:
        raise Failed("none is known")
    listening = [pid for pid in _listeners(visit.port) if pid not in known]
    if listening:
        raise Failed(f"process {listening[0]} listens for it, and is not among those it names")


def _listeners(port: int) -> list[int]:
    """Processes that listen on a port, as far as they can be seen."""
    return [
        one.pid
        for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port and one.pid is not None
    ]


def certificate(visit: Visit) -> None:
    """By both names of this machine, and by HTTP/1.1 alone."""
    for host in ("localhost", "127.0.0.1"):
        context = ssl.create_default_context(cafile=visit.target.ca_file)
        context.set_alpn_protocols(["h2", "http/1.1"])
        try:
            with (
                socket.create_connection(("127.0.0.1", visit.port), TIMEOUT_S) as plain,
                context.wrap_socket(plain, server_hostname=host) as secured,
            ):
                protocol = secured.selected_alpn_protocol()
        except ssl.SSLError as error:
            raise Failed(f"for {host}: {error}") from error
        if protocol == "h2":
            raise Failed("it agrees on HTTP/2, expected HTTP/1.1")


@dataclass(frozen=True)
class Traces:
    """What a target would leave behind, noted while it runs."""

    port: int
    pids: tuple[int, ...]
    folders: frozenset[Path]

    @classmethod
    def of(cls, visit: Visit) -> Traces:
        """Of one that runs: its folder is where its CA's certificate is, or its host's record says."""
        ca_file, url = visit.target.ca_file, visit.target.base_url
        recorded = (Path(one.folder) for one in records() if one.told.get("base_url") == url)
        folders = frozenset((*recorded, *((Path(ca_file).parent,) if ca_file else ())))
        pids = {*visit.target.processes(), *_listeners(visit.port)}
        return cls(visit.port, tuple(sorted(pids)), folders)

    def expect_none(self) -> None:
        """Raise ``Failed`` for anything that is still there after a while."""
        deadline = time.monotonic() + GONE_S
        while (left := next(self._left(), None)) is not None:
            if time.monotonic() > deadline:
                raise Failed(left)
            time.sleep(LOOK_S)

    def _left(self) -> Iterator[str]:
        for pid in self.pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                    yield f"process {pid} is still there"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S).close()
            yield f"port {self.port} is still listened on"
        yield from (f"{folder} is still there" for folder in self.folders if folder.exists())


def _is_native(visit: Visit) -> bool:
    return visit.spec.runtime == "native"


def _reports(visit: Visit) -> bool:
    return visit.origin.reports


def _has_routes(visit: Visit) -> bool:
    return bool(visit.routes)


def _has_tls(visit: Visit) -> bool:
    return visit.spec.tls


# The first and the last of them are the suite's own doing: see ``harness.checking.targets``.
STARTS = Claim("ready", "it starts, and answers as soon as it says that it is ready", ready)
STOPS = Claim("stops", "stopped, it leaves no process, no port and no file", _nothing)
CLAIMS: tuple[Claim, ...] = (
    STARTS,
    Claim("loopback", "it listens on the loopback interface only", loopback),
    Claim("routes", "its paths have bodies of the length it declares", routes, _has_routes),
    Claim("keep-alive", "it keeps connections", keep_alive),
    Claim("at-once", "it serves 32 connections at once", at_once),
    Claim("counts", "it counts every request, and nothing else", counts, _reports),
    Claim("instances", "every instance answers, by its name", instances, _reports),
    Claim("described", "it describes its versions and its configuration", described),
    Claim("processes", "its processes are those that serve", processes, _is_native),
    Claim("certificate", "its certificate can be verified, over HTTP/1.1", certificate, _has_tls),
    STOPS,
)
