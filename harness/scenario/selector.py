"""Selecting a client (DESIGN §4), as one text::

    [ALIAS=]NAME[EXTRAS][==VERSION | =SOURCE][:sync|:async][+LOOP][@PYTHON]

SOURCE is the path of a checkout, of a wheel or of an sdist, or the URL of such a file. This is the
syntax only. The catalogues know which clients exist, where they are installed, and which modes they
have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from adapters.base import Mode
from adapters.loops import LOOPS
from harness.redaction import redact_url, refusal

__all__ = ["ALIAS", "GRAMMAR", "MODES", "ClientSpec", "parse"]

Choice = TypeVar("Choice", bound=str)
MODES: tuple[Mode, ...] = ("sync", "async")

GRAMMAR = "[ALIAS=]NAME[EXTRAS][==VERSION|=PATH|=URL][:sync|:async][+LOOP][@PYTHON]"
_ACCEPTED = f"{GRAMMAR}, such as httpx, httpx==0.27.2, head=httpx=./checkout or aiohttp+uvloop"
# What is allowed inside each piece is checked one by one.
_REST = r"(?::(?P<mode>[^+@]*))?(?:\+(?P<loop>[^@]*))?(?:@(?P<python>.*))?"
_PIECES = re.compile(
    r"(?P<name>[^=:+@\[]*)(?:\[(?P<extras>[^\]]*)\])?(?:==(?P<version>[^:+@]*))?" + _REST,
    re.DOTALL,
)
# A path may hold every sign, so only endings that are a mode, a loop or a Python are taken off.
_WITH_SOURCE = re.compile(
    r"(?P<name>[^=:+@\[]*)(?:\[(?P<extras>[^\]]*)\])?=(?P<source>[^=].*?)"
    r"(?::(?P<mode>sync|async))?(?:\+(?P<loop>[A-Za-z]+))?(?:@(?P<python>3[0-9.]*t?|[./~].*))?",
    re.DOTALL | re.IGNORECASE,
)
_ALIASED = re.compile(r"(?P<alias>[^=:+@\[\]/]*)=(?P<rest>[A-Za-z0-9][\w.-]*(?:[=:+@\[].*)?)", re.S)
ALIAS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
# PEP 440 without the local part, whose "+" would be taken for a loop.
_VERSION = re.compile(r"[0-9](?:[A-Za-z0-9.!-]{0,62}[A-Za-z0-9])?")
_PYTHON_VERSION = re.compile(r"3(?:\.[0-9]{1,2}){0,2}t?")
_PLACE = re.compile(r"[a-z]+://.*|[^=]+\.(whl|zip|tar\.gz)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """One client as the user named it; ``None`` and ``()`` mean "not said"."""

    name: str
    version: str | None = None
    mode: Mode | None = None
    loop: str | None = None  # a key of LOOPS, only ever set together with that loop's mode
    python: str | None = None  # a version such as 3.13, or the path of an interpreter
    alias: str | None = None
    extras: tuple[str, ...] = ()
    source: str | None = None  # path or URL
    added: tuple[str, ...] = ()  # requirements of ``--with``, which no selector contains

    def __str__(self) -> str:
        before = "" if self.alias is None else f"{self.alias}="
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        pieces = (
            *(("==", self.version), ("=", self.source), (":", self.mode)),
            *(("+", self.loop), ("@", self.python)),
        )
        after = "".join(sign + piece for sign, piece in pieces if piece is not None)
        return f"{before}{self.name}{extras}{after}"

    @property
    def is_bare_but_for_version(self) -> bool:
        """Say whether any installation of the client, or of its version, will do."""
        return not (self.source or self.extras or self.added)


def parse(text: str) -> ClientSpec:
    """Read one selector; names, modes and loops may be in any case, and a loop implies its mode.

    Raises ``UsageError`` with one line that names the piece at fault and what is accepted.
    """
    alias, selector = _split(text.strip())
    match = _PIECES.fullmatch(selector) or _WITH_SOURCE.fullmatch(selector)
    if match is None or not match["name"]:
        raise refusal("client", text, _ACCEPTED)
    pieces = match.groupdict()
    loop = _one_of(tuple(LOOPS), "client.loop", pieces["loop"])
    mode = _one_of(MODES, "client.mode", pieces["mode"])
    of_loop = LOOPS[loop].mode if loop else None
    if of_loop and mode not in (None, of_loop):
        better = f"{pieces['name']}:{of_loop}+{loop}"
        raise refusal("client", text, f"no loop {loop} with :{mode}; write {better}")
    return ClientSpec(
        name=_name(pieces["name"]),
        version=_version(pieces.get("version")),
        mode=of_loop or mode,
        loop=loop,
        python=_python(pieces["python"]),
        alias=alias,
        extras=_extras(pieces["extras"]),
        source=_source(pieces.get("source")),
    )


def _split(text: str) -> tuple[str | None, str]:
    """Split off the alias. ``httpx=./checkout`` has none: a path follows."""
    match = _ALIASED.fullmatch(text)
    if match is None or _PLACE.fullmatch(match["rest"]):
        return None, text
    if match["rest"][0].isdigit():
        raise refusal("client", text, f"{match['alias']}=={match['rest']} for a version")
    if not ALIAS.fullmatch(match["alias"]):
        accepted = "letters, digits, '.', '-' and '_', the first and last a letter or digit"
        raise refusal("client.alias", match["alias"], accepted)
    return match["alias"], match["rest"]


def _name(text: str) -> str:
    name = text.lower()
    if not _NAME.fullmatch(name):
        raise refusal("client.name", text, "letters, digits, '.', '-' and '_'")
    return name


def _version(text: str | None) -> str | None:
    if text is not None and not _VERSION.fullmatch(text):
        raise refusal("client.version", text, "an exact version such as 0.27.2")
    return text


def _extras(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = [one.strip().lower() for one in text.split(",")]
    if not all(map(_NAME.fullmatch, names)):
        raise refusal("client.extras", text, "names of extras, such as [http2] or [http2,brotli]")
    return tuple(sorted(set(names)))


def _source(text: str | None) -> str | None:
    """Check a path or URL. Credentials belong into the settings of uv, which are never stored."""
    if text is None:
        return None
    if not text.isprintable():
        raise refusal("client.source", text, "a path or URL of printable characters")
    if "://" in text:
        accepted = "a path, or http(s)://HOST[:PORT]/… of a wheel or sdist, without user, password and keys"
        try:
            parts = urlsplit(text)
            is_place = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # of a bracket without its pair, or a port that is none
            raise refusal("client.source", text, accepted) from None
        is_secret = redact_url(f"?{parts.query}") != f"?{parts.query}"
        if not is_place or "@" in parts.netloc or is_secret:
            raise refusal("client.source", text, accepted)
    return text


def _one_of(choices: tuple[Choice, ...], field: str, text: str | None) -> Choice | None:
    if text is None:
        return None
    for choice in choices:
        if choice == text.lower():
            return choice
    raise refusal(field, text, f"{', '.join(choices[:-1])} or {choices[-1]}", choices)


def _python(text: str | None) -> str | None:
    if text is None or _PYTHON_VERSION.fullmatch(text) or ("/" in text and text.isprintable()):
        return text
    raise refusal("client.python", text, "a version such as 3.13 or the path of an interpreter")
