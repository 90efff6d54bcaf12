"""The contract of server software: how to run it, natively or in a container."""

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
    """The address of a server, as its clients see it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Layout:
    """The address, folders and peers of one server, from which its configuration is rendered.

    The same template, rendered for another layout, runs in a container. Configurations contain the
    paths without quotes: no path of a layout needs any.
    """

    name: str  # "proxy", "instance-1": its name in X-Instance, if it can send it
    listen: Address
    tls: bool  # the files of servers.files are in ``folder``
    folder: str  # its configuration; not to be written to
    scratch: str  # where it may write
    upstreams: tuple[Address, ...] = ()
    workers: int = 1


@dataclass(frozen=True)
class Executable:
    """A program that can be started here: the first words of its command line, and its version."""

    words: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class Image:
    """A container image: pinned, replaceable by a variable, built if it has a ``dockerfile``.

    ``dockerfile`` is a folder below ``servers/docker``. ``words`` start the program inside.
    """

    reference: str
    variable: str
    words: tuple[str, ...]
    dockerfile: str | None = None


class Software(ABC):
    """A kind of server. It has no state: everything about one run is in its ``Layout``."""

    name: str
    is_proxy: bool = False
    single_threaded: bool = False  # each of its processes keeps one CPU busy at most
    reports: bool = False  # answers /instance with its counts, and X-Instance with every response
    # Several instances are several processes on one port (in a container only one); other programs
    # have their own workers.
    process_per_instance: bool = False
    # Paths that it answers with 200, and the length of each body in bytes.
    routes: Mapping[str, int] = MappingProxyType({})
    image: Image | None = None  # None: it runs natively only
    remedy: str  # how to get it onto this machine
    # started by root, it stays root because of files that it needs
    keeps_user: bool = False
    majors: tuple[int, ...] = ()  # versions its configuration is written for; empty: any
    is_own: bool = False  # the configuration is the user's, so its paths are unknown
    listening: str = ""  # how such a configuration says where to listen

    @abstractmethod
    def find(self) -> Executable:
        """Find the program.

        Raises ``TargetError`` if it is missing or has another major version.
        """

    @abstractmethod
    def files(self, layout: Layout) -> dict[str, str]:
        """Return its configuration: text by file name, for ``layout.folder``."""

    @abstractmethod
    def command(self, layout: Layout) -> list[str]:
        """Return the arguments of the program, which must stay in the foreground."""

    def accept(self, words: tuple[str, ...], folder: Path, layout: Layout) -> None:  # noqa: B027
        """Check the files in ``folder`` before ``words`` start. Raises ``TargetError``."""

    def process(self, layout: Layout) -> Target | None:
        """Return the process that answers commands, if the server is one (native only)."""
        return None

    def container(self) -> Image:
        """Return its image. Raises ``TargetError`` if it has none."""
        if self.image is None:
            raise TargetError(f"{self.name}: has no container image; use --runtime native")
        return self.image

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """Return additional environment variables."""
        return {}

    def probe(
        self, words: tuple[str, ...], *flags: str, pattern: str = r"(\d+\.[\w.]+)"
    ) -> Executable:
        """Return ``words`` with the version that they print when called with ``flags``."""
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
            raise TargetError(f"{self.name}: {words[0]} does not print its version; {self.remedy}")
        self.check_version(found[1])
        return Executable(words, found[1])

    def check_version(self, version: str) -> None:
        """Raises ``TargetError`` for a major version that the configuration is not written for."""
        major = int(version.partition(".")[0])
        if self.majors and major not in self.majors:
            accepted = " or ".join(map(str, self.majors))
            raise TargetError(
                f"{self.name}: version {version} is installed, but clientbench needs major version {accepted}; "
                f"{self.remedy}"
            )

    def on_path(self, program: str) -> tuple[str, ...]:
        """Find the program on PATH, next to our interpreter (wheels), or in the folders of servers.

        Debian installs servers to folders that are only on root's PATH. Raises ``TargetError``.
        """
        elsewhere = os.pathsep.join((str(Path(sys.executable).parent), *SERVER_FOLDERS))
        found = shutil.which(program) or shutil.which(program, path=elsewhere)
        if found is None:
            raise TargetError(f"{self.name}: no {program} on PATH; {self.remedy}")
        return (found,)


def render(template: str, layout: Layout, **more: Any) -> str:
    """Render a template of ``servers/conf`` with a layout's fields and ``more``."""
    import jinja2  # noqa: PLC0415  slow to import, and most commands render nothing

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("servers", "conf"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return templates.get_template(template).render(**vars(layout), **more)
