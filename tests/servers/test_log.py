"""The log tells what really happened, to whom, in which order, and what it could not keep."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from servers.base import TargetError
from servers.embedded.records import ConnectionRecord, RequestRecord
from servers.embedded.request_limits import MAX_DROPPED_BYTES
from servers.embedded.target import EmbeddedTarget
from tests.servers.patience import PATIENCE_S, eventually, settle
from tests.servers.wire import Wire


@pytest.fixture
def target(target: EmbeddedTarget) -> Iterator[EmbeddedTarget]:
    """A target that other tests have done with, and that forgets its log afterwards."""
    settle(target)
    yield target
    target.stop_log()


@pytest.fixture
def logged(target: EmbeddedTarget) -> EmbeddedTarget:
    """A target whose log is on."""
    target.start_log(100)
    return target


def port(wire: Wire) -> int:
    return int(wire.socket.getsockname()[1])


def ascending(*instants: int) -> bool:
    return all(instants) and list(instants) == sorted(instants)


def the_request(target: EmbeddedTarget) -> RequestRecord:
    (record,) = target.read_log().requests
    return record


def the_connection(target: EmbeddedTarget) -> ConnectionRecord:
    (record,) = target.read_log().connections
    return record


def identified(wire: Wire, number: int, path: str = "/") -> bytes:
    return wire.request(path, f"X-Request-Id: {number}")


# --- what is recorded ----------------------------------------------------------------------------


def test_without_a_log_there_is_nothing_to_read(fresh_target: EmbeddedTarget) -> None:
    with pytest.raises(TargetError, match="no log was started"):
        fresh_target.read_log()


@pytest.mark.parametrize(
    "path",
    ["/", "/get", "/nothing", "/status/204", "/delay/0.01", "/stream/3", "/wait?constant=1ms"],
)
def test_the_instants_of_a_request_lie_in_order_between_those_of_its_client(
    logged: EmbeddedTarget, path: str
) -> None:
    connecting_ns = time.monotonic_ns()
    with Wire(logged) as wire:
        connected_ns = settle(logged)
        wire.ask(path, "X-Request-Id: 7")
        answered_ns = time.monotonic_ns()
        request, connection = the_request(logged), the_connection(logged)
        assert connection.closed_ns == 0
    assert (request.id, request.port) == (7, connection.port)
    assert ascending(connecting_ns, connection.accepted_ns, connected_ns, connection.first_byte_ns)
    assert ascending(
        connection.first_byte_ns,
        request.arrival_ns,
        request.written_ns,
        request.end_ns,
        answered_ns,
    )
    assert eventually(lambda: the_connection(logged).closed_ns >= answered_ns)


def test_the_port_is_the_client_s(logged: EmbeddedTarget) -> None:
    with Wire(logged) as first, Wire(logged) as second:
        for wire in (first, second, first):
            wire.ask("/")
        log = logged.read_log()
        assert [one.port for one in log.connections] == [port(first), port(second)]
        assert [one.port for one in log.requests] == [port(first), port(second), port(first)]


def test_every_counted_request_has_one_record(fresh_target: EmbeddedTarget) -> None:
    fresh_target.start_log(100)
    asked = [
        *(
            "GET / HTTP/1.1",
            "HEAD / HTTP/1.1",
            "POST /post HTTP/1.1",
            "GET /drip?duration=0 HTTP/1.1",
        ),
        *("DELETE /get HTTP/1.1", "GET /wait?constant=x HTTP/1.1", "GET / HTTP/2.0"),
    ]
    length = f"Content-Length: {MAX_DROPPED_BYTES + 1}"
    for number, line in enumerate(asked, 1):
        send(fresh_target, line, f"X-Request-Id: {number}")
    send(fresh_target, "PUT / HTTP/1.1", length, "X-Request-Id: 8")
    send(fresh_target, "PUT / HTTP/1.1", "Expect: x", "X-Request-Id: 9")
    send(fresh_target, "nonsense")
    requests = fresh_target.read_log().requests
    assert [one.id for one in requests] == list(range(1, 10))
    assert all(ascending(one.arrival_ns, one.written_ns, one.end_ns) for one in requests)
    assert fresh_target.counts().requests == len(requests)


def send(target: EmbeddedTarget, *lines: str) -> None:
    """One request on a connection of its own."""
    with Wire(target) as wire:
        wire.send("\r\n".join([*lines, f"Host: {wire.host}", "", ""]).encode())
        wire.reply(lines[0].partition(" ")[0])


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("X-Request-Id: 1", 1),
        ("x-request-id: 999999999999999999", 10**18 - 1),
        ("X-Request-Id: 1000000000000000000", 0),
        ("X-Request-Id: -1", 0),
        ("X-Request-Id: 6f1c3d9e-77", 0),
        ("X-Request-Id:", 0),
        ("X-Other: 1", 0),
    ],
)
def test_an_id_is_a_whole_number_or_none(logged: EmbeddedTarget, line: str, number: int) -> None:
    with Wire(logged) as wire:
        wire.ask("/", line)
        wire.ask("/get", line)
    assert [one.id for one in logged.read_log().requests] == [number, number]


def test_a_request_arrives_with_the_last_byte_of_its_header_section(logged: EmbeddedTarget) -> None:
    with Wire(logged) as wire:
        request = wire.request("/post", method="POST", body=b"body")
        cut = len(request) - len(b"\n" + b"body")
        instants = []
        for piece in (request[:5], request[5:cut], request[cut:-4], request[-4:]):
            wire.send(piece)
            instants.append(settle(logged))
        wire.reply()
    first_ns, before_ns, arrived_ns, _ = instants
    record, connection = the_request(logged), the_connection(logged)
    assert ascending(connection.first_byte_ns, first_ns, before_ns, record.arrival_ns, arrived_ns)
    assert ascending(arrived_ns, record.written_ns)


def test_a_streamed_answer_ends_later_than_it_begins(logged: EmbeddedTarget) -> None:
    with Wire(logged) as wire:
        wire.ask("/drip?duration=0.4&numbytes=4")
        wire.ask("/get")
    streamed, whole = logged.read_log().requests
    assert streamed.end_ns - streamed.written_ns > 200_000_000
    assert whole.end_ns == whole.written_ns


def test_pipelined_requests_arrive_at_once_and_are_answered_in_turn(logged: EmbeddedTarget) -> None:
    paths = ["/delay/0.1", "/", "/get"]
    with Wire(logged) as wire:
        wire.send(b"".join(identified(wire, n, path) for n, path in enumerate(paths)))
        for _ in paths:
            wire.reply()
    requests = logged.read_log().requests
    assert [one.id for one in requests] == [0, 1, 2]
    assert [one.wait_ns for one in requests] == [100_000_000, 0, 0]
    assert ascending(*(one.arrival_ns for one in requests), *(one.end_ns for one in requests))


def test_a_client_that_left_too_early_was_heard_and_not_answered(logged: EmbeddedTarget) -> None:
    with Wire(logged) as wire:
        wire.send(identified(wire, 5, "/delay/10"))
        settle(logged)
    assert eventually(lambda: the_connection(logged).closed_ns > 0)
    request = the_request(logged)
    assert (request.id, request.written_ns, request.end_ns) == (5, 0, 0)
    assert request.arrival_ns


# --- TLS -----------------------------------------------------------------------------------------


def test_the_tcp_connection_is_accepted_before_tls_begins(https_target: EmbeddedTarget) -> None:
    """The client delays its side of TLS, and the record tells the two instants apart."""
    https_target.start_log(10)
    context = ssl.create_default_context(cafile=https_target.ca_file)
    url = urlsplit(https_target.base_url)
    with socket.create_connection((url.hostname, url.port), PATIENCE_S) as plain:
        waiting_ns = settle(https_target)
        with context.wrap_socket(plain, server_hostname=url.hostname) as secured:
            assert eventually(lambda: len(https_target.read_log().connections) == 1)
            greeted_ns = settle(https_target)
            connection = the_connection(https_target)
            assert ascending(
                connection.accepted_ns, waiting_ns, connection.handshake_ns, greeted_ns
            )
            assert connection.first_byte_ns == 0
            secured.sendall(b"GET / HTTP/1.1\r\n")
            assert eventually(lambda: the_connection(https_target).first_byte_ns > greeted_ns)


def test_plain_connections_have_no_handshake(http_target: EmbeddedTarget) -> None:
    http_target.start_log(10)
    with Wire(http_target) as wire:
        wire.ask("/")
    assert the_connection(http_target).handshake_ns == 0


# --- on, off, full -------------------------------------------------------------------------------


def test_a_log_begun_on_an_open_connection_knows_its_port(target: EmbeddedTarget) -> None:
    with Wire(target) as wire:
        wire.ask("/")
        target.start_log(10)
        wire.ask("/", "X-Request-Id: 1")
        wire.ask("/get", "X-Request-Id: 2")
        log = target.read_log()
        assert log.connections == []
        assert [(one.id, one.port) for one in log.requests] == [(1, port(wire)), (2, port(wire))]


def test_a_stopped_log_begins_nothing_and_completes_what_was_begun(target: EmbeddedTarget) -> None:
    target.start_log(10)
    with Wire(target) as wire, Wire(target) as other:
        wire.send(identified(wire, 1, "/delay/0.3"))
        settle(target)
        target.stop_log()
        other.ask("/", "X-Request-Id: 2")
        other.ask("/get", "X-Request-Id: 3")
        with Wire(target) as late:
            late.ask("/")
        wire.reply()
        log = target.read_log()
    assert [one.id for one in log.requests] == [1]
    assert log.requests[0].end_ns > 0
    assert len(log.connections) == 2
    assert eventually(lambda: all(one.closed_ns for one in target.read_log().connections))


def test_a_new_log_begins_empty_and_what_the_old_one_awaits_does_not_disturb_it(
    target: EmbeddedTarget,
) -> None:
    target.start_log(10)
    with Wire(target) as wire, Wire(target) as other:
        wire.send(identified(wire, 1, "/delay/0.2"))
        settle(target)
        target.start_log(10)
        other.ask("/", "X-Request-Id: 2")
        before = target.read_log()
        wire.reply()
        assert target.read_log() == before
    assert [one.id for one in before.requests] == [2]


def test_a_full_log_counts_what_it_leaves_out(target: EmbeddedTarget) -> None:
    target.start_log(2)
    for number in range(5):
        with Wire(target) as wire:
            wire.ask("/", f"X-Request-Id: {number}")
            assert wire.ask("/get").status == 200
    for _ in range(3):
        target.stall(0, 1)
    assert eventually(lambda: target.read_log().left_out_stalls == 1)
    log = target.read_log()
    assert [one.id for one in log.requests] == [0, 0]
    assert (len(log.connections), len(log.stalls)) == (2, 2)
    assert (log.left_out_requests, log.left_out_connections) == (8, 3)


@pytest.mark.parametrize("capacity", [0, -1, 1_000_001])
def test_a_capacity_out_of_range_is_refused(target: EmbeddedTarget, capacity: int) -> None:
    with pytest.raises(ValueError, match="1 to 1,000,000"):
        target.start_log(capacity)


@pytest.mark.long
def test_a_hundred_thousand_requests_are_all_there_but_the_one_too_many(
    target: EmbeddedTarget,
) -> None:
    batches, size = 100, 1000
    target.start_log(batches * size - 1)
    with Wire(target) as wire:
        for batch in range(batches):
            numbers = range(batch * size, (batch + 1) * size)
            wire.send(b"".join(identified(wire, number) for number in numbers))
            for _ in numbers:
                wire.reply()
    log = target.read_log()
    assert [one.id for one in log.requests] == list(range(batches * size - 1))
    assert log.left_out_requests == 1
