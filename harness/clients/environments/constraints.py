"""Constraints files, in pip's form, held against an environment that is there already."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

__all__ = ["met"]


def met(constraints: str, versions: Mapping[str, str], markers: Mapping[str, str]) -> bool:
    """Say whether ``versions``, by distribution, are within a file's ``constraints``.

    ``markers`` are the values of environment markers (PEP 508) in the interpreter that has them. A
    line that is no requirement is not met: whoever makes an environment then says what is wrong.
    """
    there = {str(canonicalize_name(name)): version for name, version in versions.items()}
    lines = (line.partition("#")[0].strip() for line in constraints.splitlines())
    return all(_is_met(line, there, markers) for line in lines if line)


def _is_met(line: str, versions: Mapping[str, str], markers: Mapping[str, str]) -> bool:
    try:
        asked = Requirement(line)
    except InvalidRequirement:
        return False
    version = versions.get(canonicalize_name(asked.name))
    if version is None or (asked.marker is not None and not asked.marker.evaluate(dict(markers))):
        return True
    return asked.url is None and asked.specifier.contains(version, True)
