"""The claims that every target must fulfil."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import psutil

from servers.conformance.leftovers import listeners
from servers.conformance.visit import SEVERAL, TIMEOUT_S, Failed, Visit, expect
from servers.hosted import HostedTarget

__all__ = ["CLAIMS", "Claim"]

OK = 200
ON_ONE_CONNECTION = 50
AT_ONCE = 32
COUNTED = 40
MOST_ASKED = 300  # until each instance has answered: connections are distributed at random
NO_VERSIONS = ("name", "runtime", "configuration")


def _always(_: Visit) -> bool:
    return True


@dataclass(frozen=True)
class Claim:
    """One thing that a target must do, as one sentence, and its check, which raises ``Failed``.

    ``concerns`` says whether it applies to this start of the target; ``when`` says when it is
    checked. A claim for "started" also fails if the target does not start.
    """

    name: str
    sentence: str
    check: Callable[[Visit], None]
    concerns: Callable[[Visit], bool] = _always
    when: Literal["started", "running", "stopped"] = "running"


def ready(visit: Visit) -> None:
    """Check that the first request is answered."""
    expect(visit.get().status, OK, f"status of {visit.path} at once:")


def loopback(visit: Visit) -> None:
    """Check that it cannot be reached on another interface."""
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
    """Request each path with GET and HEAD."""
    with contextlib.closing(visit.connect()) as connection:
        for path, length in visit.routes.items():
            for method, wanted in (("GET", length), ("HEAD", 0)):
                connection.request(method, path)
                response = connection.getresponse()
                expect(response.status, OK, f"status of {method} {path}:")
                announced = response.headers.get("Content-Length", str(length))
                expect(announced, str(length), f"Content-Length of {method} {path}:")
                expect(len(response.read()), wanted, f"body of {method} {path}:")


def keep_alive(visit: Visit) -> None:
    """Send requests one after another on one connection."""
    with contextlib.closing(visit.connect()) as connection:
        for number in range(ON_ONE_CONNECTION):
            connection.request("GET", visit.path)
            response = connection.getresponse()
            response.read()
            expect(response.status, OK, f"status of request {number + 1}:")
            if response.will_close:
                raise Failed(f"it closes the connection after {number + 1} requests")


def at_once(visit: Visit) -> None:
    """Open all connections before the first answer is read."""
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(contextlib.closing(visit.connect())) for _ in range(AT_ONCE)]
        for connection in opened:
            connection.request("GET", visit.path)
        for connection in reversed(opened):
            response = connection.getresponse()
            response.read()
            expect(response.status, OK, "status:")


def counts(visit: Visit) -> None:
    """Compare its counts with the requests sent; health checks do not count."""
    before = visit.target.counts()
    for _ in range(COUNTED):
        visit.get()
    after = visit.target.counts()
    if before is None or after is None:
        raise Failed("it reports no counts, although it declares that it does")
    expect(after.requests - before.requests, COUNTED, "requests counted:")
    if after.by_instance:
        expect(sum(after.by_instance.values()), after.requests, "counted by all instances:")


def instances(visit: Visit) -> None:
    """Look for the name of each instance in ``X-Instance``."""
    apart = visit.kind.is_proxy or visit.kind.process_per_instance
    number = SEVERAL if apart and visit.spec.instances == SEVERAL else 1
    wanted = {f"instance-{one}" for one in range(1, number + 1)}
    found: set[str] = set()
    for _ in range(MOST_ASKED):
        found.add(visit.get().headers.get("X-Instance", "nobody"))
        if found >= wanted:
            break
    expect(sorted(found), sorted(wanted), "answered:")


def described(visit: Visit) -> None:
    """Check its description: versions and configuration hash."""
    description = visit.target.describe()
    expect(description.get("name"), visit.spec.name, "its name:")
    if not description.get("configuration"):
        raise Failed("the hash of its configuration is missing")
    versions = {name: v for name, v in description.items() if name not in NO_VERSIONS}
    if not versions or not all(any(map(str.isdigit, version)) for version in versions.values()):
        raise Failed(f"its versions are {versions or 'unknown'}")


def processes(visit: Visit) -> None:
    """Compare its list of processes with those that listen."""
    known = visit.target.processes()
    if not known:
        raise Failed("none is known")
    listening = [pid for pid in listeners(visit.port) if pid not in known]
    if listening:
        raise Failed(
            f"process {listening[0]} listens on its port, but is missing from its list of processes"
        )


def certificate(visit: Visit) -> None:
    """Connect by both names of this machine, and offer HTTP/2."""
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
            raise Failed("it negotiates HTTP/2, expected HTTP/1.1")


def stops(visit: Visit) -> None:
    """Stop it again, which must be harmless, and look for leftovers."""
    visit.target.stop()
    left = visit.leftovers.still_there() if visit.leftovers else None
    if left is not None:
        raise Failed(left)


def _is_native(visit: Visit) -> bool:
    return visit.spec.runtime == "native"


def _reports(visit: Visit) -> bool:
    return visit.origin.reports


def _names_instances(visit: Visit) -> bool:
    """Say whether instances must have names: a single process that answers commands needs none."""
    return _reports(visit) and isinstance(visit.target, HostedTarget)


def _has_routes(visit: Visit) -> bool:
    return bool(visit.routes)


def _has_tls(visit: Visit) -> bool:
    return visit.spec.tls


CLAIMS: tuple[Claim, ...] = (
    Claim("ready", "it starts, and answers as soon as it is ready", ready, when="started"),
    Claim("loopback", "it listens on the loopback interface only", loopback),
    Claim("routes", "its paths have bodies of the length it declares", routes, _has_routes),
    Claim("keep-alive", "it keeps connections alive", keep_alive),
    Claim("at-once", "it serves 32 concurrent connections", at_once),
    Claim("counts", "it counts every request, and no health checks", counts, _reports),
    Claim("instances", "every instance answers, with its own name", instances, _names_instances),
    Claim("described", "it reports its versions and a hash of its configuration", described),
    Claim("processes", "its list of processes is complete", processes, _is_native),
    Claim(
        "certificate",
        "its certificate can be verified, and it speaks HTTP/1.1",
        certificate,
        _has_tls,
    ),
    Claim("stops", "after a stop, no process, port or file is left", stops, when="stopped"),
)
