"""One environment as it is asked for: an interpreter and requirements, or an interpreter and a lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.clients.environments.pythons import FoundPython
from harness.text import canonical_json

__all__ = ["DIGEST_LENGTH", "Origin", "Recipe", "described", "digest", "named"]

DIGEST_LENGTH = 32  # hexadecimal digits: 128 bits
SHORT_COMMIT = 8


@dataclass(frozen=True)
class Origin:
    """The place that an environment's library comes from, if it is no release."""

    label: str  # the client as it was asked for, without folders: head=httpx=checkout
    client: str
    alias: str | None
    place: str  # an absolute path, or a URL
    distribution: str
    commit: str | None = None  # of a checkout under git
    dirty: bool | None = None  # it differs from the commit

    def __str__(self) -> str:
        if self.commit is None:
            return self.label
        return f"{self.label} ({self.commit[:SHORT_COMMIT]}{', dirty' if self.dirty else ''})"


@dataclass(frozen=True)
class Recipe:
    """An environment to make.

    ``requirements`` are PEP 508 texts, ``constraints`` is the content of a constraints file. If
    ``lock`` is given, exactly what it lists is installed, and requirements only name it.
    """

    python: FoundPython
    requirements: tuple[str, ...]
    constraints: str | None = None
    lock: str | None = None
    origin: Origin | None = None

    @property
    def digest(self) -> str:
        """Equal for recipes that ask for the same thing of the same build of Python."""
        asked = [sorted(self.requirements), self.constraints, self.lock]
        return digest([*asked, list(self.python.identity)])

    def __str__(self) -> str:
        asked = described(self.requirements, self.origin) or "nothing"
        return f"{asked} for Python {self.python}"


def described(requirements: Iterable[str], origin: Origin | None) -> str:
    """Return requirements as users see them: a library by its origin, other files by name."""
    return ", ".join(_shown(one, origin) for one in requirements)


def _shown(requirement: str, origin: Origin | None) -> str:
    name, at, where = requirement.partition(" @ ")
    if not at:
        return requirement
    if origin is not None and named(requirement) == origin.distribution:
        return str(origin)
    return f"{name} ({where.rpartition('/')[2]})"


def named(requirement: str) -> str:
    """Return the canonical name of the distribution that a requirement asks for."""
    return str(canonicalize_name(Requirement(requirement).name))


def digest(value: object) -> str:
    """Return a digest of plain data."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:DIGEST_LENGTH]
