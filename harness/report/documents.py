"""The kinds of JSON documents that commands print, each with a version of its own. Pure.

Each document begins with ``"schema": "clientbench/KIND/VERSION"``. Its JSON Schema is
``docs/schemas/KIND-VERSION.json``. A version rises if a name or a meaning changes, not if something
is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.text import json_text

__all__ = ["VERSIONS", "document", "schema_of", "to_json"]

VERSIONS: Mapping[str, int] = {
    "check": 1,
    "client": 1,
    "clients": 1,
    "diff": 1,
    "doctor": 1,
    "environment": 1,
    "environments": 1,
    "gate": 1,
    "presets": 1,
    "run": 1,
    "runs": 1,
    "scenario": 1,
    "selftest": 1,
    "standing-target": 1,
    "standing-targets": 1,
    "targets": 1,
    "trend": 1,
}


def schema_of(kind: str) -> str:
    """Return the name of the schema of a kind."""
    return f"clientbench/{kind}/{VERSIONS[kind]}"


def document(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of this kind."""
    return {"schema": schema_of(kind), **content}


def to_json(kind: str, content: Mapping[str, Any]) -> str:
    """Return it as text with a final line break."""
    return json_text(document(kind, content))
