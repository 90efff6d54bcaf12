"""Checks that a JSON document keeps the published schema of its kind."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.report.schemas import DOCS


@cache
def _validator(schema: str) -> Draft202012Validator:
    program, kind, version = schema.split("/")
    assert program == "clientbench"
    file = DOCS / "schemas" / f"{kind}-{version}.json"
    return Draft202012Validator(json.loads(file.read_text("utf-8")))


def check(document: Any, kind: str | None = None) -> None:
    """Fail unless the document is as its schema says, and of this kind."""
    found = best_match(_validator(document["schema"]).iter_errors(document))
    assert found is None, f"{found.json_path}: {found.message[:500]}"
    assert kind is None or document["schema"].split("/")[1] == kind
