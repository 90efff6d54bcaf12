"""Copies a checkout: what git tracks or would track, else everything but caches.

The copy has a repository of its own, for build tools that read the version from tags.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.clients.environments.files import copy_of_users
from harness.errors import UnusableError
from harness.machine import git
from harness.redaction import quoted

__all__ = ["Copy", "copied"]

_CACHES = frozenset(
    {
        *("__pycache__", ".git", ".hg", ".tox", ".nox", ".mypy_cache", ".pytest_cache"),
        *(".ruff_cache", ".hypothesis", ".cache", "node_modules"),
    }
)
_REPOSITORY = "160000"  # the mode of a repository within (submodule)
_PRODUCTS = ("build", "dist", "target")  # only at the top, where tools put what they have built


@dataclass(frozen=True)
class Copy:
    """A copy of a checkout."""

    project: Path  # the folder to build
    commit: str | None
    dirty: bool | None
    digest: str  # of the files and, under git, of what a version may be made from


def copied(folder: Path, to: Path) -> Copy:
    """Copy the checkout that ``folder`` is, or is a part of, to ``to``. Raises UnusableError."""
    top = (git.answer(folder, "rev-parse", "--show-toplevel") or "").strip()
    below = folder.resolve().relative_to(Path(top).resolve()) if top else Path()
    tracked = _listed(Path(top), "--cached") if top else []
    # of untracked files only our own: the repository may be the user's whole home
    new = [str(below / name) for name in _listed(folder, "--others", "--exclude-standard")]
    files = sorted({*tracked, *new})
    if not any(Path(name).is_relative_to(below) for name in files):  # no git, or ignored by it
        files = sorted(_everything(folder))
        _copy(folder, files, to)
        return Copy(to, None, None, _digest(to, files, ""))
    return _under_git(Path(top), files, bool(new), to, below)


def _under_git(root: Path, files: list[str], has_new: bool, to: Path, below: Path) -> Copy:
    commit = (git.answer(root, "rev-parse", "--verify", "HEAD") or "").strip() or None
    described, changed = "", True
    if commit:
        _clone(root, to)
        git.answer(to, "update-ref", "--no-deref", "HEAD", commit)  # it may have moved since
        described = git.answer(to, "describe", "--tags", "--long", "--always") or ""
    _copy(root, files, to)
    if commit:
        git.answer(to, "reset", "--quiet")
        changed = _differs(root, to)
    version = f"{commit} {described.strip()}"
    return Copy(to / below, commit, has_new or changed, _digest(to, files, version))


def _differs(root: Path, to: Path) -> bool:
    """Say whether the copy differs from its commit, or may do so because git cannot compare them.

    The copy is asked, because the checkout may change meanwhile, and its index may say that files
    are to be taken for unchanged. Repositories within are only there.
    """
    wanted = r"^(core\.(filemode|autocrlf|eol|symlinks)|filter\..*)$"
    listed = git.answer(root, "config", "--local", "--null", "--get-regexp", wanted) or ""
    pairs = [one.replace("\n", "=", 1) for one in listed.split("\0") if one]
    settings = [word for pair in pairs for word in ("-c", pair)]
    question = ("status", "--porcelain", "--untracked-files=no")
    # "" is the answer of no difference; None, that git cannot tell, is not
    if git.answer(to, *settings, *question) != "":
        return True
    tracked = (git.answer(root, "ls-files", "--stage", "-z") or "").split("\0")
    within = [line.partition("\t")[2] for line in tracked if line.startswith(_REPOSITORY)]
    return bool(within) and git.answer(root, *question, "--", *within) != ""


def _listed(folder: Path, *which: str) -> list[str]:
    """Return names of files that git knows, relative to ``folder``."""
    listed = git.answer(folder, "ls-files", "-z", *which) or ""
    return [name for name in listed.split("\0") if name]


def _clone(root: Path, to: Path) -> None:
    """Make a repository at ``to`` that borrows the objects of ``root``."""
    # it may belong to another user; what serves it does not see our settings
    serving = f"git -c '{git.ANY_OWNER}' upload-pack"
    arguments = ("--quiet", "--shared", "--no-checkout", "--upload-pack", serving)
    if git.answer(root, "clone", *arguments, str(root), str(to)) is None:
        raise UnusableError(f"{quoted(root)} cannot be cloned by git; is the repository damaged?")


def _everything(top: Path) -> Iterator[str]:
    """Yield the files below ``top``, without caches, virtual environments and products.

    Sockets and named pipes are no files, as for git.
    """
    for folder, subfolders, names in os.walk(top):
        at_top = folder == str(top)
        subfolders[:] = [
            name
            for name in subfolders
            if name not in _CACHES
            and not name.endswith(".egg-info")
            and not (at_top and name in _PRODUCTS)
            and not os.path.exists(f"{folder}/{name}/pyvenv.cfg")  # noqa: PTH110
        ]
        links = [name for name in subfolders if os.path.islink(f"{folder}/{name}")]  # noqa: PTH114
        for name in (*names, *links):
            path = f"{folder}/{name}"
            is_file = os.path.isfile(path) or os.path.islink(path)  # noqa: PTH113, PTH114
            if is_file and not name.endswith((".pyc", ".pyo")):
                yield os.path.relpath(path, top)


def _copy(top: Path, files: list[str], to: Path) -> None:
    for name in files:
        source, copy = top / name, to / name
        if not os.path.lexists(source):  # git knows it, but it was deleted
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not source.is_symlink():  # a repository within
            without = shutil.ignore_patterns(".git")
            shutil.copytree(source, copy, symlinks=True, ignore=without, copy_function=_copy_file)
        else:
            _copy_file(source, copy)


def _copy_file(file: str | Path, to: str | Path) -> None:
    try:
        copy_of_users(file, to, follow_links=False)
    except UnusableError:
        if os.path.lexists(file):  # else it was deleted meanwhile
            raise


def _digest(top: Path, files: list[str], more: str) -> str:
    """Return a digest of names, contents and executability."""
    found = hashlib.sha256(more.encode())
    for name in files:
        for path in _parts(top / name):
            seen = path.lstat()
            found.update(
                f"\0{path.relative_to(top)}\0{seen.st_mode & 0o111}\0".encode(
                    "utf-8", "surrogateescape"
                )
            )
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found.update(hashlib.sha256(content).digest())
    return found.hexdigest()[:32]


def _parts(path: Path) -> Iterator[Path]:
    if path.is_symlink() or path.is_file():
        yield path
    elif path.is_dir():
        yield from sorted(one for one in path.rglob("*") if one.is_symlink() or one.is_file())
