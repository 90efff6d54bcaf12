"""Hides in a document what a run would not have stored: it may have been written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.redaction import Redactor, hide_named, redact_headers, redact_tags

__all__ = ["without_secrets"]

PACKED = frozenset({"service_histogram", "histograms", "latencies"})  # no text that anybody wrote
_PLAIN = Redactor.of([], {}, None)


def without_secrets(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document, values that a comparison would have hidden as ``***``.

    Those are tags with telling names, ``name=value`` in the run's name, values of headers, user-info
    and keys in URLs, and anything in the form of a key.
    """
    found = {key: _hidden(key, value) for key, value in document.items()}
    run = found.get("run")
    if isinstance(run, dict) and isinstance(run.get("name"), str):
        run["name"] = hide_named(run["name"])
    return found


def _hidden(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return _PLAIN.scrub(value)
    if isinstance(value, list):
        return [_hidden(name, one) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {key: one if key in PACKED else _hidden(key, one) for key, one in value.items()}
    hide = OF_PAIRS.get(name)
    if hide is None:
        return inner
    texts = {key: one for key, one in inner.items() if isinstance(one, str)}
    others = {key: one for key, one in inner.items() if key not in texts}
    return hide(texts) | others


OF_PAIRS: Mapping[str, Callable[[Mapping[str, str]], dict[str, str]]] = {
    "headers": redact_headers,
    "tags": redact_tags,
}
