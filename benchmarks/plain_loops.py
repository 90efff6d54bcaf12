"""The loop a user would write by hand, once per library: same call, body and status read, one clock
read.

Runs in the measured process, on the session that the adapter has opened, so that both loops use the
same connections. Each returns the number of requests it made.
"""

from __future__ import annotations

from time import monotonic_ns
from typing import Any

from adapters.base import Request

__all__ = ["PLAIN"]


def _requests(adapter: Any, request: Request, until_ns: int) -> int:
    call, options = adapter._session.request, adapter._options
    method, url, headers, body = request.method, request.url, request.headers, request.body
    count = 0
    while True:
        response = call(method, url, headers=headers, data=body, **options)
        response.status_code, response.content  # noqa: B018
        count += 1
        if monotonic_ns() >= until_ns:
            return count


def _httpx(adapter: Any, request: Request, until_ns: int) -> int:
    call = adapter._client.request
    method, url, headers, body = request.method, request.url, request.headers, request.body
    count = 0
    while True:
        response = call(method, url, headers=headers, content=body)
        response.status_code, response.content  # noqa: B018
        count += 1
        if monotonic_ns() >= until_ns:
            return count


async def _httpx_async(adapter: Any, request: Request, until_ns: int) -> int:
    call = adapter._client.request
    method, url, headers, body = request.method, request.url, request.headers, request.body
    count = 0
    while True:
        response = await call(method, url, headers=headers, content=body)
        response.status_code, response.content  # noqa: B018
        count += 1
        if monotonic_ns() >= until_ns:
            return count


async def _aiohttp(adapter: Any, request: Request, until_ns: int) -> int:
    call, options = adapter._session.request, adapter._options
    method, url, headers, body = request.method, request.url, request.headers, request.body
    count = 0
    while True:
        async with call(method, url, headers=headers, data=body, **options) as response:
            response.status, await response.read()
        count += 1
        if monotonic_ns() >= until_ns:
            return count


def _pycurl(adapter: Any, request: Request, until_ns: int) -> int:
    import pycurl  # noqa: PLC0415  only in the process that has it

    curl, body, status = adapter._curl, adapter._body, pycurl.RESPONSE_CODE
    count = 0
    while True:
        body.seek(0)
        body.truncate()
        curl.perform()
        curl.getinfo(status), body.tell()
        count += 1
        if monotonic_ns() >= until_ns:
            return count


def _urllib3(adapter: Any, request: Request, until_ns: int) -> int:
    call, options = adapter._pool.request, adapter._options
    method, url, headers, body = request.method, request.url, request.headers, request.body
    count = 0
    while True:
        response = call(method, url, headers=headers, body=body, **options)
        response.status, response.data  # noqa: B018
        count += 1
        if monotonic_ns() >= until_ns:
            return count


def _stdlib(adapter: Any, request: Request, until_ns: int) -> int:
    connection, target = adapter._connection, adapter._target
    method, headers, body = request.method, request.headers, request.body
    count = 0
    while True:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        response.status, response.read()
        count += 1
        if monotonic_ns() >= until_ns:
            return count


def _itself(adapter: Any, request: Request, until_ns: int) -> int:
    """Send through the adapter itself, for adapters that are the client."""
    send = adapter.send
    count = 0
    while True:
        send(request)
        count += 1
        if monotonic_ns() >= until_ns:
            return count


async def _itself_async(adapter: Any, request: Request, until_ns: int) -> int:
    send = adapter.send
    count = 0
    while True:
        await send(request)
        count += 1
        if monotonic_ns() >= until_ns:
            return count


# by client and mode; requestx has httpx's interface
PLAIN: dict[tuple[str, str], Any] = {
    ("requests", "sync"): _requests,
    ("httpx", "sync"): _httpx,
    ("httpx", "async"): _httpx_async,
    ("requestx", "sync"): _httpx,
    ("requestx", "async"): _httpx_async,
    ("aiohttp", "async"): _aiohttp,
    ("pycurl", "sync"): _pycurl,
    ("urllib3", "sync"): _urllib3,
    ("stdlib", "sync"): _stdlib,
    ("raw", "sync"): _itself,
    ("raw", "async"): _itself_async,
    ("null", "sync"): _itself,
    ("null", "async"): _itself_async,
}
