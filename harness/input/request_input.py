"""Parses the parts of a request: URL, headers, body, sizes, statuses.

The result is unambiguous, so that every client sends the same bytes: URLs are escaped, host names
and header values are ASCII. No message here repeats a header value, a body or a URL.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from adapters.base import USUAL_MAX_BODY_BYTES
from adapters.unix_sockets import MOST_PATH_BYTES
from harness import interrupts
from harness.errors import UsageError
from harness.input.options import Options
from harness.option_names import option
from harness.redaction import quoted, refusal
from harness.scenario.methods import MAX_BODY_BYTES, MAX_BODY_MIB
from harness.scenario.numbers import size_in_bytes

__all__ = [
    "FRAMING_HEADERS",
    "certificates_problem",
    "content_type",
    "kind_problem",
    "literal_body",
    "parse_body",
    "parse_ca",
    "parse_headers",
    "parse_max_body",
    "parse_unix",
]

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Visible ASCII, spaces and tabs: RFC 9110 requires no more, and beyond it the clients disagree.
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
# The client frames the message and keeps the connection; a header of the user's would break both.
FRAMING_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "http2-settings",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_MAX_HEADER_BYTES = 64 * 2**10
MAX_HEADER_FILE_BYTES = 2**20  # comments included

_MAX_ANSWER_GIB = 64
MOST_PARSED_BYTES = 16 << 20


class _Header(NamedTuple):
    """A header and its origin: a field, and the line in a file of headers."""

    field: str
    name: str
    value: str
    where: str = ""


def parse_headers(
    lines: Iterable[str],
    as_json: str | None,
    authorization: str | None,
    variables: Iterable[str] = (),
    environ: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Read ``--header``, the ``--headers`` object, then ``--header-env``; join equal names.

    ``variables`` are ``NAME=VARIABLE`` each, to be looked up in ``environ``.
    ``authorization`` comes from the URL's user-info; a header of that name contradicts it.
    """
    headers: dict[str, str] = {}
    spelling: dict[str, str] = {}
    typed = (header for line in lines for header in _headers(line))
    taken = (_variable(pair, environ) for pair in variables)
    for header in (*typed, *_json_headers(as_json), *taken):
        _check_header(header)
        name, value = header.name, header.value
        known = spelling.setdefault(name.lower(), name)
        joint = "; " if name.lower() == "cookie" else ", "
        headers[known] = f"{headers[known]}{joint}{value}" if known in headers else value
    if authorization is not None:
        if "authorization" in spelling:
            raise UsageError(
                "has user-info, and there is an Authorization header; expected one of them", "url"
            )
        headers["Authorization"] = authorization
    if sum(len(name) + len(value) for name, value in headers.items()) > _MAX_HEADER_BYTES:
        raise UsageError(f"too large; expected at most {_MAX_HEADER_BYTES} bytes in all", "header")
    return headers


def parse_body(text: str | None) -> bytes | None:
    """Read ``--body``: the text as UTF-8, the content of ``@file``, or standard input (``@-``)."""
    if text is None:
        return None
    if text == "@-":
        return _limited(_standard_input(MAX_BODY_BYTES + 1))
    if text.startswith("@"):
        with suppress(OSError, ValueError):  # reported below
            _check_length(Path(text[1:]).stat().st_size)
        return _limited(_content("body", text[1:], MAX_BODY_BYTES + 1))
    return literal_body(text)


def literal_body(text: str) -> bytes:
    """Return the body that a text is, whatever it begins with."""
    try:
        # arguments that were not UTF-8 arrive as lone surrogates: give their bytes back
        body = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise UsageError("is not valid text; expected UTF-8, or @FILE", "body") from None
    return _limited(body)


def parse_ca(text: str | None, *, verify: bool) -> str | None:
    """Read ``--ca``: the path of a file of certificates (PEM), which must be readable as such.

    Raises ``UsageError`` for any other file, and if nothing is verified.
    """
    if text is None:
        return None
    if not verify:
        raise UsageError("--insecure verifies no certificate; expected one of them", "ca", "verify")
    path = Path(text).absolute()
    try:
        # not every worker can read a pipe, and opening one may block for ever
        problem = kind_problem(path, path.is_file(), "a regular file")
        problem = problem or certificates_problem(path)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "not a file name"
    if problem:
        raise refusal("ca", text, f"a FILE of certificates in PEM format ({problem})")
    return str(path)


def parse_unix(options: Options, *, traced: bool) -> str | None:
    """Read ``--unix``: the absolute path of a socket. Raises ``UsageError``, also if ``traced``."""
    text = options.unix
    if text is None:
        return None
    accepted = "the PATH of a unix socket"
    if not text:
        raise refusal("unix", text, accepted)
    if options.url is None or options.url.startswith("/"):
        raise UsageError(
            "needs a server that runs already; expected its URL too, such as http://localhost/",
            "unix",
        )
    if traced:
        raise UsageError(
            "requests there cannot be traced; expected no --trace and no preset that holds them",
            "unix",
        )
    path = Path(text).absolute()
    try:
        problem = kind_problem(path, path.is_socket(), "a socket")
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "not a file name"
    if not problem and len(os.fsencode(path)) > MOST_PATH_BYTES:
        problem = f"longer than {MOST_PATH_BYTES} bytes"
    if problem:
        raise refusal("unix", text, f"{accepted} ({problem})")
    return str(path)


