"""The routes: paths, their methods and their answers."""

from __future__ import annotations

import gzip
import random
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from servers.embedded import httpbin_shapes, service_recipe, streamed_bodies
from servers.embedded.messages import RefusedError, Request, Response
from servers.embedded.query_numbers import number, seconds, whole
from servers.embedded.service import PLAIN_BODY

__all__ = ["respond"]

# httpbin's limits; larger numbers are cut to them.
MAX_RANDOM_BYTES = 100 * 1024
MAX_LINES = 100
MAX_DELAY_S = 10.0
MAX_DRIP_BYTES = 10 * 1024 * 1024
# Our limit: below the idle timeout, so that a slow answer is not taken for a dead connection.
MAX_DRIP_S = 60.0

_PIECE_BYTES = 10 * 1024
_REDIRECTS = frozenset((301, 302, 303, 305, 307, 308))
_GET = ("GET", "HEAD")
_HEAD_KEYS = ("args", "headers", "origin", "url")
_BODY_KEYS = ("args", "data", "files", "form", "headers", "json", "origin", "url")


@dataclass(frozen=True)
class Route:
    """One path by its first segment.

    ``handler`` gets the request and the rest of the path, decoded. ``methods`` besides OPTIONS, or
    empty: any method goes to the handler. ``rest``: how many more segments there are.
    """

    handler: Callable[[Request, str], Response]
    methods: tuple[str, ...] = ()
    rest: str = "none"  # "none", "one", "any"

    def takes(self, rest: str | None) -> bool:
        """Say whether a path with this rest belongs to this route (None: no rest)."""
        if self.rest == "one":
            return bool(rest) and "/" not in (rest or "")
        return self.rest == "any" or rest is None

    @property
    def allow(self) -> tuple[str, str]:
        """Return the Allow header."""
        return "Allow", ", ".join(sorted((*self.methods, "OPTIONS")))


def respond(request: Request) -> Response:
    """Answer any request; errors become responses."""
    try:
        return _route(request)
    except RefusedError as refusal:
        return refusal.response()
    except Exception as error:  # a bug here must not end the connection, let alone the server
        sys.stderr.write(f"{request.method} {request.target!r} failed: {error!r}\n")
        return RefusedError(500, "internal error").response()


def _route(request: Request) -> Response:
    path = httpbin_shapes.path(request)
    if path == "/":
        return Response(body=PLAIN_BODY, content_type="text/plain")
    if path == "*" and request.method == "OPTIONS":
        return Response(headers=(("Allow", "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"),))
    if request.method == "CONNECT":
        raise RefusedError(405, "this server is not a proxy")
    name, slash, rest = path.removeprefix("/").partition("/")
    route = _ROUTES.get(name)
    if route is None or not route.takes(rest if slash else None):
        raise RefusedError(404, "no such path")
    if route.methods and request.method == "OPTIONS":
        return Response(headers=(route.allow,))
    if route.methods and request.method not in route.methods:
        refused = RefusedError(405, f"{request.method} is not allowed here").response()
        refused.headers = (route.allow,)
        return refused
    return route.handler(request, unquote(rest))


def _json(shape: httpbin_shapes.Shape) -> Response:
    return Response(body=httpbin_shapes.dump(shape), content_type="application/json")


def _described(*keys: str) -> Callable[[Request, str], Response]:
    """Return a handler that answers with these parts of the request."""
    return lambda request, _: _json(httpbin_shapes.describe(request, *keys))


def _uuid(_: Request, __: str) -> Response:
    return _json({"uuid": str(uuid.uuid4())})


def _slideshow(_: Request, __: str) -> Response:
    return _json(httpbin_shapes.SLIDESHOW)


def _gzip(request: Request, _: str) -> Response:
    shape = {**httpbin_shapes.describe(request, "headers", "method", "origin"), "gzipped": True}
    response = _json(shape)
    response.body = gzip.compress(response.body, mtime=0)
    response.headers = (("Content-Encoding", "gzip"),)
    return response


def _status(_: Request, codes: str) -> Response:
    """Answer with a status: ``418``, one of ``200,500``, or by weight ``200:0.9,500:0.1``."""
    choices = [code.partition(":") for code in codes.split(",")]
    weights = [seconds(weight or "1", "a weight", most=1e9) for _, _, weight in choices]
    statuses = [_status_code(code) for code, _, _ in choices]
    if not sum(weights):
        raise RefusedError(400, "one weight at least must be above 0")
    status = random.choices(statuses, weights)[0]
    location = (("Location", "/redirect/1"),) if status in _REDIRECTS else ()
    return Response(status=status, headers=location)


