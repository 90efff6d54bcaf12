"""The releases of a package that ``--versions`` means.

uv cannot list releases. It resolves, so we ask it for the newest release below the last one found:
its own index, credentials and cache apply, and releases without a wheel for the Python are no
answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice, takewhile

from packaging.version import Version

from harness.clients.environments.pythons import FoundPython
from harness.clients.environments.uv import Uv, UvFailedError
from harness.errors import UnusableError, UsageError
from harness.redaction import refusal

__all__ = ["ACCEPTED", "MOST", "Ask", "asking", "releases"]

ACCEPTED = "a range such as 0.23..0.28, or last:5"
MOST = 50  # releases of one call; more is a slip of the pen
FIELD = "versions"
MINOR, EACH = 2, 3  # depths: releases differ in two numbers, or in anything

Ask = Callable[[str], str | None]
"""Returns the newest release that fits a requirement, None without one; raises UvFailedError."""


def asking(uv: Uv, python: FoundPython) -> Ask:
    """Return the question for releases that ``python`` can install without a build."""

    def newest(requirement: str) -> str | None:
        command = [
            *("pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate"),
            *("--no-build", "--prerelease", "disallow", "--python", python.path, "-"),
        ]
        try:
            output = uv.run(command, stdin=requirement)
        except UvFailedError as error:
            if error.no_version:
                return None
            raise
        return output.strip().partition("==")[2].partition(" ")[0] or None

    return newest


def releases(name: str, spec: str, ask: Ask) -> list[str]:
    """Return the releases of ``name`` that ``spec`` means, oldest first.

    A range has the newest release of each minor version in it, both ends included; if both ends are
    a single number, of each major version. ``last:N`` are the N newest releases. Pre-releases never
    count. Raises ``UsageError``, and ``UnusableError`` if there is none.
    """
    last = re.fullmatch(r"last:([1-9]\d*)", spec)
    ends = re.fullmatch(r"(\d+(?:\.\d+)*)\.\.(\d+(?:\.\d+)*)", spec)
    if last and int(last[1]) <= MOST:
        return _last(name, int(last[1]), ask)
    if ends:
        return _between(name, _numbers(ends[1]), _numbers(ends[2]), ask)
    raise refusal(FIELD, spec, f"{ACCEPTED} (at most {MOST})")


def _last(name: str, number: int, ask: Ask) -> list[str]:
    found = list(islice(_down(name, "", ask, EACH), number))
    if not found:
        raise UnusableError(f"{name} has no release for this Python", FIELD)
    return found[::-1]


def _between(name: str, low: tuple[int, ...], high: tuple[int, ...], ask: Ask) -> list[str]:
    text = f"{_dotted(low)}..{_dotted(high)}"
    if low[: len(high)] > high:
        turned = f"{_dotted(high)}..{_dotted(low)}"
        raise UsageError(f"{text} is the wrong way round; try {turned}", FIELD)
    depth = min(MINOR, max(len(low), len(high)))
    below = _dotted((*high[:-1], high[-1] + 1))
    lowest = Version(_dotted(low))
    downwards = _down(name, f"<{below}", ask, depth)
    found = list(islice(takewhile(lambda one: Version(one) >= lowest, downwards), MOST))
    if not found:
        newest = ask(name)
        known = f"the newest is {newest}" if newest else "there is none"
        raise UnusableError(f"{name} has no release in {text} for this Python; {known}", FIELD)
    return found[::-1]


def _down(name: str, below: str, ask: Ask, depth: int) -> Iterator[str]:
    """Yield the newest release, then the newest that differs in its first ``depth`` numbers, …."""
    while (found := ask(name + below)) is not None:
        yield found
        numbers = (*Version(found).release, 0)
        if not any(numbers[:depth]):  # nothing is below zero
            return
        below = f"<{found}" if depth == EACH else f"<{_dotted(numbers[:depth])}"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
