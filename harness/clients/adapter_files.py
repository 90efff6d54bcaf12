"""Adapters in files of the user's own (``--adapter FILE``): read as text, never imported here."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

import adapters
from adapters.base import Mode
from harness.errors import UsageError
from harness.paths import expanded
from harness.redaction import quoted
from harness.scenario.selector import parse

__all__ = ["AdapterFile", "read"]

FIELD = "adapter"
MOST_BYTES = 1 << 20
DIGEST_LENGTH = 12
LONGEST_PATH = 200  # that is shown
MODES: dict[str, Mode] = {"Adapter": "sync", "AsyncAdapter": "async"}  # classes of adapters.base
_OURS = Path(adapters.__file__).parent
_ACCEPTED = 'a literal such as REQUIRES = ("httpx>=0.27",), the library first'

Classes = dict[str, ast.ClassDef]


@dataclass(frozen=True)
class AdapterFile:
    """One adapter module outside of any distribution."""

    name: str  # of the client
    file: str  # name of the file, as results show it
    source: bytes
    requires: tuple[str, ...]  # requirements, the measured library first; empty: Python alone
    modes: tuple[Mode, ...]  # the default first

    @property
    def module(self) -> str:
        """The module as a worker imports it; no library has this name."""
        return "clientbench_adapter_" + re.sub(r"[.-]", "_", self.name)

    @property
    def distribution(self) -> str | None:
        """The library's distribution; None: the standard library."""
        return str(canonicalize_name(Requirement(self.requires[0]).name)) if self.requires else None

    @property
    def version(self) -> str:
        """The beginning of the digest of its content, which stands for a version."""
        return hashlib.sha256(self.source).hexdigest()[:DIGEST_LENGTH]

    @property
    def has_extras(self) -> bool:
        """Say whether it needs optional parts of a distribution."""
        return any(Requirement(text).extras for text in self.requires)


def read(texts: Sequence[str], taken: Sequence[str]) -> tuple[AdapterFile, ...]:
    """Read the files at the paths ``texts``; ``taken`` are the names of the other clients.

    Raises ``UsageError`` with one line that names the file.
    """
    found: list[AdapterFile] = []
    for text in texts:
        try:
            one = _read(text)
        except RecursionError:  # nested too deep, or a class that inherits itself
            raise _refused(text, "is not Python that can be read") from None
        if one.name in (*taken, *(other.name for other in found)):
            raise _refused(text, f"names its client {one.name!r}, which is another client's name")
        found.append(one)
    return tuple(found)


def _read(text: str) -> AdapterFile:
    path = expanded(text)
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise _refused(text, f"is larger than {MOST_BYTES >> 20} MiB")
        source = path.read_bytes()
    except OSError as error:
        raise _refused(text, f"cannot be read: {error.strerror}") from None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise _refused(text, f"is not Python{line}: {why}") from None
    listed = _adapters(text, tree)
    return AdapterFile(
        _name(text, tree, listed), path.name, source, _requires(text, tree), _modes(text, listed)
    )


def _adapters(text: str, tree: ast.Module) -> list[tuple[ast.ClassDef, ast.Module]]:
    """Return the classes in ``ADAPTERS``."""
    value = _assigned(tree.body, "ADAPTERS")
    if not isinstance(value, ast.Tuple | ast.List) or not value.elts:
        raise _refused(text, "has no ADAPTERS; expected a line such as ADAPTERS = (MyAdapter,)")
    found = []
    for one in value.elts:
        known = _class(one, tree)
        if known is None:
            raise _refused(text, f"has no class {ast.unparse(one)}, which ADAPTERS names")
        found.append(known)
    return found


def _name(text: str, tree: ast.Module, listed: list[tuple[ast.ClassDef, ast.Module]]) -> str:
    """Return the client's name, which the classes have in common."""
    found = {one for kind, within in listed if (one := _attribute(kind, within, "name"))}
    if len(found) != 1:
        names = " and ".join(map(repr, sorted(found))) or "no name"
        raise _refused(text, f'has {names}; expected name = "…" in the classes of ADAPTERS')
    (name,) = found
    try:
        is_name = str(parse(name)) == name
    except UsageError:
        is_name = False
    if not is_name:
        accepted = "small letters, digits, '.', '-' and '_'"
        raise _refused(text, f"names its client {name!r}; expected {accepted}")
    return name


def _requires(text: str, tree: ast.Module) -> tuple[str, ...]:
    value = _assigned(tree.body, "REQUIRES")
    if value is None:
        raise _refused(text, f"has no REQUIRES; expected {_ACCEPTED}")
    try:
        found = ast.literal_eval(value)
        parsed = [Requirement(one) for one in found]
    except (ValueError, TypeError, InvalidRequirement):
        parsed = None
    if parsed is None or isinstance(found, str) or any(one.url for one in parsed):
        raise _refused(text, f"has REQUIRES = {ast.unparse(value)}; expected {_ACCEPTED}")
    return tuple(map(str, parsed))


def _modes(text: str, listed: list[tuple[ast.ClassDef, ast.Module]]) -> tuple[Mode, ...]:
    found = [_mode(kind, within) for kind, within in listed]
    modes = tuple(mode for mode in found if mode is not None)
    if len(modes) != len(found) or len(set(modes)) != len(modes):
        expected = "one Adapter, one AsyncAdapter, or both"
        raise _refused(text, f"has classes without a mode of their own; expected {expected}")
    return modes


def _mode(kind: ast.ClassDef, within: ast.Module) -> Mode | None:
    """Return the mode of a class: that of the base class of the contract it inherits."""
    for base in kind.bases:
        word = base.attr if isinstance(base, ast.Attribute) else ast.unparse(base)
        if word in MODES:
            return MODES[word]
        known = _class(base, within)
        mode = known and _mode(*known)
        if mode:
            return mode
    return None


def _attribute(kind: ast.ClassDef, within: ast.Module, name: str) -> str | None:
    """Return a text that a class or one of its bases assigns."""
    value = _assigned(kind.body, name)
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    inherited = (_class(base, within) for base in kind.bases)
    return next((one for known in inherited if known and (one := _attribute(*known, name))), None)


def _class(node: ast.expr, within: ast.Module) -> tuple[ast.ClassDef, ast.Module] | None:
    """Return the class of that name, and its module: the same one, or one of ``adapters``."""
    if not isinstance(node, ast.Name):
        return None
    for one in within.body:
        if isinstance(one, ast.ClassDef) and one.name == node.id:
            return one, within
        if isinstance(one, ast.ImportFrom) and (one.module or "").startswith("adapters."):
            for alias in one.names:
                if (alias.asname or alias.name) == node.id:
                    return _class(ast.Name(alias.name), _ours(str(one.module)))
    return None


@cache
def _ours(module: str) -> ast.Module:
    path = _OURS.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return ast.parse(path.read_bytes() if path.is_file() else b"")


def _assigned(body: Sequence[ast.stmt], name: str) -> ast.expr | None:
    """Return the expression that is assigned to a name, with or without an annotation."""
    return next((value for found, value in _assignments(body) if found == name), None)


def _assignments(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for one in body:
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        value = one.value if isinstance(one, ast.Assign | ast.AnnAssign) else None
        if value is not None and isinstance(targets[0], ast.Name):
            yield targets[0].id, value


def _refused(text: str, problem: str) -> UsageError:
    return UsageError(f"{quoted(text, LONGEST_PATH)} {problem}", FIELD)
