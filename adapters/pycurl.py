"""``pycurl``: one easy handle per thread, performed many times.

The options of a session are set once. Those of a request are set for each, as other libraries get
them with each call; only a program that always sends the same request sets them once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import pycurl

from adapters import libcurl
from adapters.base import (
    CONNECTIONS,
    PEEK_BYTES,
    Adapter,
    BaseAdapter,
    ErrorKind,
    Peek,
    Request,
    Response,
)
from adapters.request_target import request_target

if TYPE_CHECKING:
    from adapters.trace import Trace

__all__ = ["ADAPTERS", "Pycurl"]

# The option of pycurl that shows a trace point, and the one that can hold a request there. Older
# versions of pycurl lack some of them.
_SHOWN_BY = {
    "GetConn": "Curl",
    "DNSDone": "NAMELOOKUP_TIME",
    "ConnectStart": "SOCKOPTFUNCTION",
    "ConnectDone": "CONNECT_TIME",
    "TLSHandshakeDone": "APPCONNECT_TIME",
    "GotConn": "PREREQFUNCTION",
    "WroteRequest": "POSTTRANSFER_TIME_T",
    "GotFirstResponseByte": "STARTTRANSFER_TIME",
}
_OF_CONNECTING = ("DNSDone", "ConnectDone", "TLSHandshakeDone")
_HELD_BY = {
    "dns": "SOCKOPTFUNCTION",
    "tls": "PREREQFUNCTION",
    "connection": "PREREQFUNCTION",
    "request": "POSTTRANSFER_TIME_T",
    "first-byte": "HEADERFUNCTION",
}


# The lines of headers by the identity of the headers, which are kept alive here. Many requests of a
# mixture share them, so that there are few.
_LINES: dict[int, tuple[dict[str, str], list[str]]] = {}


def _offered(needs: dict[str, str]) -> tuple[str, ...]:
    return tuple(name for name, option in needs.items() if hasattr(pycurl, option))


class Pycurl(Adapter):
    """``Curl.perform`` into a reused ``BytesIO``, or chunk by chunk into a callback."""

    name = "pycurl"
    session_scope = "slot"
    # A handle also needs an epoll and an event descriptor; without them it reports "out of memory".
    files_per_slot = 3
    can_stream = True
    connections = CONNECTIONS
    can_unix = True
    can_cert = can_key_password = True
    can_peek = True
    # Profile parity turns it off.
    offers_http2 = ("defaults",) if pycurl.version_info()[4] & pycurl.VERSION_HTTP2 else ()
    trace_points = _offered(_SHOWN_BY)
    hold_points = _offered(_HELD_BY)
    unequal = (
        "libcurl has no read timeout: the timeout applies to the whole request",
        "libcurl resends a request once if the server has closed the kept connection",
    )
    other_kinds = (("hang", "timeout_total"), ("stall", "timeout_total"))
    known_failures = libcurl.known_failures(str(pycurl.version_info()[1]))

    @classmethod
    def linked_versions(cls) -> dict[str, str]:
        """Return the versions of libcurl and of the libraries that it uses, such as nghttp2."""
        _, _, others = str(pycurl.version).partition(" ")  # PycURL itself comes first
        return libcurl.linked_versions(others)

    def open(self) -> None:
        """Create the handle; its options follow with the first request."""
        self._curl = pycurl.Curl()
        self._request: Request | None = None
        self._varies = False  # more than one request was sent
        self._body = BytesIO()
        self._length = 0

    def send(self, request: Request) -> Response:
        """Send one request and read its whole body."""
        if self._varies or request is not self._request:
            self._set_up_next(request)
        return self._perform()

    def _perform(self) -> Response:
        if self.settings.stream:
            self._length = 0
            self._curl.perform()
            return self._curl.getinfo(pycurl.RESPONSE_CODE), self._length
        body = self._body
        body.seek(0)
        body.truncate()
        self._curl.perform()
        return self._curl.getinfo(pycurl.RESPONSE_CODE), body.tell()

    def peek(self, request: Request) -> Peek:
        """Send one request and return the start of its body as well."""
        self._set_up(request)
        body = BytesIO()
        self._curl.setopt(pycurl.WRITEFUNCTION, body.write)
        try:
            self._curl.perform()
        finally:
            self._request = None  # so that the next ``send`` resets the callback
        status = self._curl.getinfo(pycurl.RESPONSE_CODE)
        return status, body.tell(), body.getvalue()[:PEEK_BYTES]

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """Send as ``send`` does. Callbacks hold the request; libcurl's timers give the rest."""
        self._set_up(request, self.settings.hold_s)
        journey = _Journey(self._curl, request, trace, self._sink)
        trace.point("GetConn")
        try:
            return self._perform()
        finally:
            self._request = None  # so that the next ``send`` resets the callbacks
            journey.end()

    def close(self) -> None:
        """Close the handle and its connections."""
        self._curl.close()

    def classify(self, error: BaseException) -> ErrorKind:
        """Classify by curl's error number."""
        if not isinstance(error, pycurl.error):
            return super().classify(error)
        info = self._curl.getinfo
        return libcurl.Failure(
            code=error.args[0],
            message=str(error),
            sent=info(pycurl.REQUEST_SIZE),
            os_errno=info(pycurl.OS_ERRNO),
            status=info(pycurl.RESPONSE_CODE),
        ).kind

    def _set_up_next(self, request: Request) -> None:
        """Set the options of a request; all options if it is the first one, or follows a trace."""
        if self._request is None:
            self._set_up(request)
            return
        self._varies = True
        before, self._request = self._request, request
        if (before.method, before.body is None) != (request.method, request.body is None):
            # back to GET without a body, whatever the request before was
            self._curl.setopt(pycurl.HTTPGET, 1)
            self._curl.unsetopt(pycurl.CUSTOMREQUEST)
            self._set_method(request)
        headers = request.headers
        known = _LINES.get(id(headers))
        if known is None:
            lines = libcurl.header_lines(request, self.settings.profile)
            known = _LINES[id(headers)] = headers, lines
        self._set_request(request, known[1])

    def _set_up(self, request: Request, hold_s: float = 0.0) -> None:
        """Set every option anew; ``reset`` keeps connections, DNS answers and TLS sessions."""
        self._curl.reset()
        self._set_session(hold_s)
        self._set_method(request)
        self._set_request(request, libcurl.header_lines(request, self.settings.profile))
        self._request = request

    def _set_session(self, hold_s: float) -> None:
        self._curl.setopt(pycurl.WRITEFUNCTION, self._sink)
        options = libcurl.session_options(self.settings, hold_s)
        options |= libcurl.tls_options(self.settings)
        for number, value in libcurl.numbered(options, pycurl).items():
            self._curl.setopt(number, value)

    def _set_method(self, request: Request) -> None:
        curl, method = self._curl, request.method
        if request.body is None and method in ("POST", "PUT", "PATCH"):
            curl.setopt(pycurl.POSTFIELDS, b"")
        if method == "HEAD":
            curl.setopt(pycurl.NOBODY, 1)
        elif request.body is not None or method != "GET":
            curl.setopt(pycurl.CUSTOMREQUEST, method)

    def _set_request(self, request: Request, lines: list[str]) -> None:
        curl = self._curl
        curl.setopt(pycurl.URL, request.url)
        if self.settings.profile == "parity":
            # libcurl writes escapes of a path in upper case, and removes dot segments.
            curl.setopt(pycurl.REQUEST_TARGET, request_target(request.url))
        if request.body is not None:
            curl.setopt(pycurl.POSTFIELDS, request.body)
        curl.setopt(pycurl.HTTPHEADER, lines)

    @property
    def _sink(self) -> Callable[[bytes], int | None]:
        """Return the callback that receives the body."""
        return self._count_chunk if self.settings.stream else self._body.write

    def _count_chunk(self, chunk: bytes) -> None:
        self._length += len(chunk)


