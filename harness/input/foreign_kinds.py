"""Kinds of scenario files that other tools wrote, each told by what is in it.

A further kind is a further entry of ``KINDS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import UsageError
from harness.input import hammer_file, heyyall_file
from harness.input.foreign_source import Source
from harness.input.scenario_texts import FIELD, ScenarioFile
from harness.redaction import quoted

__all__ = ["Kind", "kind_of"]


@dataclass(frozen=True)
class Kind:
    """One kind: what it is called, how it is told, and what reads it."""

    name: str  # with the keys that tell it, for a message
    is_one: Callable[[Source], bool]
    read: Callable[[Source], ScenarioFile]


def _has(*keys: str) -> Callable[[Source], bool]:
    """Return a check for JSON with one of these keys, which are in lower case."""
    return lambda source: source.is_json and not source.keys.isdisjoint(keys)


KINDS = (
    Kind("heyyall's (Endpoints, RqstRate)", _has("endpoints", "rqstrate"), heyyall_file.scenario),
    Kind("go-hammer's (hammerConfig)", _has("hammer", "hammerconfig"), hammer_file.scenario),
)


def kind_of(source: Source) -> Kind | None:
    """Return the kind of a file; None for a scenario of ours. Raises ``UsageError``."""
    found = next((kind for kind in KINDS if kind.is_one(source)), None)
    if found is None and source.is_json:
        accepted = " or ".join(kind.name for kind in KINDS)
        raise UsageError(
            f"{quoted(source.name)} is JSON of an unknown kind; expected a scenario in TOML, or a "
            f"file as {accepted}",
            FIELD,
        )
    return found
