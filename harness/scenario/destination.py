"""The destination of requests: a URL, or a path on the target.

Results are unambiguous, so that every client sends the same bytes: URLs are escaped, host names are
ASCII. No message here repeats a URL.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

from harness.errors import UsageError

__all__ = ["Destination", "parse_url"]

_DEFAULT_PORTS = {"http": 80, "https": 443}  # left out: clients disagree whether Host names it
_MAX_URL = 8000  # common limit of servers for a request line, less method and version

_EXPECTED_URL = "http://HOST[:PORT]/PATH, https://… or a /PATH on the embedded target"
_EXPECTED_IPV6 = "an IPv6 address such as http://[::1]:8080/"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|https?:", re.IGNORECASE)
_HOST_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Destination:
    """The destination of requests: a URL without user-info, or a path on the embedded target."""

    url: str | None = None
    path: str = "/"
    authorization: str | None = None  # the user-info of the URL as a header value


def parse_url(text: str | None) -> Destination:
    """Read ``--url``: drop the fragment, escape what needs it, move user-info to a header value."""
    if text is None:
        return Destination()
    if not text.isprintable() or " " in text or len(text) > _MAX_URL:
        raise _bad_url(f"no spaces or control characters, at most {_MAX_URL} characters")
    if text.startswith("/") and not text.startswith("//"):
        path, _, _ = text.partition("#")
        return Destination(path=_escaped(path))
    if text and not text.startswith("/") and not _SCHEME.match(text):
        raise UsageError(
            "the scheme is missing; expected http:// in front, as in http://HOST[:PORT]/PATH, "
            "or a /PATH on the embedded target",
            "url",
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _bad_url("a host, a port from 1 to 65535, and an IPv6 address in brackets") from None
    if parts.scheme not in ("http", "https") or not text.lower().startswith(f"{parts.scheme}://"):
        raise _bad_url(_EXPECTED_URL)
    if port == 0:
        raise _bad_url("a port from 1 to 65535")
    if "\\" in parts.netloc:  # browsers take it for a slash, and the host for another one
        raise _bad_url("no backslash before the path")
    host = _host(parts.hostname or "")
    is_default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    authority = host if is_default else f"{host}:{port}"
    origin_form = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(
        url=f"{parts.scheme}://{authority}{_escaped(origin_form)}",
        authorization=_authorization(parts.netloc),
    )


def _bad_url(accepted: str) -> UsageError:
    return UsageError(f"is not valid; expected {accepted}", "url")


def _escaped(origin_form: str) -> str:
    """Percent-encode characters a URI may not contain, and "%" signs that start no escape."""
    return quote(_BAD_ESCAPE.sub("%25", origin_form), safe="%/?:@!$&'()*+,;=~-._")


def _host(host: str) -> str:
    if ":" in host:
        try:
            address = ipaddress.IPv6Address(host)
        except ValueError:
            raise _bad_url(_EXPECTED_IPV6) from None
        if address.scope_id is not None:  # clients do not agree on how to write one
            raise _bad_url(f"{_EXPECTED_IPV6} without a zone")
        return f"[{address}]"
    name = host if host.isascii() else _idna(host)
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(map(_HOST_LABEL.fullmatch, labels)):
        raise _bad_url("a host name or address after http://")
    if labels[-1].isdigit():
        try:
            ipaddress.IPv4Address(name)
        except ValueError:
            raise _bad_url("an IPv4 address such as http://127.0.0.1:8080/") from None
    return name


def _idna(host: str) -> str:
    """A name in ASCII by IDNA 2008, after the mapping of UTS 46 (non-transitional), as browsers do.

    Python's own codec is IDNA 2003, for which ``straße`` is ``strasse``: another name, and
    another's.
    """
    import idna  # noqa: PLC0415  its tables are large, and most names are ASCII

    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        raise _bad_url(
            "a host name that IDNA 2008 allows, or its ASCII form (xn--…), after http://"
        ) from None


def _authorization(netloc: str) -> str | None:
    user_info, _, _ = netloc.rpartition("@")
    if not user_info:
        return None
    user, _, password = user_info.partition(":")
    if b":" in unquote_to_bytes(user):
        raise _bad_url("a user name without a colon (RFC 7617)")
    credentials = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return "Basic " + base64.b64encode(credentials).decode("ascii")
