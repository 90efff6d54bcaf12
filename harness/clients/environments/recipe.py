"""One environment as it is asked for: an interpreter and requirements, or an interpreter and a lock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from harness.clients.environments.pythons import FoundPython
from harness.text import canonical_json

__all__ = ["DIGEST_LENGTH", "Recipe", "digest", "shown"]

DIGEST_LENGTH = 32  # hexadecimal digits: 128 bits


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

    @property
    def digest(self) -> str:
        """Equal for recipes that ask for the same thing of the same build of Python."""
        asked = [sorted(self.requirements), self.constraints, self.lock]
        return digest([*asked, list(self.python.identity)])

    def __str__(self) -> str:
        named = ", ".join(map(shown, self.requirements)) or "nothing"
        return f"{named} for Python {self.python}"


def shown(requirement: str) -> str:
    """Return a requirement as users see it: of a file or a URL only the last part."""
    name, at, where = requirement.partition(" @ ")
    return f"{name} ({where.rpartition('/')[2]})" if at else requirement


def digest(value: object) -> str:
    """Return a digest of plain data."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:DIGEST_LENGTH]
