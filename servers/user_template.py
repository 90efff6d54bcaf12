"""The user's own configuration file: a Jinja2 template with variables such as the address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from servers.base import TargetError
from servers.files import CERTIFICATE, KEY
from servers.software import Layout

__all__ = ["HERE", "VARIABLES", "UserTemplate"]

HERE = "here"  # a link to the folder of the file, in the folder of the server
MOST_BYTES = 1 << 20
# Name: value. Paths are relative to the folder that the server runs in.
VARIABLES: dict[str, Callable[[Layout], Any]] = {
    "certificate": lambda layout: f"{layout.folder}/{CERTIFICATE}",
    "here": lambda layout: f"{layout.folder}/{HERE}",
    "host": lambda layout: layout.listen.host,
    "key": lambda layout: f"{layout.folder}/{KEY}",
    "listen": lambda layout: layout.listen,
    "port": lambda layout: layout.listen.port,
    "scratch": lambda layout: layout.scratch,
    "tls": lambda layout: layout.tls,
    "upstreams": lambda layout: layout.upstreams,
    "workers": lambda layout: layout.workers,
}
_T = TypeVar("_T")


class UserTemplate:
    """One file, read once.

    Errors are ``TargetError``: one line with file name and line, if known.
    """

    def __init__(self, path: Path) -> None:
        self.file = _shown(path)
        self.folder = path.parent
        source = _read(path)
        # Slow to import, and seldom needed. The file may come from somebody else, so it must not
        # run code; the program itself checks the resulting configuration.
        from jinja2 import StrictUndefined  # noqa: PLC0415
        from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

        # Lines of blocks become empty lines, so that line numbers stay the same.
        jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
        self.names = self._reading(lambda: self._used(jinja, source))
        self._template = self._reading(lambda: jinja.from_string(source))

    def render(self, layout: Layout) -> str:
        """Render the configuration for this layout."""
        values = {name: value(layout) for name, value in VARIABLES.items()}
        return self._reading(lambda: self._template.render(values))

    def refusal(self, problem: str, line: int | None = None) -> TargetError:
        """Return an error with this problem of the file."""
        place = self.file if line is None else f"{self.file}, line {line}"
        return TargetError(f"{place}: {' '.join(problem.split())}")

    def _used(self, jinja: Any, source: str) -> frozenset[str]:
        """Return the variables that it uses."""
        from jinja2 import meta, nodes  # noqa: PLC0415

        tree = jinja.parse(source)
        used = frozenset(meta.find_undeclared_variables(tree))
        for unknown in sorted(used - VARIABLES.keys() - jinja.globals.keys()):
            found = (node for node in tree.find_all(nodes.Name) if node.name == unknown)
            known = ", ".join(VARIABLES)
            raise self.refusal(
                f"variable {unknown!r} is unknown; expected one of {known}", next(found).lineno
            )
        return used

    def _reading(self, work: Callable[[], _T]) -> _T:
        """Convert any exception that the file causes: templates can compute and raise anything."""
        try:
            return work()
        except TargetError:
            raise
        except Exception as error:
            raise self.refusal(f"cannot be read as a template: {error}", _line(error)) from error


def _line(error: Exception) -> int | None:
    """Return the template's line in which an error occurred, from Jinja2's traceback."""
    line: int | None = getattr(error, "lineno", None)
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _shown(path: Path) -> str:
    """Return the name of a file, on one line and without its folder."""
    name = path.name or str(path)
    return name if name.isprintable() else ascii(name)


def _read(path: Path) -> str:
    name = _shown(path)
    try:
        if not path.is_file():  # a pipe or a device could block forever
            kind = (
                "is a folder"
                if path.is_dir()
                else "is not a regular file"
                if path.exists()
                else "not found"
            )
            raise TargetError(f"{name}: {kind}; expected a configuration file")
        if path.stat().st_size > MOST_BYTES:
            raise TargetError(f"{name}: is too large; expected at most {MOST_BYTES >> 20} MiB")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise TargetError(f"{name}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise TargetError(f"{name}: is not UTF-8 text") from error
