"""Finds possible secrets in a command line, so that no message repeats them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from harness.redaction import (
    SHORTEST_PIECE,
    Redactor,
    body_secrets,
    header_secrets,
    is_telling,
    secrets_of_urls,
)

__all__ = ["redactor"]

# The part between ":" and "@" in a client selector.
_MODE = re.compile(r"(?:a?sync)?(?:\+\w+)?", re.IGNORECASE)
# A member of a JSON object that may be cut short.
_MEMBER = re.compile(r'"([\w-]+)"\s*:\s*"((?:[^"\\]|\\.)*)')


def redactor(words: Iterable[str]) -> Redactor:
    """Return a redactor for messages about a command line that consists of these words."""
    return Redactor(_secrets(list(words)))


def _secrets(words: list[str]) -> Iterator[str]:
    """Yield everything that may be secret, even if it was typed in the wrong place."""
    for number, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if not (equals and flag.startswith("--")):
            flag, value = (words[number - 1] if number else ""), word
        yield from _word_secrets(flag, value)
        if flag == "--header" and value.endswith(":"):  # its value was not quoted
            yield from itertools.takewhile(lambda one: not one.startswith("-"), words[number + 1 :])


def _word_secrets(flag: str, value: str) -> Iterator[str]:
    """Yield the possible secrets of one word; ``flag`` is the preceding word if it is a flag."""
    name, _, rest = value.partition(":")
    if "//" in value or "?" in value:
        yield from secrets_of_urls(value)
    elif "@" in rest and not _MODE.fullmatch(rest.rpartition("@")[0]):
        yield from (rest.rpartition("@")[0], rest)  # user:password@host
    if flag == "--header" or (is_telling(name) and len(rest) >= SHORTEST_PIECE):
        yield from header_secrets({name: rest.strip()})
    if flag in ("--headers", "--body") and not value.startswith("@"):
        yield from body_secrets(value.encode("utf-8", "surrogateescape"))
    for member in _MEMBER.finditer(value):
        if is_telling(member[1]):
            yield from header_secrets({member[1]: member[2]})
    name, _, rest = value.partition("=")
    yield rest if is_telling(name) else ""
