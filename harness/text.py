"""Makes foreign text, such as a server's status line, safe to show.

A terminal obeys control characters wherever they come from, and bidirectional ones change how a
line reads. So they are written as escapes. For secrets, see ``harness.redaction``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

__all__ = [
    "canonical_json",
    "is_loopback",
    "is_utf8",
    "json_text",
    "meant",
    "nearest",
    "one_line",
    "shortened",
    "split_url",
    "visible",
    "without_port",
]

DOUBTFUL = re.compile("[^ -~]+")  # only characters beyond plain ASCII need a check
NEAR = 0.6  # the default of difflib.get_close_matches
LONGEST_WORD = 100  # characters of a mistyped word that are compared
LINES = "\n\t"  # control characters that text of several lines may keep


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the word in ``known`` that ``word`` probably means; the first of equally near ones."""
    return next(iter(_nearest(word, known)), None)


def meant(word: str, known: Iterable[str], most: int = 1) -> str:
    """Return ``did you mean A, B or C? `` for a message, with ``most`` words, or an empty text."""
    *others, last = _nearest(word, known)[:most] or [""]
    either = f"{', '.join(others)} or {last}" if others else last
    return f"did you mean {either}? " if last else ""


def _nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the words that ``word`` may mean, the nearest first."""
    from difflib import SequenceMatcher  # noqa: PLC0415  only errors need it

    typed = word.strip()[:LONGEST_WORD].lower()
    ratios = {one: SequenceMatcher(None, one.lower(), typed).ratio() for one in known}
    near = [one for one, ratio in ratios.items() if ratio >= NEAR]
    return sorted(near, key=ratios.__getitem__, reverse=True)


def visible(text: str, keep: str = "") -> str:
    r"""Replace every character that is not printable by an escape such as ``\x1b``.

    Those are control characters, formats (bidirectional ones, zero widths), line separators, lone
    surrogates, and characters that Unicode leaves unassigned or private. Characters of ``keep``
    stay unchanged.
    """
    if text.isprintable():
        return text

    def escaped(found: re.Match[str]) -> str:
        return "".join(
            char if char.isprintable() or char in keep else char.encode("unicode_escape").decode()
            for char in found[0]
        )

    return DOUBTFUL.sub(escaped, text)


def one_line(text: str) -> str:
    """Return ``text`` on one visible line, with blanks and line breaks as single blanks."""
    return visible(" ".join(text.split()))


def shortened(text: str, limit: int) -> str:
    """Shorten ``text`` to ``limit`` characters: its beginning, and a quarter from its end.

    Remove secrets first: a part of a secret cannot be recognised.
    """
    if len(text) <= limit:
        return text
    end = limit // 4
    return f"{text[: limit - end - 3]} … {text[-end:]}"


def is_utf8(text: str) -> bool:
    """Say whether SQLite accepts ``text``, unlike one from bytes that were not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def split_url(url: str) -> SplitResult:
    """Split a URL from a database, which may hold anything; an invalid one becomes all path."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def is_loopback(url: str) -> bool:
    """Say whether the host is a loopback address, as far as the URL itself shows."""
    host = split_url(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def without_port(url: str) -> str:
    """Return the URL without its port, if it has one."""
    return re.sub(r"^([a-z]+://(?:\[[^\]]*\]|[^/:]*)):\d+", r"\1", url)


def json_text(value: Any) -> str:
    """Return ``value`` as JSON in ASCII without control characters, plus a line break."""
    # json escapes everything that controls a terminal, except DEL
    return json.dumps(value, indent=2, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def canonical_json(value: Any) -> str:
    """Return the same text for equal values. Raises ValueError for NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
