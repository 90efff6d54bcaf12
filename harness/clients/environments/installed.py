"""Compares installed files with the hashes that their distributions list (RECORD of a wheel).

uv links files from its cache, so whoever edits one in an environment changes uv's copy as well. uv
does not notice: it checks a file when it fetches it, and never again.
"""

from __future__ import annotations

import base64
import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

__all__ = ["changed"]


def changed(environment: Path) -> dict[str, str]:
    """Return the distributions of which a file is other than listed, each with the first such file.

    ``environment`` is the folder of a virtual environment.
    """
    found: dict[str, str] = {}
    for record in sorted(environment.glob("lib/*/site-packages/*.dist-info/RECORD")):
        name = canonicalize_name(record.parent.name.partition("-")[0])
        file = next(_changed(record), None)
        if file is not None:
            found[name] = file
    return found


def _changed(record: Path) -> Iterator[str]:
    site = record.parents[1]
    with record.open(encoding="utf-8", newline="") as lines:
        for path, listed, *_ in csv.reader(lines):
            algorithm, _, wanted = listed.partition("=")  # empty: bytecode, and RECORD itself
            if (
                algorithm in hashlib.algorithms_available
                and _hash(site / path, algorithm) != wanted
            ):
                yield path


def _hash(file: Path, algorithm: str) -> str:
    """Return a file's hash as RECORD has it; empty if the file is gone."""
    try:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, algorithm).digest()
    except OSError:
        return ""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
