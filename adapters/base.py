"""The contract between a client library and the harness.

An adapter is the code that a user of that library would write, and nothing more. It runs in the
measured process, so this module imports the standard library only.

A module of this package defines one class per mode and lists them in ``ADAPTERS``; the first is the
library's default mode. Third parties add modules through the entry-point group
``clientbench.adapters``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from adapters.loops import ASYNCIO_LOOPS

if TYPE_CHECKING:  # not loaded into the process of a client that is not traced
    from adapters.trace import AsyncTrace, Trace

__all__ = [
    "CONNECTIONS",
    "CONNECTION_HOLDS",
    "CONNECTION_POINTS",
    "ENDING",
    "ERROR_KINDS",
    "LACKS",
    "PEEK_BYTES",
    "USUAL_MAX_BODY_BYTES",
    "Adapter",
    "AsyncAdapter",
    "BaseAdapter",
    "BodyTooLongError",
    "ConnectTimeoutError",
    "Connections",
    "ErrorKind",
    "Lack",
    "Mode",
    "Peek",
    "Request",
    "Response",
    "Settings",
    "causes",
    "length_of",
    "length_of_async",
]

Mode = Literal["sync", "async"]
# How requests use connections: one after another on the same one, or each on its own.
Connections = Literal["keep-alive", "close"]
CONNECTIONS: tuple[Connections, ...] = Connections.__args__  # type: ignore[attr-defined]
ErrorKind = Literal[
    "dns",
    "connect",
    "tls",
    "timeout_connect",
    "timeout_read",
    "timeout_total",
    "reset",
    "protocol",
    "status",
    "body",
    "cancelled",
    "other",
]
# Requirements of profile parity that a library may not meet: keep the case of header names; send
# the request target unchanged; store no cookies; leave compressed bodies compressed; open no more
# connections than its pool size; skip certificate verification; keep connections alive.
Lack = Literal[
    "header-case",
    "typed-target",
    "no-cookies",
    "no-decompression",
    "pool-limit",
    "no-verification",
    "keep-alive",
]
LACKS: tuple[Lack, ...] = Lack.__args__  # type: ignore[attr-defined]
# A kind's code in a recorded row is its position here plus one; codes never change their meaning.
ERROR_KINDS: tuple[ErrorKind, ...] = ErrorKind.__args__  # type: ignore[attr-defined]

# Exceptions that end a program or a coroutine. Whatever else a library raises is a failed request,
# also what is no ``Exception``: asyncio's ``CancelledError`` of a library that cancels itself,
# gevent's ``Timeout``, a panic of Rust code.
ENDING = (KeyboardInterrupt, SystemExit, GeneratorExit)

# Largest response body, unless another limit is set.
USUAL_MAX_BODY_BYTES = 256 << 20

# Most bytes of a body that ``peek`` returns.
PEEK_BYTES = 200

# (HTTP status, bytes of body received). A plain tuple: the hot path builds one per request.
Response = tuple[int, int]
# The same, and the first PEEK_BYTES of the body.
Peek = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as plain data.

    ``headers`` are sent unchanged, in addition to those of the library.
    """

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one session.

    ``profile`` "parity": pool of ``pool_size`` connections, keep-alive on, redirects, retries,
    proxies and environment off, TLS verified against ``ca_file`` unless ``verify`` is false,
    connect and read timeouts of ``timeout_s`` as far as the library has them. "defaults": the
    library's own choices; only pool size and, where the target needs it, ``ca_file`` / ``verify``
    are set.
    ``stream``: read the body chunk by chunk instead of whole.
    ``keep_alive`` false: each request uses a new connection, in both profiles. The request sends
    ``Connection: close``; the library's own switch is set as well, if it has one.
    ``unix_path``: connect to this Unix socket, whatever host a URL names; None: to that host.
    ``cert_file``, ``key_file``: the client certificate for servers that ask for one (with its
    chain), and its private key, both PEM; ``key_password``: of the key, None if not encrypted.
    ``hold_s``: seconds to add to each timeout because a traced request is held.
    ``max_body_bytes``: a longer body is an error, as soon as the library shows its length. If it
    reads bodies whole, that is afterwards; until then the memory limit of the worker applies.
    """

    pool_size: int = 1
    timeout_s: float = 10.0
    verify: bool = True
    ca_file: str | None = None
    stream: bool = False
    profile: Literal["parity", "defaults"] = "parity"
    keep_alive: bool = True
    unix_path: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)
    hold_s: float = 0.0
    max_body_bytes: int = USUAL_MAX_BODY_BYTES


# Trace and hold points of an adapter that can replace its library's connection class: all of
# ``trace.POINTS`` except the two of ``Expect``, which no client sends. Spelled out here so that
# ``trace`` is not loaded.
CONNECTION_POINTS = (
    *("GetConn", "DNSStart", "DNSDone", "ConnectStart", "ConnectDone"),
    *("TLSHandshakeStart", "TLSHandshakeDone", "GotConn"),
    *("WroteHeaders", "WroteRequest", "GotFirstResponseByte"),
)
CONNECTION_HOLDS = ("dns", "tcp", "tls", "connection", "request", "first-byte")


class BodyTooLongError(Exception):
    """The body of a response is longer than ``Settings.max_body_bytes``."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the server sent more than {most} bytes in one response (--max-body)")


