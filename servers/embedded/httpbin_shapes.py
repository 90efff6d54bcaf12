"""Requests described in the JSON shapes of httpbin (https://httpbin.org)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesHeaderParser
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from servers.embedded.messages import Request

__all__ = ["SLIDESHOW", "Shape", "describe", "dump", "origin", "path", "query", "url"]

Shape = dict[str, Any]
Pairs = Iterable[tuple[str, str]]

SLIDESHOW: Shape = {
    "slideshow": {
        "author": "Yours Truly",
        "date": "date of publication",
        "slides": [
            {"title": "Wake up to WonderWidgets!", "type": "all"},
            {
                "items": [
                    "Why <em>WonderWidgets</em> are great",
                    "Who <em>buys</em> WonderWidgets",
                ],
                "title": "Overview",
                "type": "all",
            },
        ],
        "title": "Sample Slide Show",
    }
}


def dump(shape: Shape) -> bytes:
    """Return JSON as httpbin prints it: sorted keys, two spaces, a final newline.

    A body nested too deeply to be printed again is shown as if it were not JSON.
    """
    try:
        return json.dumps(shape, indent=2, sort_keys=True).encode() + b"\n"
    except RecursionError:
        return dump({**shape, "json": None})


def describe(request: Request, *keys: str) -> Shape:
    """Return the parts of a request named by ``keys``.

    ``url args origin headers method`` and, read from the body, ``data form files json``.
    """
    found = {key: part(request) for key, part in _PARTS.items() if key in keys}
    if "data" in keys:
        found |= _body(request)
    return {key: found[key] for key in keys}


def path(request: Request) -> str:
    """Return the path of the target without query and fragment, percent-encoding kept."""
    target = _origin_form(request)
    return target.partition("#")[0].partition("?")[0]


def query(request: Request) -> list[tuple[str, str]]:
    """Return the query's fields in order."""
    text = _origin_form(request).partition("#")[0].partition("?")[2]
    return parse_qsl(text, keep_blank_values=True)


def url(request: Request) -> str:
    """Return the absolute URL that the client meant."""
    host = request.header(b"host") or "localhost"
    scheme = request.header(b"x-forwarded-proto") or request.scheme
    return f"{scheme}://{host}{_origin_form(request)}"


def origin(request: Request) -> str:
    """Return the origin of the request; proxy headers are trusted, as in httpbin."""
    return request.header(b"x-forwarded-for") or request.origin


def _origin_form(request: Request) -> str:
    """Return the target without scheme and authority (RFC 9112 §3.2)."""
    target = request.target.decode("latin-1")
    if target.startswith("/") or "://" not in target:
        return target
    return "/" + target.partition("://")[2].partition("/")[2]


def _headers(request: Request) -> dict[str, str]:
    return {_title(name): value.decode("latin-1") for name, value in request.headers.items()}


@lru_cache(1024)
def _title(name: bytes) -> str:
    """Return a header's name in httpbin's spelling; cached, because title() costs more."""
    return name.decode("latin-1").title()


_PARTS = {
    "args": lambda request: _flatten(query(request)),
    "headers": _headers,
    "method": lambda request: request.method,
    "origin": origin,
    "url": url,
}


def _body(request: Request) -> Shape:
    shape: Shape = {"data": "", "files": {}, "form": {}, "json": None}
    type_ = _content_type(request.header(b"content-type"))
    if type_.get_content_type() == "application/x-www-form-urlencoded":
        text = request.body.decode("utf-8", "replace")
        shape["form"] = _flatten(parse_qsl(text, keep_blank_values=True))
    elif type_.get_content_type() == "multipart/form-data":
        shape["form"], shape["files"] = _multipart(request.body, type_.get_boundary())
    else:
        shape["data"] = _text(request.body)
        shape["json"] = _json(request.body)
    return shape


def _content_type(value: str) -> Message:
    message = Message()
    message["Content-Type"] = value or "application/octet-stream"
    return message


def _flatten(pairs: Pairs) -> Shape:
    """Map each name to its value, or to a list if it is repeated."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _text(data: bytes, type_: str = "application/octet-stream") -> str:
    """Return text unchanged, anything else as a data URL (RFC 2397)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"data:{type_};base64,{base64.b64encode(data).decode()}"


def _json(data: bytes) -> Any:
    """Return the body as JSON; None if it is not JSON or nested too deeply for Python's parser."""
    try:
        return json.loads(data, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return None


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _multipart(body: bytes, boundary: str | None) -> tuple[Shape, Shape]:
    """Return fields and files of a form (RFC 7578); malformed parts are left out."""
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, str]] = []
    delimiter = b"\r\n--" + (boundary or "").encode("latin-1", "replace")
    for part in (b"\r\n" + body).split(delimiter)[1:-1] if boundary else ():
        head, blank, content = part.partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head.removeprefix(b"\r\n"))
        name = headers.get_param("name", header="content-disposition")
        if not blank or name is None:
            continue
        filename = headers.get_filename()
        found = (str(name), _text(content, headers.get_content_type()))
        (fields if filename is None else files).append(found)
    return _flatten(fields), _flatten(files)
