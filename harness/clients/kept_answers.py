"""A cache of the interpreters' answers, in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from harness.clients.cache_folder import cache_folder
from harness.clients.environments.files import write_whole

__all__ = ["KeptAnswers"]


class KeptAnswers:
    """Answers of earlier calls; void if a folder of the interpreter's path has changed."""

    def __init__(self, key_parts: list[Any]) -> None:
        key = _digest(json.dumps(key_parts))[:16]
        self._path = cache_folder() / f"clients-{key}.json"
        self._stored = self._read()
        self.capabilities = dict(self._stored.get("capabilities", {}))

    def metadata(self, roots: list[str]) -> dict[str, Any] | None:
        """Return the stored answer if it covers ``roots`` and nothing was installed since."""
        stored: dict[str, Any] | None = self._stored.get("metadata")
        if stored is None or any(_stamp(path) != mtime for path, mtime in stored["stamps"].items()):
            self.capabilities = {}
            return None
        covered = all(root in stored["distributions"] for root in roots)
        return stored if covered else None

    def save(self, metadata: dict[str, Any]) -> None:
        """Keep the answers; a cache that cannot be written is only slower."""
        stored = {"metadata": metadata, "capabilities": self.capabilities}
        if stored == self._stored:
            return
        text = json.dumps(stored)
        write_whole(self._path, f"{_digest(text)}\n{text}")

    def _read(self) -> dict[str, Any]:
        """Return the stored answers; empty if the file is not exactly as we wrote it."""
        try:
            digest, _, text = self._path.read_text().partition("\n")
        except (OSError, ValueError):
            return {}
        stored: dict[str, Any] = json.loads(text) if digest == _digest(text) else {}
        return stored


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _stamp(path: str) -> int | None:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return None
