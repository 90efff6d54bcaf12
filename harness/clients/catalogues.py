"""The environments in which clients are found: our own, those of the user, and those made for them.

Whatever is installed beside clientbench as it was asked for is used there. Everything else gets an
environment of its own, which uv makes and the cache keeps.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import Distribution
from typing import cast

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import adapters
from adapters.base import Mode
from adapters.loops import LOOPS
from harness.clients.adapter_files import AdapterFile
from harness.clients.bundle import Bundle
from harness.clients.cache_folder import cache_folder
from harness.clients.catalogue import STANDARD, Catalogue
from harness.clients.environments.cache import EnvironmentCache
from harness.clients.environments.constraints import met
from harness.clients.environments.lock import LockedEnvironment, pins, with_files
from harness.clients.environments.making import Made, Maker
from harness.clients.environments.plugin import plugin
from harness.clients.environments.pythons import FoundPython, find
from harness.clients.environments.recipe import Origin, Recipe, named
from harness.clients.environments.releases import asking, releases
from harness.clients.environments.source import source
from harness.clients.environments.uv import Uv
from harness.clients.interpreters import executable
from harness.clients.ranges import check_range, is_version
from harness.clients.registry import known_clients
from harness.errors import UnusableError, UsageError
from harness.paths import expanded
from harness.records.client_environment import ClientSource, SourceKind
from harness.redaction import quoted
from harness.scenario.labels import client_label, short_source
from harness.scenario.selector import ClientSpec

__all__ = ["Catalogues", "Chosen", "Making", "versions"]


@dataclass(frozen=True)
class Making:
    """How environments are made, if any must be."""

    offline: bool = False
    constraints: str | None = None  # content of a constraints file
    # then nothing is resolved, and nothing used where it is
    lock: tuple[LockedEnvironment, ...] | None = None
    tell: Callable[[str], None] = lambda _: None  # progress, one line each
    adapter_files: tuple[AdapterFile, ...] = ()  # clients that only this command knows


@dataclass(frozen=True)
class Chosen:
    """The environment of a client."""

    catalogue: Catalogue
    made: Made | None = None  # None: it was there
    source: ClientSource | None = None  # of the library, if it is no release


class Catalogues:
    """Finds the environment that has a client as it was asked for; makes it if there is none."""

    def __init__(self, bundle: Bundle, making: Making | None = None) -> None:
        self._bundle = bundle
        self._making = making or Making()
        self._known = known_clients(bundle.adapter_files)
        self._found: dict[str, Catalogue] = {}
        self._made: dict[ClientSpec, Chosen] = {}
        # holds what it made until this process ends, so that nobody removes it
        cache = EnvironmentCache(cache_folder())
        self._maker = Maker(cache, offline=self._making.offline, tell=self._making.tell)

    def of_python(self, python: str | None = None) -> Catalogue:
        """Return the catalogue of an interpreter as it is."""
        found = executable(python)
        if found not in self._found:
            self._found[found] = Catalogue(self._bundle, python)
        return self._found[found]

    def choose(self, spec: ClientSpec) -> Chosen:
        """Return the environment for ``spec``, which is made if need be.

        Raises ``UsageError`` or ``UnusableError``.
        """
        there = self._there(spec)
        if there is not None:
            return Chosen(there)
        key = replace(spec, alias=None, mode=None)
        if key not in self._made:
            with _named(spec):
                self._made[key] = self._make(spec)
        return self._made[key]

    def _there(self, spec: ClientSpec) -> Catalogue | None:
        """Return the catalogue of an environment that need not be made; None if there is none."""
        if spec.name not in self._known:
            return self.of_python()
        if self._making.lock is not None and self._known[spec.name].distribution is not None:
            return None
        if spec.python is None:
            return self._serving(self.of_python(), sys.path, spec)
        if _is_environment(spec.python) and spec.is_bare_but_for_version:
            return self.of_python(spec.python)
        python = find(spec.python)
        return self._serving(self.of_python(python.path), python.site, spec)

    def _serving(
        self, found: Catalogue, folders: Sequence[str], spec: ClientSpec
    ) -> Catalogue | None:
        """Return ``found`` if it has what was asked for, within the constraints.

        ``folders`` are those of its distributions: to ask an interpreter what a client of it can
        do takes longer than to find an environment, so their names come first.
        """
        if not self._may_be_in(folders, spec) or not found.serves(spec):
            return None
        constraints = self._making.constraints
        if constraints is None or met(constraints, found.versions(spec), found.markers):
            return found
        return None

    def _may_be_in(self, folders: Sequence[str], spec: ClientSpec) -> bool:
        known = self._known[spec.name]
        if known.distribution is None or known.is_plugin or known.file is not None:
            return True
        there = Distribution.discover(name=known.distribution, path=list(folders))
        asked = spec.version
        return any(asked is None or is_version(one.version, asked) for one in there)

    def _make(self, spec: ClientSpec) -> Chosen:
        check_range(spec.name, spec.version)
        python, lock = find(spec.python), self._making.lock
        requirements, origin = self._library(spec, python)
        visible = (*requirements, *spec.added)
        needed = (*visible, *self._known[spec.name].needs, *_loop(spec))
        locked = None if lock is None else with_files(_locked(lock, needed, python), needed)
        came = None if origin is None else _origin(spec, requirements[0], origin)
        made = self._maker.make(Recipe(python, needed, self._making.constraints, locked, came))
        catalogue = Catalogue(self._bundle, made.python, {spec.name: visible})
        return Chosen(catalogue, made, origin)

    def _library(
        self, spec: ClientSpec, python: FoundPython
    ) -> tuple[tuple[str, ...], ClientSource | None]:
        """Return the requirements, the library's first, and its source if it has one."""
        known = self._known[spec.name]
        others: tuple[str, ...] = ()
        if not known.requirements:  # a reference, on a loop or with something that is not there
            if spec.extras or spec.source:
                raise UsageError(
                    f"'{spec}' has no library with extras or files; accepted: {spec.name}", "client"
                )
            return (), None
        asked = known.requirements[0]
        if known.is_plugin:
            asked, others = self._plugged_in(spec, python)
        if asked == STANDARD:
            return others, None
        distribution, name, versions = _parts(asked, spec.extras)
        if spec.source is None:
            return (_pinned(spec, name, versions), *others), None
        found = source(spec.source, distribution, python, self._maker)
        kind = cast("SourceKind", found.kind)
        shown = short_source(spec.source)
        origin = ClientSource(kind, shown, found.digest, found.commit, found.dirty)
        return (name + found.requirement.removeprefix(distribution), *others), origin

    def _plugged_in(self, spec: ClientSpec, python: FoundPython) -> tuple[str, tuple[str, ...]]:
        """Return the library that a plug-in measures, and what brings the plug-in itself."""
        own = str(self._known[spec.name].distribution)
        library = _measured(self.of_python(), spec)
        if library == canonicalize_name(own) and (
            spec.version or spec.source
        ):  # library and adapter in one
            return library, ()
        return library, (plugin(own, python, self._maker),)


