"""Claims about an adapter's class attributes: the values are valid, and they are true."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from adapters.base import (
    CONNECTIONS,
    ERROR_KINDS,
    LACKS,
    Adapter,
    AsyncAdapter,
    BaseAdapter,
    Request,
    Response,
)
from adapters.conformance.book import new_token
from adapters.conformance.exam import MIB, Exam, claims_of
from adapters.conformance.failed import Failed, expect
from adapters.conformance.server import CHOOSING
from adapters.conformance.sessions import CountingGate
from adapters.trace import HOLD_POINTS, POINTS, Stamps

__all__ = ["CLAIMS", "DECLARED"]

PROFILES = ("parity", "defaults")
SCOPES = ("process", "slot")
OF_CONNECTING = {"DNSStart", "DNSDone", "ConnectStart", "ConnectDone"}
OF_TLS = {"TLSHandshakeStart", "TLSHandshakeDone"}
LONGEST_SENTENCE = 120
PATIENCE_S = 10.0
SETTLE_S = 0.1  # long enough for a request that is not held to go on
LOOK_S = 0.01
TRACED = (
    *("bytes/5", "chunked/3333", "interim/5", "until-close/5", "last/5"),
    *("status/204", "status/404", "redirect/9"),
)


def declared(exam: Exam) -> None:
    """Check names, numbers and sentences, without sending a request."""
    adapter = exam.adapter
    expect(adapter.name, exam.client, "name is")
    bases = [base for base in (Adapter, AsyncAdapter) if issubclass(adapter, base)]
    expect([base.mode for base in bases], [adapter.mode], "modes of its base classes:")
    for name, found, accepted in (
        ("session_scope", (adapter.session_scope,), SCOPES),
        ("offers_http2", adapter.offers_http2, PROFILES),
        ("trace_points", adapter.trace_points, POINTS),
        ("hold_points", adapter.hold_points, HOLD_POINTS),
        ("connections", adapter.connections, CONNECTIONS),
        ("lacks", adapter.lacks, LACKS),
        ("error_kinds", [kind for _, kind in adapter.error_kinds], ERROR_KINDS),
        ("other_kinds", [kind for _, kind in adapter.other_kinds], ERROR_KINDS),
        ("http_versions", ("1.1",), adapter.http_versions),
    ):
        unknown = [one for one in found if one not in accepted]
        expect(unknown, [], f"{name} has unknown values:")
    invisible = {HOLD_POINTS[hold] for hold in adapter.hold_points} - {*adapter.trace_points}
    expect(sorted(invisible), [], "hold points that are not trace points:")
    _expect_numbers(adapter)


def _expect_numbers(adapter: type[BaseAdapter]) -> None:
    for sentence in (*adapter.unequal, *(told for _, told, _ in adapter.known_failures)):
        if not sentence[:1].isalnum() or len(sentence) >= LONGEST_SENTENCE:
            raise Failed(f"{sentence!r} is to be a sentence of less than 120 characters")
    pool = adapter.largest_pool
    if adapter.files_per_slot < 1 or (pool is not None and pool < 1):
        raise Failed("files_per_slot and largest_pool must be at least 1")


def offered_protocols(exam: Exam) -> None:
    """Look at the ALPN offer, as a server that speaks HTTP/2 sees it."""
    for profile in PROFILES:
        own = replace(exam, token=new_token())
        port = own.server.listen(own.token, CHOOSING)
        with own.session(profile=profile) as session, suppress(Exception):
            session.send(Request("GET", f"https://localhost:{port}/"))
        progress = own.server.progress(own.token)
        if not progress:
            raise Failed(f"no connection was made with profile {profile}")
        offered = progress[0].protocol == "h2"
        wanted = profile in exam.adapter.offers_http2
        expect(offered, wanted, f"HTTP/2 offered with profile {profile}:")


def trace_points(exam: Exam) -> None:
    """Check that a new connection passes all points, a kept one those of the request only."""
    wanted = {*exam.adapter.trace_points} - (OF_TLS if exam.scheme == "http" else set())
    with exam.session() as session:
        for points in (wanted, wanted - OF_CONNECTING - OF_TLS):
            trace = session.trace()
            begun_ns = time.monotonic_ns()
            expect(session.send_traced(exam.get("bytes/5"), trace), (200, 5))
            ended_ns = time.monotonic_ns()
            passed = [name for name in POINTS if trace.instants[name]]
            expect(passed, [name for name in POINTS if name in points], "points passed:")
            instants = [trace.instants[name] for name in passed]
            in_order = sorted((begun_ns, *instants, ended_ns))
            expect([begun_ns, *instants, ended_ns], in_order, "instants of the points:")


def traced_alike(exam: Exam) -> None:
    """Compare the requests and answers of ``send_traced`` with those of ``send``."""
    requests = [exam.get(path) for path in TRACED]
    requests += [Request("POST", exam.url("echo?a=%2F"), {"X-One": "1"}, b"x" * MIB)]
    requests += [Request("HEAD", exam.url("bytes/5"))]
    with exam.session() as session:
        for request in requests:
            traced = session.send_traced(request, session.trace())
            expect(traced, session.send(request), "traced answered")
    seen = [replace(one, connection=0) for one in exam.seen()]
    expect(seen[::2], seen[1::2], "traced sent")


def hold_points(exam: Exam) -> None:
    """Check that a hold stops all progress, and that the request succeeds after it."""
    for hold in exam.adapter.hold_points:
        if (hold, exam.scheme) != ("tls", "http"):
            _hold(replace(exam, token=new_token()), hold)


def _hold(exam: Exam, hold: str) -> None:
    request = Request("GET", exam.own_url("bytes/5"))
    gate, traces = CountingGate(), list[Stamps]()

    def run() -> Response:
        with exam.session(hold_s=PATIENCE_S) as session:
            traces.append(session.trace(hold, gate))
            return session.send_traced(request, traces[0])

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        try:
            _await_arrival(gate, future, hold)
            _expect_stays(exam, hold)
        finally:
            gate.opened.set()
        expect(future.result(PATIENCE_S), (200, 5), f"released from {hold} answered")
    _expect_apart(traces[0], hold)


def _expect_apart(trace: Stamps, hold: str) -> None:
    """Check that all points up to the hold point came before the hold, and the rest after."""
    if trace.held_ns < SETTLE_S * 1e9:
        raise Failed(f"held at {hold} for {trace.held_ns} ns, which is shorter than the hold")
    middle_ns = trace.held_from_ns + trace.held_ns // 2
    passed = [name for name in POINTS if trace.instants[name]]
    early = [name for name in passed if trace.instants[name] < middle_ns]
    wanted = [name for name in passed if POINTS.index(name) <= POINTS.index(HOLD_POINTS[hold])]
    expect(early, wanted, f"held at {hold}, points passed before the hold:")


def _await_arrival(gate: CountingGate, future: Future[Response], hold: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not gate.came.acquire(timeout=LOOK_S):
        if future.done():
            raise Failed(f"not held at {hold}: answered {future.result()}")
        if time.monotonic() > deadline:
            raise Failed(f"neither held at {hold} nor answered")


def _expect_stays(exam: Exam, hold: str) -> None:
    opened = ["accepted", *(["hello", "secured"] if exam.scheme == "https" else [])]
    wanted: list[list[str]] = {
        "dns": [],
        "tcp": [["accepted"]],
        "tls": [opened],
        "connection": [opened],
    }.get(hold, [[*opened, "byte", "request", "answered"]])

    def stages() -> list[list[str]]:
        return [one.stages for one in exam.server.progress(exam.token)]

    deadline = time.monotonic() + PATIENCE_S
    while stages() != wanted and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    time.sleep(SETTLE_S)
    expect(stages(), wanted, f"held at {hold}, the server saw")


DECLARED = claims_of(("its class attributes have valid values", declared))
CLAIMS = (
    *DECLARED,
    *claims_of(
        ("it offers HTTP/2 in exactly the profiles it declares", offered_protocols),
        schemes=("https",),
    ),
    *claims_of(
        ("a traced request passes every declared point, in order", trace_points),
        ("tracing changes neither the request nor the answer", traced_alike),
        schemes=("http", "https"),
        reads=True,
        concerns=lambda adapter: bool(adapter.trace_points),
    ),
    *claims_of(
        ("a request can be held at every declared hold point", hold_points),
        schemes=("http", "https"),
        concerns=lambda adapter: bool(adapter.hold_points),
    ),
)
