"""A plug-in that is installed beside clientbench, as a requirement of another environment."""

from __future__ import annotations

import json
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harness.clients.environments.making import Maker
from harness.clients.environments.pythons import FoundPython
from harness.clients.environments.source import source
from harness.errors import UnusableError
from harness.redaction import quoted

__all__ = ["plugin"]


def plugin(name: str, python: FoundPython, maker: Maker) -> str:
    """Return the requirement that brings the plug-in as it is here.

    A plug-in from a folder, editable or not, or from a file is built from there. Raises
    ``UnusableError`` with what to do if that is not possible.
    """
    found = distribution(name)
    url = _direct_url(found)
    if not url:
        return f"{name}=={found.version}"
    path = Path(unquote(urlsplit(url).path))
    if not url.startswith("file:"):
        problem = "was installed from a URL; install it from a folder, a file or the index"
    elif not path.exists():
        problem = f"was installed from {quoted(path)}, which is gone; install it again"
    else:
        return source(str(path), name, python, maker).requirement
    raise UnusableError(f"the plug-in {name} {problem}", "client")


def _direct_url(found: Distribution) -> str:
    """Return the URL that it was installed from (PEP 610); empty: an index, or nobody knows."""
    try:
        return str(json.loads(found.read_text("direct_url.json") or "{}").get("url", ""))
    except (ValueError, AttributeError):
        return ""