def _origin(spec: ClientSpec, requirement: str, found: ClientSource) -> Origin:
    """Return the place of a library that is no release, as the cache shows it."""
    typed = str(spec.source)
    place = typed if "://" in typed else str(expanded(typed).resolve())
    asked = replace(spec, source=found.name, mode=None, loop=None, python=None)
    return Origin(
        label=str(asked),
        client=spec.name,
        alias=spec.alias,
        place=place,
        distribution=named(requirement),
        commit=found.commit,
        dirty=found.dirty,
    )


def _parts(requirement: str, extras: Iterable[str]) -> tuple[str, str, SpecifierSet]:
    """Return the name, the name with these and its own extras, and the versions."""
    parsed = Requirement(requirement)
    together = ",".join(sorted({*parsed.extras, *extras}))
    named = f"{parsed.name}[{together}]" if together else parsed.name
    return parsed.name, named, parsed.specifier


def _pinned(spec: ClientSpec, name: str, versions: SpecifierSet) -> str:
    """Return the requirement of a version, which must be among those the adapter supports."""
    if spec.version is None:
        return f"{name}{versions}"
    if not versions.contains(spec.version, True):
        raise UnusableError(
            f"the adapter of {spec.name} requires {name}{versions}, not {spec.version}",
            "client.version",
        )
    return f"{name}=={spec.version}"


