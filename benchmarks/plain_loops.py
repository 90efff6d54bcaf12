"""The loop a user would write by hand, for each library: same call, body and status read, one clock
read.

Runs in the measured process, on the session that the adapter has opened, so that both loops use the
same connections. Loops are compiled from the two parts in which libraries differ: a loop with a
function for each call would take longer than what a user writes.

Where nothing is said of a client, its loop calls the adapter's own ``send``: the adapter prepares
arguments for each request as its user must, and a loop without that would be another adapter. The
cost of the worker's loop shows there, that of ``send`` does not.
"""

from __future__ import annotations

from itertools import cycle
from time import monotonic_ns
from typing import Any, NamedTuple

__all__ = ["CALLS", "Call", "mixed_loop", "plain_loop", "sends_itself"]

LOOP = """
{define} loop(adapter, request, until_ns):
    method, url, headers, body = request.method, request.url, request.headers, request.body
    {before}
    count = 0
    while True:
        {each}
        count += 1
        if monotonic_ns() >= until_ns:
            return count
"""


# The same for a mixture: the next request's parts come from a list of them.
MIXED_LOOP = """
{define} loop(adapter, requests, until_ns):
    parts = [(one.method, one.url, one.headers, one.body) for one in requests]
    method, url, headers, body = parts[0]
    request = requests[0]
    {before}
    count = 0
    for {next_}:
        {each}
        count += 1
        if monotonic_ns() >= until_ns:
            return count
"""
PARTS, WHOLE = "method, url, headers, body in cycle(parts)", "request in cycle(requests)"


class Call(NamedTuple):
    """The two parts of a loop: the statements before it, and those of each request."""

    before: str
    each: str


def _httpx(wait: str = "", attribute: str = "status_code", method: str = "request") -> Call:
    sent = f"response = {wait}call(method, url, headers=headers, content=body)"
    return Call(
        f"call = adapter._client.{method}", f"{sent}; response.{attribute}, response.content"
    )


def _requests(wait: str = "", after: str = "") -> Call:
    sent = f"response = {wait}call(method, url, headers=headers, data=body, **options){after}"
    before = "call, options = adapter._session.request, adapter._options"
    return Call(before, f"{sent}; response.status_code, response.content")


def _urllib3(wait: str = "") -> Call:
    sent = f"response = {wait}call(method, url, headers=headers, body=body, **options)"
    before = "call, options = adapter._pool.request, adapter._options"
    return Call(before, f"{sent}; response.status, {wait}response.data")


def _httpcore(wait: str = "") -> Call:
    before = "call, options = adapter._pool.request, adapter._extensions; url = adapter._url(url)"
    sent = f"response = {wait}call(method, url, headers=headers, content=body, extensions=options)"
    return Call(before, f"{sent}; response.status, response.content")


def _pyreqwest(wait: str = "") -> Call:
    sent = f"response = {wait}call(method, url).headers(headers).build().send()"
    return Call(
        "call = adapter._client.request", f"{sent}; response.status, {wait}response.bytes()"
    )


def _prepared(wait: str, call: str, arguments: str) -> Call:
    """Return the loop of an adapter with a function that makes the arguments of a request."""
    before = f"call, options = adapter._session.{call}, adapter.{arguments}(request)"
    return Call(before, f"response = {wait}call(**options); response.status_code, response.content")


AWAIT = "await "
SELF = Call("send = adapter.send", "send(request)")
SELF_ASYNC = Call("send = adapter.send", "await send(request)")

_AIOHTTP = Call(
    "call, options = adapter._session.request, adapter._options",
    """async with call(method, url, headers=headers, data=body, **options) as response:
            response.status, await response.read()""",
)
_PYCURL = Call(
    "import pycurl; curl, into, status = adapter._curl, adapter._body, pycurl.RESPONSE_CODE",
    "into.seek(0); into.truncate(); curl.perform(); curl.getinfo(status), into.tell()",
)
_STDLIB = Call(
    "connection, target = adapter._connection, adapter._target",
    "connection.request(method, target, body, headers); response = connection.getresponse(); "
    "response.status, response.read()",
)
_AIOSONIC = Call(
    "call = adapter._client.request",
    "response = await call(url, method, headers=headers, data=body); "
    "response.status_code, await response.content()",
)
_HYPERHTTP = Call(
    "call = adapter._client.request",
    "response = await call(method, url, headers=headers, content=body); "
    "response.status_code, await response.aread()",
)
_HTTPLIB2 = Call(
    "call = adapter._http.request",
    "response, content = call(url, method, body=body, headers=headers); response.status, content",
)
_GEVENTHTTPCLIENT = Call(
    "client, target = adapter._to(url); call = client.request",
    "response = call(method, target, body, headers); response.status_code, response.read()",
)