class _Journey:
    """The callbacks of one traced request, and the evaluation of libcurl's timers after it.

    The callbacks block the transfer. An exception cannot pass through libcurl: it is kept, the
    transfer is aborted, and ``end`` raises it.
    """

    def __init__(
        self,
        curl: pycurl.Curl,
        request: Request,
        trace: Trace,
        sink: Callable[[bytes], int | None],
    ) -> None:
        self._curl = curl
        self._trace = trace
        self._sink = sink
        self._answered_ns = 0  # when libcurl delivered the first part of the response
        self._is_tls = request.url.lower().startswith("https:")
        self._unsent = len(request.body or b"")
        self._failure: BaseException | None = None
        curl.setopt(pycurl.SOCKOPTFUNCTION, self._at_socket)
        curl.setopt(pycurl.WRITEFUNCTION, self._at_body)
        if "GotConn" in Pycurl.trace_points:
            curl.setopt(pycurl.PREREQFUNCTION, self._at_connection)
        # These are called many times a request: only where they are needed.
        if trace.hold == "WroteRequest":
            curl.setopt(pycurl.VERBOSE, 1)
            curl.setopt(pycurl.DEBUGFUNCTION, self._at_transport)
            curl.setopt(pycurl.NOPROGRESS, 0)
            curl.setopt(pycurl.XFERINFOFUNCTION, self._at_progress)
        elif trace.hold == "GotFirstResponseByte":
            curl.setopt(pycurl.HEADERFUNCTION, self._at_header)

    def end(self) -> None:
        """Stamp the points that libcurl timed; raise the exception of a gate, if any."""
        self._stamp_timers()
        if self._failure is not None:
            raise self._failure

    def _at_socket(self, _descriptor: int, _purpose: int) -> int:
        """Handle a new socket that is not connected yet; called once for each address tried."""
        return self._safely(self._connect)

    def _connect(self) -> None:
        self._hold("DNSDone")
        self._trace.stamp("ConnectStart")

    def _at_connection(self, *addresses: str | int) -> int:
        """Handle a ready connection, new or kept, before any of the request is sent."""
        self._trace.local_port = int(addresses[-1])
        return self._safely(self._connected)

    def _connected(self) -> None:
        if self._is_new and self._is_tls:
            self._hold("TLSHandshakeDone")
        self._trace.point("GotConn")

    def _at_transport(self, kind: int, data: bytes) -> None:
        """Handle a debug event: count the bytes of the request that were sent."""
        if kind == pycurl.INFOTYPE_DATA_OUT:
            self._unsent -= len(data)
        elif kind != pycurl.INFOTYPE_HEADER_OUT:
            return
        if not self._unsent:
            self._safely(lambda: self._hold("WroteRequest"))

    def _at_progress(self, *_: int) -> bool:
        """Abort the transfer after a failure, which the debug callback itself cannot do."""
        return self._failure is not None

    def _at_header(self, line: bytes) -> int:
        """Handle one complete header line of the response, the status line first."""
        self._answered()
        failed = self._safely(lambda: self._hold("GotFirstResponseByte"))
        return 0 if failed else len(line)

    def _at_body(self, chunk: bytes) -> int | None:
        """Handle a piece of the body."""
        self._answered()
        return self._sink(chunk)

    def _answered(self) -> None:
        self._answered_ns = self._answered_ns or time.monotonic_ns()

    @property
    def _is_new(self) -> bool:
        """Say whether this request opened a connection."""
        return bool(self._trace.instants["ConnectStart"])

    def _hold(self, name: str) -> None:
        """Hold the request if this is its hold point.

        Otherwise stamp nothing: libcurl's timer is more exact, as it does not wait for the GIL.
        """
        if self._trace.hold == name:
            self._trace.point(name)

    def _safely(self, step: Callable[[], None]) -> int:
        """Run one step; return 1 to make libcurl abort the transfer, otherwise 0."""
        if self._failure is None:
            try:
                step()
            except BaseException as error:
                self._failure = error
        return int(self._failure is not None)

    def _stamp_timers(self) -> None:
        """Convert libcurl's timers to instants; both include the time held."""
        trace, latest_ns = self._trace, 0
        elapsed = {name: self._elapsed_ns(name) for name in Pycurl.trace_points}
        begun_ns = self._begun_ns(elapsed)
        for name, elapsed_ns in elapsed.items():
            if elapsed_ns:
                trace.stamp(name, max(latest_ns, begun_ns + elapsed_ns))
            left_ns = trace.instants[name] + (trace.held_ns if name == trace.hold else 0)
            latest_ns = max(latest_ns, left_ns)

    def _begun_ns(self, elapsed: dict[str, int]) -> int:
        """Return when libcurl's timers started, which may be long after ``GetConn``.

        Each callback runs after the event that the timer before it timed, which gives an upper
        bound; the smallest one counts. Without an answer the total time is used, although that
        timer starts slightly earlier than the others.
        """
        instants, timed_ns = self._trace.instants, 0
        if elapsed["GotFirstResponseByte"]:
            begun_ns = (self._answered_ns or time.monotonic_ns()) - elapsed["GotFirstResponseByte"]
        else:
            begun_ns = time.monotonic_ns() - int(self._curl.getinfo(pycurl.TOTAL_TIME) * 1e9)
        for name, elapsed_ns in elapsed.items():
            if timed_ns and instants[name]:
                begun_ns = min(begun_ns, instants[name] - timed_ns)
            timed_ns = elapsed_ns or timed_ns
        return max(begun_ns, instants["GetConn"])

    def _elapsed_ns(self, name: str) -> int:
        """Return ns since the start of the transfer, including holds.

        0 without a timer or event.
        """
        if name in _OF_CONNECTING and not self._is_new:
            return 0  # a kept connection repeats its timers
        option = _SHOWN_BY[name]
        if option.endswith("_TIME_T"):
            return int(self._curl.getinfo(getattr(pycurl, option)) * 1_000)
        if option.endswith("_TIME"):
            return int(self._curl.getinfo(getattr(pycurl, option)) * 1e9)
        return 0


ADAPTERS: tuple[type[BaseAdapter], ...] = (Pycurl,)