def kind_problem(path: Path, is_it: bool, kind: str) -> str:
    """Say that nothing is at ``path``, or something of another kind; empty if ``is_it``."""
    if is_it:
        return ""
    return f"not {kind}" if path.exists() else "no such file"


def certificates_problem(path: Path) -> str:
    """Say why no certificate can be read from ``path``; empty if one can. Raises OSError."""
    import ssl  # noqa: PLC0415  slow to load, and seldom needed

    content = path.read_bytes()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
            cadata=content.decode("ascii", "replace")
        )
    except (ssl.SSLError, ValueError):  # ValueError: an empty file
        return "it has no readable certificate"
    return ""


def parse_max_body(text: str | int | None) -> int:
    """Read ``--max-body`` in bytes: ``256m`` (MiB), ``1g`` (GiB). Raises UsageError."""
    if text is None:
        return USUAL_MAX_BODY_BYTES
    accepted = f"bytes from 1 to {_MAX_ANSWER_GIB}g, such as 1M or 2g"
    return size_in_bytes("max_body", text, 1, _MAX_ANSWER_GIB << 30, accepted)


def content_type(body: bytes) -> str:
    """Return the default content type of a body; the clients' own choices differ.

    A body of more than 16 MiB is not parsed for it: that would take a multiple of its memory.
    """
    if len(body) > MOST_PARSED_BYTES:
        return "application/octet-stream"
    try:
        is_json = isinstance(json.loads(body), dict | list)
    except (ValueError, RecursionError):
        is_json = False
    return "application/json" if is_json else "application/octet-stream"


def _headers(text: str) -> Iterator[_Header]:
    """Yield the headers of one ``--header``: a line, or ``@FILE`` with lines and ``# comments``."""
    if not text.startswith("@"):
        yield _header_line(text)
        return
    lines = _content("header", text[1:], MAX_HEADER_FILE_BYTES).decode("utf-8", "replace")
    for number, line in enumerate(lines.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield _header_line(line, f"line {number} of {quoted(text)}: ")


def _header_line(line: str, where: str = "") -> _Header:
    name, colon, value = line.partition(":")
    if not colon:
        raise UsageError(f"{where}has no colon; expected 'Name: value'", "header")
    return _Header("header", name, value.strip(" \t"), where)


def _variable(pair: str, environ: Mapping[str, str]) -> _Header:
    """Return a header whose value is in an environment variable, so no command line shows it."""
    name, equals, variable = pair.partition("=")
    if not equals:
        raise UsageError("has no '='; expected NAME=VARIABLE", "header_env")
    if variable not in environ:
        # a secret may have been typed instead of the variable's name
        raise UsageError(
            f"variable {quoted(variable)} of {quoted(name)} is not set; "
            "expected NAME=VARIABLE with an environment variable that is set",
            "header_env",
        )
    return _Header("header_env", name, environ[variable].strip(" \t"))


def _json_headers(text: str | None) -> list[_Header]:
    if text is None:
        return []
    try:
        # as a tuple of pairs, because an object may name a header twice
        pairs = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, tuple):
        raise UsageError('is not a JSON object; expected {"Name": "value", …}', "headers")
    return [_Header("headers", name, _json_value(name, value)) for name, value in pairs]


def _json_value(name: str, value: object) -> str:
    if isinstance(value, str):
        return value.strip(" \t")
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(ValueError):  # infinities and NaN
            return json.dumps(value, allow_nan=False)
    raise UsageError(f"value of {quoted(name)} is not valid; expected text or a number", "headers")


def _check_header(header: _Header) -> None:
    field, name, value, where = header
    if not _HEADER_NAME.fullmatch(name):
        # the text before the first colon may be half a secret
        raise UsageError(
            f"{where}a name is not valid; expected letters, digits and !#$%&'*+-.^_`|~", field
        )
    if name.lower() in FRAMING_HEADERS:
        expected = "no framing or connection header: the client writes it itself"
        if name.lower() == "connection":
            expected += f" (see {option('connection')})"
        raise UsageError(f"{where}{quoted(name)} is not valid; expected {expected}", field)
    if not _HEADER_VALUE.fullmatch(value):
        raise UsageError(
            f"{where}value of {quoted(name)} is not valid; expected visible ASCII in one line",
            field,
        )


def _standard_input(limit: int) -> bytes:
    """Read at most ``limit`` bytes of standard input, which can be read once."""
    if sys.stdin is None:
        raise refusal("body", "@-", "standard input that is open")
    try:
        content: bytes = interrupts.aside(partial(sys.stdin.buffer.read, limit))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is closed"
        raise refusal("body", "@-", f"standard input that can be read ({reason})") from None
    return content


def _content(field: str, name: str, limit: int) -> bytes:
    """Read at most ``limit`` bytes of a file. It may be a pipe that blocks; Ctrl-C ends that."""
    if not name:
        raise refusal(field, "@", "the name of a file after the @")
    try:
        return interrupts.aside(partial(_read, Path(name), limit))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise refusal(field, f"@{name}", f"@FILE to name a readable file ({reason})") from None


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit)


def _limited(body: bytes) -> bytes:
    _check_length(len(body))
    return body


def _check_length(length: int) -> None:
    if length > MAX_BODY_BYTES:
        raise UsageError(f"is too large; expected at most {MAX_BODY_MIB} MiB", "body")
