"""Text that others wrote, such as a server's status line, made fit to be shown.

A terminal obeys control characters wherever they come from, and bidirectional ones make a line read as
another one. So they are written as escapes. Secrets are another matter: see ``harness.redaction``.
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
    "json_text",
    "meant",
    "nearest",
    "one_line",
    "shortened",
    "split_url",
    "visible",
]

DOUBTFUL = re.compile("[^ -~]+")  # only what is not plain ASCII has to be looked at
NEAR = 0.6  # as difflib.get_close_matches has it
LONGEST_WORD = 100  # that somebody may have mistyped
LINES = "\n\t"  # what text of several lines may keep


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that was probably meant by ``word``, the first of those that are equally near."""
    from difflib import SequenceMatcher  # noqa: PLC0415  only what is wrong needs it

    typed = word[:LONGEST_WORD].lower()
    ratios = {one: SequenceMatcher(None, one, typed).ratio() for one in known}
    found = max(ratios, key=ratios.__getitem__, default=None)
    return found if found is not None and ratios[found] >= NEAR else None


def meant(word: str, known: Iterable[str]) -> str:
    """``did you mean NAME? `` for a message, or nothing."""
    found = nearest(word, known)
    return "" if found is None else f"did you mean {found}? "


def visible(text: str, keep: str = "") -> str:
    r"""``text`` with an escape such as ``\x1b`` for every character that is not printable.

    Those are control characters, formats (bidirectional ones, zero widths), line separators, lone
    surrogates, and what Unicode leaves unassigned or private. Characters of ``keep`` stay as they are.
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
    """``text`` on one visible line, blanks and line breaks as single blanks."""
    return visible(" ".join(text.split()))


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``: its beginning and, of a longer one, a quarter from its end.

    Remove secrets before: part of one cannot be recognised.
    """
    if len(text) <= limit:
        return text
    end = limit // 4
    return f"{text[: limit - end - 3]} … {text[-end:]}"


def split_url(url: str) -> SplitResult:
    """The parts of a URL that was read from a database, which may hold anything; an invalid one is all path."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def is_loopback(url: str) -> bool:
    """Whether its host is a loopback address, as far as the URL itself tells."""
    host = split_url(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def json_text(value: Any) -> str:
    """``value`` as a JSON document in ASCII without control characters, ending in a line break."""
    # json escapes everything that steers a terminal, but DEL
    return json.dumps(value, indent=2, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def canonical_json(value: Any) -> str:
    """Equal values give equal text. Raises ValueError for NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
