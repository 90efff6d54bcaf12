"""The name of a run, of its machine, and its tags: checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from harness.errors import UsageError
from harness.redaction import Redactor, hide_named, quoted, redact_tags, refusal

__all__ = ["MACHINE_VARIABLE", "machine_name", "run_name", "tags"]

MACHINE_VARIABLE = "CLIENTBENCH_MACHINE"
LONGEST = 200  # characters of a name or of a tag's value
_KEY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_MACHINE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_PLAIN = Redactor.of([], {}, None)


def run_name(text: str | None) -> str | None:
    """Return the name of a run; what may be secret in it is hidden. Raises UsageError."""
    return None if text is None else hide_named(_text("run_name", text))


def machine_name(flag: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the user's name for this machine, from the option or the variable; None for none."""
    field, text = (
        ("machine", flag) if flag is not None else (MACHINE_VARIABLE, environ.get(MACHINE_VARIABLE))
    )
    if text is None or (flag is None and not text):
        return None
    if not _MACHINE.fullmatch(text):
        raise refusal(field, text, "letters, digits, '.', '-' and '_', at most 64")
    return text


def tags(typed: Iterable[str], *, removable: bool = False) -> dict[str, str]:
    """Return tags by key; with ``removable`` an empty value, which removes one, is allowed.

    Raises UsageError for one that is no ``KEY=VALUE``, and for a key that is given twice.
    """
    found: dict[str, str] = {}
    for text in typed:
        key, sign, value = text.partition("=")
        if not sign or not _KEY.fullmatch(key):
            accepted = "KEY=VALUE, the key of letters, digits, '.', '-' and '_', such as pr=123"
            raise refusal("tag", text, accepted)
        if key in found:
            raise UsageError(f"{quoted(key)} is given twice; expected each once", "tag")
        found[key] = "" if removable and not value else hide_named(_text("tag", value))
    return redact_tags(found)


def _text(field: str, text: str) -> str:
    if not text.strip() or len(text) > LONGEST or not text.isprintable():
        raise refusal(field, text, f"1 to {LONGEST} printable characters")
    return _PLAIN.scrub(text)
