"""Constraints files, in pip's form: versions alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from harness.errors import UsageError
from harness.redaction import quoted

__all__ = ["check", "met"]

_HASH = re.compile(r"\s--hash=\S+")


def check(text: str) -> None:
    """Refuse a file with more than versions: options of pip, and URLs, which may have secrets.

    Raises ``UsageError``.
    """
    for line in _lines(text):
        try:
            is_version = Requirement(line).url is None
        except InvalidRequirement:
            is_version = False
        if not is_version:
            problem = f"a line is {quoted(line)}; expected versions such as 'idna<4'"
            raise UsageError(f"{problem}, and indexes in the variables of uv", "constraint")


def met(text: str, versions: Mapping[str, str], markers: Mapping[str, str]) -> bool:
    """Say whether ``versions``, by distribution, are within the constraints of a checked file.

    ``markers`` are the values of environment markers (PEP 508) in the interpreter that has them.
    """
    there = {str(canonicalize_name(name)): version for name, version in versions.items()}
    return all(_is_met(Requirement(line), there, markers) for line in _lines(text))


def _lines(text: str) -> Iterator[str]:
    """Yield each line without comment and hashes; a backslash continues one."""
    for line in text.replace("\\\n", " ").splitlines():
        asked = _HASH.sub("", re.sub(r"(^|\s)#.*", "", line)).strip()
        if asked:
            yield asked


def _is_met(asked: Requirement, versions: Mapping[str, str], markers: Mapping[str, str]) -> bool:
    version = versions.get(canonicalize_name(asked.name))
    if version is None or (asked.marker is not None and not asked.marker.evaluate(dict(markers))):
        return True
    return asked.specifier.contains(version, True)
