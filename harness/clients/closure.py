"""Computes the distributions that a client requires, and the optional ones. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

__all__ = ["Closure", "closure"]


@dataclass(frozen=True)
class Closure:
    """A client's required closure."""

    versions: dict[str, str]  # by distribution, the client itself first
    parts: dict[str, tuple[str, ...]]  # by distribution: paths of its top-level files and folders
    hidden: tuple[str, ...]  # optional distributions that are installed but kept out of sight

    @property
    def entries(self) -> tuple[str, ...]:
        """The paths of all distributions."""
        return tuple(entry for entries in self.parts.values() for entry in entries)


def closure(
    roots: Sequence[str], distributions: Mapping[str, Any], environment: Mapping[str, str]
) -> Closure:
    """Follow the requirements of ``roots`` that hold in ``environment`` (PEP 508 markers).

    A root is a requirement, such as ``httpx`` or ``httpx[http2]``, whose version does not matter.
    ``distributions`` and ``environment`` are the answer of ``harness.worker.describe.metadata``. A
    requirement that only an extra brings in is optional.
    """
    needed: dict[str, str] = {}
    optional: set[str] = set()
    visited: set[tuple[str, str]] = set()
    waiting = [
        (canonicalize_name(root.name), extra)
        for root in _parsed(roots)
        for extra in ("", *root.extras)
    ]
    while waiting:
        name, extra = waiting.pop(0)
        known = distributions.get(name)
        if known is None or (name, extra) in visited:
            continue
        visited.add((name, extra))
        needed[name] = known["version"]
        for requirement in _parsed(known["requires"]):
            target = canonicalize_name(requirement.name)
            marker = requirement.marker
            if marker is None or marker.evaluate({**environment, "extra": extra}):
                waiting += [(target, asked) for asked in ("", *requirement.extras)]
            elif distributions.get(target) is not None:
                optional.add(target)
    return Closure(
        versions=needed,
        parts={name: tuple(distributions[name]["entries"]) for name in needed},
        hidden=tuple(sorted(optional - needed.keys())),
    )


def _parsed(texts: Iterable[str]) -> list[Requirement]:
    parsed = []
    for text in texts:
        # occurs in metadata of old packages; pip ignores it as well
        with contextlib.suppress(InvalidRequirement):
            parsed.append(Requirement(text))
    return parsed
