"""Selecting a client: ``NAME[==VERSION][:sync|:async][+LOOP][@PYTHON]`` (DESIGN §4).

This is the syntax only. The catalogue knows which clients exist, are installed, and have which
mode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from adapters.base import Mode
from adapters.loops import LOOPS
from harness.redaction import refusal

__all__ = ["MODES", "ClientSpec", "parse"]

Choice = TypeVar("Choice", bound=str)
MODES: tuple[Mode, ...] = ("sync", "async")

_GRAMMAR = (
    "NAME[==VERSION][:sync|:async][+LOOP][@PYTHON], such as httpx, httpx:async or aiohttp+uvloop"
)
# Any text has these five pieces at most; what is allowed inside each is checked one by one.
_PIECES = re.compile(
    r"(?P<name>[^=:+@]*)(?:==(?P<version>[^:+@]*))?(?::(?P<mode>[^+@]*))?"
    r"(?:\+(?P<loop>[^@]*))?(?:@(?P<python>.*))?",
    re.DOTALL,
)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
# PEP 440 without the local part, whose "+" would be taken for a loop.
_VERSION = re.compile(r"[0-9](?:[A-Za-z0-9.!-]{0,62}[A-Za-z0-9])?")
_PYTHON_VERSION = re.compile(r"3(?:\.[0-9]{1,2}){0,2}t?")


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """One client as the user named it; ``None`` means "not said"."""

    name: str
    version: str | None = None
    mode: Mode | None = None
    loop: str | None = None  # a key of LOOPS, only ever set together with that loop's mode
    python: str | None = None  # a version such as 3.13, or the path of an interpreter

    def __str__(self) -> str:
        pieces = (("==", self.version), (":", self.mode), ("+", self.loop), ("@", self.python))
        return self.name + "".join(sign + piece for sign, piece in pieces if piece is not None)


def parse(text: str) -> ClientSpec:
    """Read one selector; names, modes and loops may be in any case, and a loop implies its mode.

    Raises ``UsageError`` with one line that names the piece at fault and what is accepted.
    """
    match = _PIECES.fullmatch(text.strip())
    if match is None or not match["name"]:
        raise refusal("client", text, _GRAMMAR)
    loop = _one_of(tuple(LOOPS), "client.loop", match["loop"])
    mode = _one_of(MODES, "client.mode", match["mode"])
    of_loop = LOOPS[loop].mode if loop else None
    if of_loop and mode not in (None, of_loop):
        better = f"{match['name']}:{of_loop}+{loop}"
        raise refusal("client", text, f"no loop {loop} with :{mode}; write {better}")
    return ClientSpec(
        name=_name(match["name"]),
        version=_version(match["version"]),
        mode=of_loop or mode,
        loop=loop,
        python=_python(match["python"]),
    )


def _name(text: str) -> str:
    name = text.lower()
    if not _NAME.fullmatch(name):
        raise refusal("client.name", text, "letters, digits, '.', '-' and '_'")
    return name


def _version(text: str | None) -> str | None:
    if text is not None and not _VERSION.fullmatch(text):
        raise refusal("client.version", text, "an exact version such as 0.27.2")
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
