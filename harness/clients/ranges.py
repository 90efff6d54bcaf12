"""The versions of a library that its adapter supports."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

import adapters
from harness.errors import UnusableError

__all__ = ["check_range", "is_version"]


def check_range(name: str, version: str | None) -> None:
    """Refuse a version that is older than those the adapter supports. Raises ``UnusableError``."""
    oldest = adapters.OLDEST.get(name)
    try:
        is_older = bool(oldest and version) and Version(str(version)) < Version(str(oldest))
    except InvalidVersion:  # such as "2.7.0, in fact 2.25.904"
        return
    if is_older:
        raise UnusableError(
            f"{version} is older than the adapter of {name} supports; accepted: {oldest} and newer",
            "client.version",
        )


def is_version(found: str | None, asked: str) -> bool:
    """Say whether a version is the one that was asked for: 2.28 is 2.28.0."""
    try:
        return Version(str(found)) == Version(asked)
    except InvalidVersion:  # such as "2.7.0, in fact 2.25.904", which nobody can ask for
        return found == asked
