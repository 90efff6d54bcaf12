"""Labels of clients: one canonical label for each, whatever was typed, and never a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from adapters.base import Mode
from adapters.loops import default_loop
from harness.paths import expanded
from harness.scenario.selector import ClientSpec

__all__ = ["client_label", "short_place", "short_source"]


def client_label(spec: ClientSpec, modes: Sequence[Mode]) -> str:
    """The label of a client whose mode and loop are filled in; ``modes`` are all that its library
    has.

    The library's name, with ``:MODE`` if the library has several, ``+LOOP`` if it is not the one it
    uses without being told, and extras, version, source and interpreter if they were asked for. An
    alias replaces all but the interpreter.
    """
    python = None if spec.python is None else short_place(spec.python)
    if spec.alias is not None:
        return spec.alias if python is None else f"{spec.alias}@{python}"
    mode = None if tuple(modes) == (spec.mode,) else spec.mode
    loop = None if spec.loop == default_loop(spec.name, spec.mode) else spec.loop
    source = None if spec.source is None else short_source(spec.source)
    return str(replace(spec, mode=mode, loop=loop, source=source, python=python))


def short_place(python: str) -> str:
    """Return a version as it is; of an interpreter's path the environment's name, or the file's."""
    if "/" not in python:
        return python
    path = PurePosixPath(python)
    if path.parent.name == "bin" and path.parent.parent.name not in ("", "usr", "local"):
        return path.parent.parent.name
    return path.name


def short_source(source: str) -> str:
    """Return the last name of a path or URL."""
    if "://" in source:
        return PurePosixPath(urlsplit(source).path).name
    return expanded(source).resolve().name