class ConnectTimeoutError(TimeoutError):
    """TCP or TLS was not established in time; a socket's own error does not name the phase."""


def length_of(chunks: Iterable[bytes], most: int) -> int:
    """Return the length of a streamed body in bytes.

    Raises ``BodyTooLongError`` beyond ``most``.
    """
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > most:
            raise BodyTooLongError(most)
    return length


async def length_of_async(chunks: AsyncIterable[bytes], most: int) -> int:
    """Return the same for an async stream."""
    length = 0
    async for chunk in chunks:
        length += len(chunk)
        if length > most:
            raise BodyTooLongError(most)
    return length


class BaseAdapter(ABC):
    """The base of both modes. One instance is one session."""

    name: ClassVar[str]
    mode: ClassVar[Mode]
    # Distribution of the measured library, if the adapter is part of another one; "python": the
    # standard library.
    distribution: ClassVar[str | None] = None
    # Loops of ``adapters.loops`` that it can run on, the default first; None: threads.
    loops: ClassVar[tuple[str | None, ...]]
    # "slot": one session per thread (sync) or task (async), because the library requires it;
    # "process": one session shared by all, where that is documented to be safe.
    session_scope: ClassVar[Literal["process", "slot"]] = "process"
    # Most slots that one shared session can serve well, if its library has a limit: above it, a
    # process opens several sessions. None: no limit.
    largest_pool: ClassVar[int | None] = None
    can_stream: ClassVar[bool] = False
    # True if the adapter has ``peek``.
    can_peek: ClassVar[bool] = False
    # Supported ways to use connections, from CONNECTIONS.
    connections: ClassVar[tuple[Connections, ...]] = ("keep-alive",)
    # True if it can connect to ``Settings.unix_path``; such requests are not traced.
    can_unix: ClassVar[bool] = False
    # True if it shows ``Settings.cert_file`` to servers that ask for a client certificate; the
    # second if it does so with an encrypted key as well.
    can_cert: ClassVar[bool] = False
    can_key_password: ClassVar[bool] = False
    # Open files that one slot may need, including its connection.
    files_per_slot: ClassVar[int] = 1
    # False only for a reference that answers itself: its requests do not reach the target.
    uses_target: ClassVar[bool] = True
    http_versions: ClassVar[tuple[str, ...]] = ("1.1",)
    # Profiles in which the library offers HTTP/2 over TLS on its own account.
    offers_http2: ClassVar[tuple[str, ...]] = ()
    # Points of ``trace.POINTS`` that ``send_traced`` can see, and keys of ``trace.HOLD_POINTS`` at
    # which it can hold a request.
    trace_points: ClassVar[tuple[str, ...]] = ()
    hold_points: ClassVar[tuple[str, ...]] = ()
    # Differences from profile parity that cannot be switched off: one short sentence each, for
    # reports.
    unequal: ClassVar[tuple[str, ...]] = ()
    # Requirements of parity that the library cannot meet, from LACKS; checked by the conformance
    # suite.
    lacks: ClassVar[tuple[Lack, ...]] = ()
    # Kinds of errors that the library reports instead of the usual one, by case of the conformance
    # suite; several for one case if the outcome is a race.
    other_kinds: ClassVar[tuple[tuple[str, ErrorKind], ...]] = ()
    # Claims of the conformance suite that fail because of the library: the claim, a sentence for
    # the library's users (what happens, and when), and a regular expression that is found in the
    # suite's reason. For any other reason the claim counts as failed. Nothing that the adapter
    # could mend belongs here.
    known_failures: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    # Library exceptions, most specific first; Python's own are in SYSTEM_ERRORS.
    error_kinds: ClassVar[tuple[tuple[type[BaseException], ErrorKind], ...]] = ()

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @classmethod
    def linked_versions(cls) -> dict[str, str]:
        """Versions of the native libraries in use, by name (``{"libcurl": "8.17.0"}``)."""
        return {}

    def classify(self, error: BaseException) -> ErrorKind:
        """Return the kind of a failed ``send``: the most specific one in the chain of causes.

        Libraries wrap: a refused connection may arrive three exceptions deep, under names that only
        say "connection error". Among equally specific kinds the outermost exception decides.
        """
        kinds = (_lookup(cause, self.error_kinds) for cause in causes(error))
        return max((kind for kind in kinds if kind), key=_specificity, default="other")