def _measured(own: Catalogue, spec: ClientSpec) -> str:
    """Return the distribution that a plug-in measures, as its adapter says it beside clientbench.

    Raises ``UnusableError`` if the plug-in is broken or cannot be had as it was asked for.
    """
    client = own.select(ClientSpec(spec.name))
    library = client.measured or str(client.distribution)
    if library == STANDARD and (spec.version or spec.extras or spec.source):
        raise UnusableError(
            f"'{spec}' is part of Python; accepted: {spec.name}, or {spec.name}@3.13", "client"
        )
    return library if library == STANDARD else str(canonicalize_name(library))


@contextmanager
def _named(spec: ClientSpec) -> Iterator[None]:
    """Name the client in a failure to make its environment, which names no field."""
    try:
        yield
    except UnusableError as error:
        if error.fields:
            raise
        modes = cast("Sequence[Mode]", adapters.MODES_OF.get(spec.name, ()))
        value = quoted(client_label(spec, modes))
        raise UnusableError(error.problem, "client", value=value) from error


def _is_environment(python: str) -> bool:
    """Say whether it is the interpreter of a virtual environment, or such a command is on PATH."""
    beside = os.path.dirname(os.path.dirname(os.path.abspath(python)))  # noqa: PTH100, PTH120
    return "/" in python and os.path.exists(os.path.join(beside, "pyvenv.cfg"))  # noqa: PTH110, PTH118


def _loop(spec: ClientSpec) -> Sequence[str]:
    needed = LOOPS[spec.loop].distribution if spec.loop else None
    return (needed,) if needed else ()


def _locked(locks: Sequence[LockedEnvironment], needed: Sequence[str], python: FoundPython) -> str:
    """Return the lock that has what is needed, of the same Python if there are several."""
    asked = [Requirement(text) for text in needed]
    fitting = [one for one in locks if all(_fits(pins(one.lock), each) for each in asked)]
    if not fitting:
        raise UnusableError(
            f"it has no environment with {', '.join(needed)}; "
            f"it has those of {', '.join(one.label for one in locks) or 'no client'}",
            "lock",
        )
    return next((one for one in fitting if one.selector == python.minor), fitting[0]).lock


def _fits(pinned: Mapping[str, str], asked: Requirement) -> bool:
    version = pinned.get(canonicalize_name(asked.name))
    if asked.url is not None:  # a lock does not list what came from a file
        return version is None
    return version is not None and asked.specifier.contains(version, True)


def versions(making: Making, spec: ClientSpec, text: str) -> Sequence[str]:
    """Return the versions of a client in a range, as ``--versions`` gives it, oldest first.

    None of a name that is no client: who selects it says so. Raises ``UsageError`` and
    ``UnusableError``.
    """
    known = known_clients(making.adapter_files).get(spec.name)
    if known is None:
        return ()
    distribution = known.distribution
    if known.is_plugin:
        with Bundle() as bundle:
            distribution = _measured(Catalogue(bundle), spec)
    if distribution is None or distribution == STANDARD:
        raise UsageError(f"{spec.name} is no library with releases", "versions")
    return releases(distribution, text, asking(Uv(making.offline), find(spec.python)))
