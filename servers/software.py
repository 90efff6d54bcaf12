"""The contract of server software: what is needed to run it, natively or in a container."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from servers.base import Target, TargetError

__all__ = ["Address", "Executable", "Image", "Layout", "Software", "render"]

SERVER_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_VERSION_TIMEOUT_S = 20


@dataclass(frozen=True)
class Address:
    """Where a server listens, as seen by whoever connects."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Layout:
    """One server's surroundings, as it sees them itself: what its configuration is rendered from.

    The same configuration, rendered for another layout, runs in a container. Paths stand in configurations as
    they are, in the quotes of no language: a layout has none that need any.
    """

    name: str  # "proxy", "instance-1": what it calls itself in X-Instance, where it can
    listen: Address
    tls: bool  # the files of servers.files are in ``folder``
    folder: str  # its configuration; not to be written to
    scratch: str  # where it may write
    upstreams: tuple[Address, ...] = ()
    workers: int = 1


@dataclass(frozen=True)
class Executable:
    """A program that can be started here: the words its command line begins with, and its version."""

    words: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class Image:
    """A container image: pinned, replaceable by a variable; built by us from ``dockerfile`` if it has one.

    ``dockerfile`` is a folder below ``servers/docker``. ``words`` start the program inside.
    """

    reference: str
    variable: str
    words: tuple[str, ...]
    dockerfile: str | None = None


class Software(ABC):
    """A kind of server. Stateless: everything about one run of it is in its ``Layout``."""

    name: str
    is_proxy: bool = False
    single_threaded: bool = False  # each of its processes keeps one CPU busy at most
    reports: bool = False  # answers /instance with its counts, and X-Instance with every response
    # Several instances of it are several processes on one port, and in a container there is one; other programs
    # have workers of their own.
    process_per_instance: bool = False
    # Paths that it answers with 200, and how many bytes of body each has.
    routes: Mapping[str, int] = MappingProxyType({})
    image: Image | None = None  # None: it runs natively only
    remedy: str  # how to get it onto this machine
    # root's processes of it stay root's, for the sake of files that it needs
    keeps_user: bool = False
    majors: tuple[int, ...] = ()  # versions its configuration is written for; empty: any
    is_own: bool = False  # its configuration is the user's: nothing is known of its paths
    listening: str = ""  # how such a configuration says where to listen

    @abstractmethod
    def find(self) -> Executable:
        """The program on this machine. Raises ``TargetError``: not installed, or another major version."""

    @abstractmethod
    def files(self, layout: Layout) -> dict[str, str]:
        """Its configuration: text by file name, to be put into ``layout.folder``."""

    @abstractmethod
    def command(self, layout: Layout) -> list[str]:
        """The command line after the words that start the program; it stays in the foreground."""

    def accept(self, words: tuple[str, ...], folder: Path, layout: Layout) -> None:  # noqa: B027
        """Look at what was written to ``folder``, before ``words`` start. Raises ``TargetError``."""

    def process(self, layout: Layout) -> Target | None:
        """Natively, the process to speak with, if that is what it is, instead of a program to start."""
        return None

    def container(self) -> Image:
        """Its image. Raises ``TargetError`` without one."""
        if self.image is None:
            raise TargetError(f"{self.name}: comes without a container image; use --runtime native")
        return self.image

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """Variables that it needs beside the usual ones."""
        return {}

    def probe(
        self, words: tuple[str, ...], *flags: str, pattern: str = r"(\d+\.[\w.]+)"
    ) -> Executable:
        """``words`` with the version that they print when called with ``flags``."""
        try:
            shown = subprocess.run(
                [*words, *flags],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_VERSION_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TargetError(
                f"{self.name}: {words[0]} cannot be run: {error}; {self.remedy}"
            ) from error
        found = re.search(pattern, shown.stdout + shown.stderr)
        if found is None:
            raise TargetError(f"{self.name}: {words[0]} does not tell its version; {self.remedy}")
        self.check_version(found[1])
        return Executable(words, found[1])

    def check_version(self, version: str) -> None:
        """Raises ``TargetError`` for a major version that the configuration is not written for."""
        major = int(version.partition(".")[0])
        if self.majors and major not in self.majors:
            accepted = " or ".join(map(str, self.majors))
            raise TargetError(
                f"{self.name}: version {version} is installed, accepted is major version {accepted}; "
                f"{self.remedy}"
            )

    def on_path(self, program: str) -> tuple[str, ...]:
        """The program on PATH; otherwise beside our interpreter, where wheels put theirs, or where servers are.

        Debian puts these into folders that are on nobody's PATH but root's. Raises ``TargetError``.
        """
        elsewhere = os.pathsep.join((str(Path(sys.executable).parent), *SERVER_FOLDERS))
        found = shutil.which(program) or shutil.which(program, path=elsewhere)
        if found is None:
            raise TargetError(f"{self.name}: no {program} on PATH; {self.remedy}")
        return (found,)


def render(template: str, layout: Layout, **more: Any) -> str:
    """A template of ``servers/conf`` with a layout's fields, and ``more``."""
    import jinja2  # noqa: PLC0415  dear to load, and most commands render nothing

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("servers", "conf"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return templates.get_template(template).render(**vars(layout), **more)
