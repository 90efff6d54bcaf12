"""A client from a checkout, a file or a URL, as a requirement that an environment can be made of.

What is measured is what was there: a checkout is copied and built, out of its tree, into a wheel
that the cache keeps by the content of the checkout. Nothing is ever written to the checkout.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from harness.clients.environments import checkout, locking
from harness.clients.environments.cache import writing
from harness.clients.environments.files import copy_of_users
from harness.clients.environments.making import Maker
from harness.clients.environments.pythons import FoundPython
from harness.clients.environments.recipe import digest
from harness.errors import UnusableError
from harness.paths import expanded
from harness.redaction import quoted
from servers import scratch

__all__ = ["Source", "source"]

FIELD = "client"
_ARCHIVES = (".tar.gz", ".zip")


@dataclass(frozen=True)
class Source:
    """A client's own distribution from elsewhere than the package index."""

    requirement: str  # PEP 508
    commit: str | None  # 40 hexadecimal digits, of a checkout under git
    dirty: bool | None  # it differs from the commit
    digest: str  # of the content; of a URL, of its text
    kind: str  # checkout, wheel, sdist or url


def source(text: str, distribution: str, python: FoundPython, maker: Maker) -> Source:
    """Return the source that ``text`` names: a folder, a wheel, an sdist, or a URL of one of these.

    ``distribution`` is the name that it must have. Raises ``UnusableError`` with what to do.
    """
    if "://" in text:
        return _from_url(text, distribution)
    path = _path(text)
    # unlike the methods of Path, these say no to a name that is too long
    if os.path.isdir(path):  # noqa: PTH112
        return _from_checkout(text, distribution, python, maker)
    if not os.path.isfile(path):  # noqa: PTH113
        raise UnusableError(f"{quoted(text)} does not exist", FIELD)
    return _from_file(text, distribution, maker)


def _path(text: str) -> Path:
    return expanded(text).absolute()


def _from_url(url: str, distribution: str) -> Source:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise UnusableError(f"{quoted(url)} is not https; only a wheel or an sdist by https", FIELD)
    if parts.username is not None or parts.password is not None:
        raise UnusableError(
            f"{quoted(url)} has credentials, which would be stored; put them into a netrc file",
            FIELD,
        )
    _check(_named(Path(parts.path).name), distribution, url)
    return Source(f"{distribution} @ {url}", None, None, digest(url), "url")


def _from_file(text: str, distribution: str, maker: Maker) -> Source:
    path = _path(text)
    _check(_named(path.name), distribution, text)
    kind = "wheel" if path.suffix == ".whl" else "sdist"
    with writing(maker.cache.folder), scratch.made(scratch.UV) as folder:
        # first the copy: what is installed is what is recorded, though the file may change
        copy = folder / path.name
        copy_of_users(path, copy, follow_links=True)
        with copy.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()[:32]
        kept = _keep(copy, maker.cache.folder / "sources" / content)
    return Source(_at(distribution, kept), None, None, content, kind)


def _from_checkout(text: str, distribution: str, python: FoundPython, maker: Maker) -> Source:
    path = _path(text)
    if not any((path / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise UnusableError(
            f"{quoted(text)} is no Python project: it has neither pyproject.toml nor setup.py",
            FIELD,
        )
    with writing(maker.cache.folder), scratch.made(scratch.UV) as folder_of_copy:
        copy = checkout.copied(path, folder_of_copy / path.name)  # the name is shown
        # a wheel may be for one Python only
        folder = maker.cache.folder / "sources" / digest([copy.digest, list(python.identity)])
        wheel = _built(copy, folder, path.name, python, maker)
    _check(_named(wheel.name), distribution, text)
    requirement = _at(distribution, wheel)
    return Source(requirement, copy.commit, copy.dirty, copy.digest, "checkout")


def _built(copy: checkout.Copy, folder: Path, name: str, python: FoundPython, maker: Maker) -> Path:
    """Return the wheel in ``folder``, built if it is not there. One process builds it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_suffix(".lock")
    descriptor = locking.exclusive(
        lock, lambda: maker.tell(f"waiting for another run that builds {name}")
    )
    try:
        for wheel in folder.glob("*.whl"):
            os.utime(folder)
            return wheel
        maker.tell(f"building {name} for Python {python}")
        with scratch.made(scratch.UV) as out:
            # with --quiet, uv would not show the output of a build that fails
            command = ["build", "--wheel", "--python", python.path]
            command += ["--out-dir", str(out), str(copy.project)]
            maker.uv.run(command, keep_open=(descriptor,))
            (wheel,) = out.glob("*.whl")
            return _keep(wheel, folder)
    finally:
        locking.unlocked(descriptor)


def _keep(file: Path, folder: Path) -> Path:
    """Copy a file into a folder of the cache, as a whole or not at all.

    The time of the folder is that of its last use, before which ``prune`` does not remove it.
    """
    kept = folder / file.name
    if kept.exists():
        os.utime(folder)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{file.name}.{os.getpid()}"
        shutil.copyfile(file, fresh)
        fresh.replace(kept)
    return kept


def _named(file: str) -> str:
    """Return the name of the distribution of a file. Raises ``UnusableError``."""
    try:
        if file.endswith(".whl"):
            return str(parse_wheel_filename(file)[0])
        if file.endswith(_ARCHIVES):
            return str(parse_sdist_filename(file)[0])
    except (InvalidWheelFilename, InvalidSdistFilename):
        pass
    accepted = "a folder, NAME-VERSION-….whl or NAME-VERSION.tar.gz"
    raise UnusableError(f"{quoted(file)} is neither wheel nor sdist; accepted: {accepted}", FIELD)


def _check(found: str, distribution: str, where: str) -> None:
    if canonicalize_name(found) != canonicalize_name(distribution):
        raise UnusableError(
            f"{quoted(where)} is the distribution {found!r}, not {distribution!r}", FIELD
        )


def _at(distribution: str, path: Path) -> str:
    return f"{distribution} @ {path.as_uri()}"