# Clients whose sessions are called as those of httpx, in both modes.
AS_HTTPX = (
    *("httpx", "requestx", "httpx2", "httpxyz", "impit", "httpr", "rqx", "foghttp"),
    *("eggfetch", "primp"),
)

# by client and mode
CALLS: dict[tuple[str, str], Call] = {
    **{(client, "sync"): _httpx() for client in AS_HTTPX},
    **{(client, "async"): _httpx(AWAIT) for client in (*AS_HTTPX, "httpx-aiohttp")},
    **{(client, "sync"): _requests() for client in ("requests", "niquests", "grequests", "pyureq")},
    ("niquests", "async"): _requests(AWAIT),
    ("requests-futures", "sync"): _requests(after=".result()"),
    **{(client, "sync"): _urllib3() for client in ("urllib3", "urllib3-future")},
    ("urllib3-future", "async"): _urllib3(AWAIT),
    **{(client, "sync"): _httpcore() for client in ("httpcore", "httpcore2")},
    **{(client, "async"): _httpcore(AWAIT) for client in ("httpcore", "httpcore2")},
    ("pyqwest", "sync"): _httpx("", "status", "execute"),
    ("pyqwest", "async"): _httpx(AWAIT, "status", "execute"),
    ("pyreqwest", "sync"): _pyreqwest(),
    ("pyreqwest", "async"): _pyreqwest(AWAIT),
    ("curl_cffi", "sync"): _prepared("", "request", "_call"),
    ("curl_cffi", "async"): _prepared(AWAIT, "request", "_call"),
    ("tls-client", "sync"): _prepared("", "execute_request", "_call"),
    ("tls-client", "async"): _prepared(AWAIT, "execute_request", "_call"),
    ("httpcloak", "sync"): _prepared("", "request", "_arguments"),
    ("aiohttp", "async"): _AIOHTTP,
    ("aiosonic", "async"): _AIOSONIC,
    ("hyperhttp", "async"): _HYPERHTTP,
    ("pycurl", "sync"): _PYCURL,
    ("stdlib", "sync"): _STDLIB,
    ("httplib2", "sync"): _HTTPLIB2,
    ("geventhttpclient", "sync"): _GEVENTHTTPCLIENT,
}


# Where a call needs more than the parts of the next request.
MIXED_CALLS: dict[tuple[str, str], Call] = {
    ("pycurl", "sync"): Call(
        _PYCURL.before,
        "curl.setopt(pycurl.URL, url); curl.setopt(pycurl.POSTFIELDS, body); "
        "curl.setopt(pycurl.HTTPHEADER, [f'{n}: {v}' for n, v in headers.items()]); "
        f"{_PYCURL.each}",
    ),
    ("stdlib", "sync"): Call(
        "connection, origin = adapter._connection, url.index('/', 8)",
        _STDLIB.each.replace("target", "url[origin:]"),
    ),
}
MIXED = {("urllib3", "sync"), ("requests", "sync"), ("aiohttp", "async"), *MIXED_CALLS}
MIXED |= {("httpx", "sync"), ("httpx", "async")}


def mixed_loop(client: str, mode: str) -> Any:
    """Return the plain loop for a mixture: ``(adapter, requests, until_ns)`` to number of requests."""
    key = (client, mode)
    usual = SELF if mode == "sync" else SELF_ASYNC
    call = MIXED_CALLS.get(key) or (CALLS[key] if key in MIXED else usual)
    next_ = PARTS if key in MIXED else WHOLE
    return _compiled(MIXED_LOOP, mode, call, next_=next_)


def sends_itself(client: str, mode: str) -> bool:
    """Say whether the plain loop of a client calls its adapter."""
    return (client, mode) not in CALLS


def plain_loop(client: str, mode: str) -> Any:
    """Return the plain loop of a client: ``(adapter, request, until_ns)`` to number of requests.

    It is a coroutine function for async clients.
    """
    usual = SELF if mode == "sync" else SELF_ASYNC
    call = CALLS.get((client, mode), usual)
    return _compiled(LOOP, mode, call)


def _compiled(text: str, mode: str, call: Call, **more: str) -> Any:
    define = "def" if mode == "sync" else "async def"
    scope: dict[str, Any] = {"monotonic_ns": monotonic_ns, "cycle": cycle}
    exec(text.format(define=define, **call._asdict(), **more), scope)
    return scope["loop"]