def _status_code(text: str) -> int:
    code = whole(text, "a status code")
    if not 200 <= code <= 599:
        raise RefusedError(400, f"a status code must be from 200 to 599, not {code}")
    return code


def _redirect(_: Request, rest: str) -> Response:
    left = whole(rest, "the number of redirects", status=404)
    if left == 0:
        raise RefusedError(400, "the number of redirects must be above 0")
    target = "/get" if left == 1 else f"/redirect/{left - 1}"
    return Response(status=302, body=f"see {target}\n".encode(), headers=(("Location", target),))


def _random_bytes(request: Request, rest: str) -> bytes:
    size = min(whole(rest, "the number of bytes", status=404), MAX_RANDOM_BYTES)
    seed = dict(httpbin_shapes.query(request)).get("seed")
    if seed is None:
        return random.randbytes(size)
    return random.Random(number(seed, "seed")).randbytes(size)


def _bytes(request: Request, rest: str) -> Response:
    data = _random_bytes(request, rest)
    return Response(body=data, content_type="application/octet-stream")


def _stream_bytes(request: Request, rest: str) -> Response:
    data = _random_bytes(request, rest)
    given = dict(httpbin_shapes.query(request)).get("chunk_size")
    size = _PIECE_BYTES if given is None else max(1, whole(given, "chunk_size"))
    stream = streamed_bodies.pieces(data, size)
    return Response(content_type="application/octet-stream", stream=stream)


def _stream(request: Request, rest: str) -> Response:
    count = min(whole(rest, "the number of lines", status=404), MAX_LINES)
    shape = httpbin_shapes.describe(request, *_HEAD_KEYS)
    return Response(content_type="application/json", stream=streamed_bodies.lines(shape, count))


def _delay(request: Request, rest: str) -> Response:
    wait_ns = _seconds_ns(rest, "the delay")
    response = _json(httpbin_shapes.describe(request, *(k for k in _BODY_KEYS if k != "json")))
    response.wait_ns = wait_ns
    return response


def _seconds_ns(text: str, name: str) -> int:
    return round(seconds(text, name, most=MAX_DELAY_S) * 10**9)


def _wait(request: Request, _: str) -> Response:
    fields = tuple(httpbin_shapes.query(request))
    body = service_recipe.body(fields)
    return Response(body=body, content_type="text/plain", wait_ns=service_recipe.draw_ns(fields))


def _drip(request: Request, _: str) -> Response:
    args = dict(httpbin_shapes.query(request))
    size = min(whole(args.get("numbytes", "10"), "numbytes"), MAX_DRIP_BYTES)
    if size == 0:
        raise RefusedError(400, "numbytes must be above 0")
    duration_s = seconds(args.get("duration", "2"), "duration", most=MAX_DRIP_S)
    return Response(
        status=_status_code(args.get("code", "200")),
        content_type="application/octet-stream",
        wait_ns=_seconds_ns(args.get("delay", "0"), "delay"),
        stream=streamed_bodies.drip(size, duration_s),
        length=size,
    )


_ROUTES = {
    "get": Route(_described(*_HEAD_KEYS), _GET),
    "post": Route(_described(*_BODY_KEYS), ("POST",)),
    "put": Route(_described(*_BODY_KEYS), ("PUT",)),
    "patch": Route(_described(*_BODY_KEYS), ("PATCH",)),
    "delete": Route(_described(*_BODY_KEYS), ("DELETE",)),
    "anything": Route(_described(*_BODY_KEYS, "method"), rest="any"),
    "headers": Route(_described("headers"), _GET),
    "ip": Route(_described("origin"), _GET),
    "uuid": Route(_uuid, _GET),
    "json": Route(_slideshow, _GET),
    "gzip": Route(_gzip, _GET),
    "status": Route(_status, rest="one"),
    "redirect": Route(_redirect, _GET, rest="one"),
    "bytes": Route(_bytes, _GET, rest="one"),
    "stream-bytes": Route(_stream_bytes, _GET, rest="one"),
    "stream": Route(_stream, _GET, rest="one"),
    "delay": Route(_delay, rest="one"),
    "wait": Route(_wait),
    "drip": Route(_drip, _GET),
}