class Adapter(BaseAdapter):
    """A sync client. It runs in threads, or, with the loop "gevent", in greenlets."""

    mode = "sync"
    loops: ClassVar[tuple[str | None, ...]] = (None,)

    @abstractmethod
    def open(self) -> None:
        """Create the session; no connection needs to exist yet."""

    @abstractmethod
    def send(self, request: Request) -> Response:
        """Send a request as a user of the library would; return when the whole body is read.

        Raises whatever the library raises; ``classify`` names it.
        """

    def send_traced(self, request: Request, trace: Trace) -> Response:
        """Do what ``send`` does, and stamp each of ``trace_points``.

        May cost more than ``send``.
        """
        raise NotImplementedError(f"{self.name} shows no trace points")

    def peek(self, request: Request) -> Peek:
        """Do what ``send`` does, and return the first ``PEEK_BYTES`` of the body.

        May cost more.
        """
        raise NotImplementedError(f"{self.name} shows no bodies")

    @abstractmethod
    def close(self) -> None:
        """Close the session and its connections."""


class AsyncAdapter(BaseAdapter):
    """An async client: as ``Adapter``, inside a running event loop."""

    mode = "async"
    loops: ClassVar[tuple[str | None, ...]] = ASYNCIO_LOOPS

    @abstractmethod
    async def open(self) -> None:
        """Create the session; no connection needs to exist yet."""

    @abstractmethod
    async def send(self, request: Request) -> Response:
        """Send a request as a user of the library would; return when the whole body is read."""

    async def send_traced(self, request: Request, trace: AsyncTrace) -> Response:
        """Do what ``send`` does, and stamp each of ``trace_points``.

        May cost more than ``send``.
        """
        raise NotImplementedError(f"{self.name} shows no trace points")

    async def peek(self, request: Request) -> Peek:
        """Do what ``send`` does, and return the first ``PEEK_BYTES`` of the body.

        May cost more.
        """
        raise NotImplementedError(f"{self.name} shows no bodies")

    @abstractmethod
    async def close(self) -> None:
        """Close the session and its connections."""


# By name: importing ssl, asyncio or http.client here would load them into the measured process of
# every client, also of those that need none of them.
SYSTEM_ERRORS: dict[str, ErrorKind] = {
    "adapters.base.BodyTooLongError": "body",
    "adapters.base.ConnectTimeoutError": "timeout_connect",
    "asyncio.exceptions.CancelledError": "cancelled",
    "builtins.BrokenPipeError": "reset",
    "builtins.ConnectionAbortedError": "reset",
    "builtins.ConnectionRefusedError": "connect",
    "builtins.ConnectionResetError": "reset",
    "builtins.MemoryError": "body",  # the worker's memory limit: no request needs as much
    "builtins.TimeoutError": "timeout_read",
    "http.client.HTTPException": "protocol",
    "http.client.IncompleteRead": "body",
    "socket.gaierror": "dns",
    "ssl.SSLEOFError": "reset",
    "ssl.SSLError": "tls",
    "ssl.SSLZeroReturnError": "reset",
    "trio.Cancelled": "cancelled",
}

# Raised by http.client, and by libraries that build on it, for negative or absurdly large sizes.
# Subclasses are excluded: libraries use them for mistakes of the calling program.
_FROM_NUMBERS = (ValueError, OverflowError)

# Kinds that a wrapper may report although its cause is more specific, vaguest first. Others are
# final.
_VAGUE: tuple[ErrorKind, ...] = ("other", "connect", "protocol", "body", "tls")


def _specificity(kind: ErrorKind) -> int:
    return _VAGUE.index(kind) if kind in _VAGUE else len(_VAGUE)


def _lookup(
    error: BaseException, kinds: tuple[tuple[type[BaseException], ErrorKind], ...]
) -> ErrorKind | None:
    own = next((kind for type_, kind in kinds if isinstance(error, type_)), None)
    if own is not None:
        return own
    if type(error) in _FROM_NUMBERS:
        return "protocol"
    names = (f"{type_.__module__}.{type_.__qualname__}" for type_ in type(error).__mro__)
    return next((SYSTEM_ERRORS[name] for name in names if name in SYSTEM_ERRORS), None)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and everything it was raised from, each exception once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        # urllib3 keeps the cause in `reason`, others pass it as an argument
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None)]
        waiting += list(current.args)
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
