"""``clients new`` and ``targets new``: write the folder of a plug-in that works, to be changed."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from string import Template

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from harness.cli.screen import say
from harness.clients.registry import known_clients
from harness.errors import UnusableError, UsageError
from harness.redaction import quoted, refusal
from servers.catalogue import names

__all__ = ["new_client", "new_target"]

TEMPLATES = Path(__file__).parent / "templates"
LIBRARY = "httpx"  # of an adapter for which none is named
# Two of these in a row, or one at an end, would be no name of a distribution.
_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
MOST_CHARACTERS = 40


def new_client(name: str, library: str | None) -> None:
    """Write the folder ``name`` with an adapter for a library that is used like httpx."""
    distribution = _library(library or LIBRARY)
    _check_name(name, known_clients())
    package = distribution.replace("-", "_")
    module = _write("client", name, "adapter.txt", library=distribution, package=package)
    say(f"{name}/ has an adapter for {distribution}, used like {LIBRARY}. Next:")
    say(f"  cd {name}")
    say(f"  clientbench clients check {name} --adapter {module}.py")


def new_target(name: str) -> None:
    """Write the folder ``name`` with a target around a server of Python's own."""
    _check_name(name, names())
    _write("target", name, "software.txt")
    say(f"{name}/ has a target around a server of Python's own. Next:")
    say(f"  pip install --editable ./{name}")
    say(f"  clientbench targets check {name}")


def _library(text: str) -> str:
    """Return the name of a distribution. Raises ``UsageError``."""
    try:
        asked = Requirement(text)
    except InvalidRequirement:
        asked = None
    if asked is None or str(asked) != asked.name:
        raise refusal("library", text, "the name of a distribution such as httpx2")
    return str(canonicalize_name(asked.name))


def _check_name(name: str, known: Collection[str]) -> None:
    if not _NAME.fullmatch(name) or len(name) > MOST_CHARACTERS:
        accepted = f"at most {MOST_CHARACTERS} small letters and digits, '.', '-' or '_' between"
        raise refusal("name", name, accepted)
    if name in known:
        raise UsageError(f"{quoted(name)} is known already; expected another name", "name")


def _write(kind: str, name: str, main: str, **values: str) -> str:
    """Write the files of a plug-in into a new folder. Return the name of its module."""
    words = re.sub(r"[.-]", "_", name)
    module = f"clientbench_{words}"
    values |= {"name": name, "module": module, "distribution": str(canonicalize_name(name))}
    files = {
        "pyproject.toml": "pyproject.txt",
        "README.md": "readme.txt",
        f"{module}.py": main,
        f"test_{words}.py": "test.txt",
    }
    folder = Path(name)
    try:
        folder.mkdir()
        for file, template in files.items():
            text = Template((TEMPLATES / kind / template).read_text("utf-8"))
            (folder / file).write_text(text.substitute(values), "utf-8")
    except FileExistsError:
        raise UsageError(f"{quoted(name)} exists; expected a new folder", "name") from None
    except OSError as error:
        raise UnusableError(f"{quoted(name)} cannot be written: {error.strerror}", "name") from None
    return module
