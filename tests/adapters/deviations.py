"""Where a library cannot do what the suite asks. What it does instead is asserted all the same."""

from __future__ import annotations

from typing import TypeVar

from adapters.base import ErrorKind
from tests.adapters.clients import Client

_Kind = TypeVar("_Kind", bound=ErrorKind | None)

_WHOLE = "its timeout limits the request as a whole, not one read"
_NO_CAUSE = "it drops the cause of reqwest's error: all that is left is 'client error (Connect)'"
_SENDING = "it says 'error sending request' for every failure before the status line is read"
_PAYLOAD = "it says that the payload is unfinished, and not why"
_HANDSHAKE = "it says 'read timed out' when the server does not answer the TLS handshake"

# (client, case): the kind it ends with instead, and why.
DEVIATIONS: dict[tuple[str, str], tuple[ErrorKind, str]] = {
    ("aiohttp", "reset-body"): ("body", _PAYLOAD),
    ("pycurl", "hang"): ("timeout_total", _WHOLE),
    ("pycurl", "stall"): ("timeout_total", _WHOLE),
    ("requests", "handshake"): ("timeout_read", _HANDSHAKE),
    ("requestx", "dns"): ("connect", _NO_CAUSE),
    ("requestx", "endless"): ("reset", _SENDING),
    ("requestx", "endless-field"): ("reset", _SENDING),
    ("requestx", "endless-fields"): ("reset", _SENDING),
    ("requestx", "full-queue"): ("timeout_total", _WHOLE),
    ("requestx", "handshake"): ("timeout_total", _WHOLE),
    ("requestx", "hang"): ("timeout_total", _WHOLE),
    ("requestx", "malformed"): ("reset", _SENDING),
    ("requestx", "other-ca"): ("connect", _NO_CAUSE),
    ("requestx", "overflowing-length"): ("reset", _SENDING),
    ("requestx", "other-host"): ("connect", _NO_CAUSE),
    ("requestx", "reset-body"): ("body", _PAYLOAD),
    ("requestx", "stall"): ("timeout_total", _WHOLE),
    ("requestx", "status-1000"): ("reset", _SENDING),
    ("requestx", "status-abc"): ("reset", _SENDING),
    ("stdlib", "idle-close"): (
        "reset",
        "it does not look whether a kept connection was closed before it sends the next request",
    ),
    ("stdlib", "two-lengths"): ("timeout_read", "it believes the first, and waits for the rest"),
    ("stdlib", "two-lengths-in-one"): ("timeout_read", "it waits for the end of the connection"),
    ("urllib3", "handshake"): ("timeout_read", _HANDSHAKE),
}


# (client, case): another kind it may end with. requestx's limits for connecting and for the whole
# request run out at the same instant, and either may win.
RACES: dict[tuple[str, str], ErrorKind] = {
    ("requestx", "full-queue"): "timeout_connect",
    ("requestx", "handshake"): "timeout_connect",
}


def expected_kind(client: Client, case: str, kind: _Kind) -> _Kind | ErrorKind:
    """The kind this client ends with in this case."""
    return DEVIATIONS.get((client.name, case), (kind, ""))[0]


def keeps_header_case(client: Client) -> bool:
    """Names mean the same in any case; hyper, below requestx, sends them in lower case."""
    return client.name != "requestx"


def keeps_cookies(client: Client) -> bool:
    """requestx's blocking client has no switch for its cookie jar."""
    return client.name == "requestx" and client.mode == "sync"


def spare_connections(client: Client, slots: int) -> int:
    """requestx dials a connection while it waits for one to come free, and keeps both."""
    return slots if client.name == "requestx" else 0


def sent_target(client: Client, target: str) -> str:
    """What becomes of a request target: requestx leaves it to reqwest, which parses URLs as browsers do."""
    if client.name != "requestx":
        return target
    path, question, query = target.partition("?")
    path = path.replace("/k/%2e%2e/", "/").replace("/k/../", "/").replace("/./", "/")
    return path + question + query.replace("'", "%27")


def decompresses(client: Client) -> bool:
    """requestx has no switch for reqwest's decompression."""
    return client.name == "requestx"


def verifies_always(client: Client) -> bool:
    """requestx takes ``verify=False`` and ignores it; its adapter says so in ``unequal``."""
    return client.name == "requestx"
