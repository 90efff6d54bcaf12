"""The catalogue of clients: versions and modes, as reported by the interpreter that will run them.

The orchestrator never imports a client library. Answers are kept in the user's cache folder. The
list of installed packages is read again after anything was installed or removed. The abilities of
an adapter are valid for one environment only: the versions in it, and the paths, sizes and times of
its files are part of the key.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

import adapters
from adapters.base import Mode
from adapters.loops import LOOPS, EventLoop
from harness.clients.bundle import Bundle
from harness.clients.closure import Closure, closure
from harness.clients.contamination import SitePackages, in_fact, read
from harness.clients.interpreters import SilentError, ask, executable
from harness.clients.kept_answers import KeptAnswers
from harness.clients.ranges import check_range, is_version
from harness.clients.registry import KnownClient, known_clients
from harness.errors import UnusableError, UsageError
from harness.records.client_environment import (
    Environment,
    Imported,
    Installed,
    Interpreter,
    content_digest,
    stamp,
)
from harness.scenario.selector import ClientSpec
from harness.text import meant
from harness.worker import describe

__all__ = ["Catalogue", "Client"]

NEAR_NAMES = 3  # of clients, that a message offers instead of an unknown one
STANDARD = "python"  # instead of a distribution's name: the standard library
# event loops that are distributions of their own
LOOP_DISTRIBUTIONS = tuple(loop.distribution for loop in LOOPS.values() if loop.distribution)

# Adapters whose import does not end are asked once by a process, whatever needs them; the next
# process asks again. By interpreter, module and environment.
_SILENT: dict[tuple[str, str, str], str] = {}


@dataclass(frozen=True)
class Client:
    """One client library as one interpreter has it."""

    name: str
    module: str
    distribution: str | None  # provides the library, or else the adapter
    closure: Closure
    installed: bool
    modes: dict[Mode, dict[str, Any]]  # capabilities by mode, the default first
    linked: dict[str, str]  # native libraries
    roots: tuple[str, ...] = ()  # requirements that its closure was computed from
    problem: str | None = None  # why it cannot be used although installed
    measured: str | None = None  # the library's own distribution, where the adapter names it
    file: str | None = None  # adapter file and its version, if it has one
    # modules that its adapter imported, with only its closure visible
    imported: Imported = field(default_factory=Imported)

    def loop(self, mode: Mode, wanted: str | None = None) -> str | None:
        """The loop it runs on in ``mode``: the wanted one, or its default; None: threads."""
        default: str | None = self.modes[mode]["loops"][0]
        return wanted or default

    @property
    def version(self) -> str | None:
        """The library's version; that of Python for the standard library and our own references.

        The library's own ``__version__`` counts as well: the metadata may be older than the files.
        """
        library = self.measured or self.distribution or STANDARD
        if library == STANDARD:
            return self.linked.get(STANDARD)
        claimed = self.closure.versions.get(library)
        there = self._said_by(library)
        return (
            claimed if claimed is None or _agree(claimed, there) else f"{claimed}, in fact {there}"
        )

    @property
    def plugin(self) -> str | None:
        """Name and version of what provides the adapter, if it is neither ours nor the library."""
        if self.file is not None:
            return self.file
        if not self.distribution or self.measured in (None, self.distribution):
            return None
        return f"{self.distribution} {self.closure.versions.get(self.distribution, '')}".strip()

    def _said_by(self, library: str) -> str | None:
        """Return the ``__version__`` of the first of its modules that has one."""
        folders = [os.path.realpath(entry) for entry in self.closure.parts.get(library, ())]
        versions = (
            version
            for file, version in self.imported.modules.values()
            if any(file == folder or file.startswith(folder + os.sep) for folder in folders)
        )
        return next(filter(None, versions), None)


class Catalogue:
    """The clients of one interpreter (default: our own).

    ``visible`` has, by client, what it sees beside what its library requires: the requirements of
    an environment made for it.
    """

    def __init__(
        self,
        bundle: Bundle,
        python: str | None = None,
        visible: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self.python = executable(python)
        self._bundle = bundle
        self._visible = visible
        self._known = known_clients(bundle.adapter_files)
        # keyed by distribution and the stamp of its files
        self._digests: dict[tuple[str, str], str] = {}

    @property
    def python_version(self) -> str:
        """The full version of the interpreter."""
        return str(self._metadata["environment"]["python_full_version"])

    @property
    def markers(self) -> Mapping[str, str]:
        """The values of environment markers (PEP 508) in the interpreter."""
        markers: Mapping[str, str] = self._metadata["environment"]
        return markers

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """The interpreter that the path leads to at present; links and wrappers may change."""
        if self.python == sys.executable:
            return describe.interpreter()
        return ask(self.python, self._bundle, {"ask": "interpreter"}, "-I", "-S")

    @cached_property
    def _cache(self) -> KeptAnswers:
        return KeptAnswers([self.python, self._identity, self._bundle.code_digest])

    def clients(self, names: Iterable[str] | None = None) -> list[Client]:
        """Return the clients called ``names`` (default: all known), queried in parallel."""
        wanted = self._known if names is None else names
        metadata = self._metadata  # before there are threads, each of which would query it
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            found = list(pool.map(self._client, wanted))
        self._cache.save(metadata)
        return found

    def select(self, spec: ClientSpec) -> Client:
        """Return the client that ``spec`` means.

        Raises ``UsageError`` or ``UnusableError`` if there is none or it lacks the mode.
        """
        if spec.name in adapters.LEFT_OUT and spec.name not in self._known:
            reason = adapters.LEFT_OUT[spec.name]
            raise UnusableError(f"{spec.name!r} has no adapter: {reason}", "client")
        if spec.name not in self._known:
            raise UsageError(
                f"{spec.name!r} is unknown; {meant(spec.name, self._known, NEAR_NAMES)}"
                "`clientbench clients` lists all",
                "client",
            )
        client = self.clients([spec.name])[0]
        if not client.installed:
            # for a plug-in, its own distribution, which requires the library
            is_extra = spec.name in adapters.EXTRAS
            extra = f"'clientbench[{spec.name}]'" if is_extra else self._installable(spec.name)
            is_ours = self.python == sys.executable
            pip = "pip" if is_ours else f"{shlex.quote(self.python)} -m pip"
            raise UnusableError(
                f"{spec.name!r} is not installed for Python {self.python_version}; "
                f"try: {pip} install {extra}",
                "client",
            )
        if client.problem:
            raise UnusableError(f"{spec.name!r} cannot be used: {client.problem}", "client")
        self._check(spec, client)
        return client

    def serves(self, spec: ClientSpec) -> bool:
        """Say whether it has what ``spec`` asks for, without extras, source and other additions."""
        if spec.name not in self._known or not spec.is_bare_but_for_version:
            return False
        client, file = self.clients([spec.name])[0], self._known[spec.name].file
        if client.distribution is None:
            return self._has_loop(spec)
        if file is not None and file.has_extras:  # which may be there or not
            return False
        is_it = spec.version is None or is_version(client.version, spec.version)
        return client.installed and is_it and self._has_loop(spec)

    def versions(self, spec: ClientSpec) -> Mapping[str, str]:
        """Return the versions of the distributions that ``spec`` means, if it serves that."""
        (client,) = self.clients([spec.name])
        return self.closure_with_loop(client, spec.loop).versions

    def _has_loop(self, spec: ClientSpec) -> bool:
        needed = LOOPS[spec.loop].distribution if spec.loop else None
        return needed is None or bool(self._metadata["distributions"].get(needed))

    def _installable(self, name: str) -> str:
        """Return what has to be installed for a client, as a shell takes it."""
        known = self._known[name]
        return shlex.join(known.requirements if known.file else [str(known.distribution)])

    def _check(self, spec: ClientSpec, client: Client) -> None:
        check_range(spec.name, client.version)
        if spec.version is not None and not is_version(client.version, spec.version):
            # a library that was overwritten has no version that one could select
            known = spec.name if " " in str(client.version) else f"{spec.name}=={client.version}"
            raise UnusableError(
                f"'{spec}' asks for version {spec.version}, installed is {client.version}; "
                f"accepted: {known}",
                "client",
            )
        mode = spec.mode or next(iter(client.modes))
        if mode not in client.modes:
            accepted = ", ".join(f"{spec.name}:{known}" for known in client.modes)
            raise UsageError(f"{spec.name!r} has no mode {mode!r}; accepted: {accepted}", "client")
        if spec.loop is not None:
            self._check_loop(spec, client, mode, LOOPS[spec.loop])

    def _check_loop(self, spec: ClientSpec, client: Client, mode: Mode, loop: EventLoop) -> None:
        """Refuse a loop that the client cannot run on, or that is not there."""
        if loop.name not in client.modes[mode]["loops"]:
            raise UsageError(
                f"'{spec}' cannot run on {loop.name}; accepted: {', '.join(_ways(client))}",
                "client",
            )
        if loop.system not in (None, sys.platform):
            raise UnusableError(f"'{spec}' needs {loop.name}, which is for Windows only", "client")
        if not self._has_loop(spec):
            raise UnusableError(
                f"'{spec}' needs {loop.distribution}, which is not installed", "client"
            )

    def closure_with_loop(self, client: Client, loop: str | None) -> Closure:
        """Return the distributions that a worker of ``client`` may see when it runs on ``loop``."""
        needed = LOOPS[loop].distribution if loop else None
        roots = (*client.roots, *([needed] if needed else []))
        visible = self._with_file(client.name, self._closure(roots))
        library = client.measured or client.distribution
        known = {library: client.version} if library and client.version else {}
        versions = {name: known.get(name, version) for name, version in visible.versions.items()}
        return replace(visible, versions=versions)

    def environment(self, visible: Closure) -> Environment:
        """Return the environment of a worker that sees ``visible``."""
        before = stamp(visible.entries)  # first, so that files written meanwhile are noticed
        return Environment(
            Interpreter(**self._identity["build"]),
            tuple(
                Installed(name, version, self._digest(name, visible))
                for name, version in sorted(visible.versions.items())
            ),
            self._bundle.code_digest,
            visible.entries,
            before,
        )

    def _digest(self, name: str, visible: Closure) -> str:
        parts = visible.parts[name]
        key = name, stamp(parts)
        if key not in self._digests:
            self._digests[key] = content_digest(parts)
        return self._digests[key]

    def _closure(self, roots: Sequence[str]) -> Closure:
        """Return the closure of ``roots``, with the versions that are actually there.

        A third party's adapter may require clientbench; its worker must not.
        """
        distributions = {**self._metadata["distributions"], "clientbench": None}
        claimed = closure(roots, distributions, self._metadata["environment"])
        return replace(claimed, versions=in_fact(claimed.versions, self.site))

    @cached_property
    def site(self) -> SitePackages:
        """The actual state of its packages, beside what their metadata claims."""
        return read(map(Path, self._metadata["stamps"]))

    def _client(self, name: str) -> Client:
        known, roots = self._known[name], self._roots(name)
        distribution, file = known.distribution, known.file
        required = self._closure(roots)
        installed = distribution is None or _has(required, [distribution])
        if file is not None:
            installed = _has(required, file.requires)
        answer = _no_modes(self._unseen(required))
        required = self._with_file(name, required)
        if installed and not answer["problem"]:
            answer = self._capability(known, required)
        linked, measured = dict(answer["linked"]), answer.get("distribution")
        if STANDARD in (measured, distribution or STANDARD):
            linked.setdefault(STANDARD, self.python_version)
        return Client(
            name=name,
            module=known.module,
            distribution=distribution,
            closure=required,
            installed=installed,
            modes=answer["modes"],
            linked=linked,
            roots=roots,
            problem=answer.get("problem") or _unrequired(measured, required),
            measured=measured,
            file=f"{file.file} {file.version}" if file else None,
            imported=Imported.from_plain(answer["imported"])
            if "imported" in answer
            else Imported(),
        )

    def _roots(self, name: str) -> tuple[str, ...]:
        """Return what the client's library needs, beside what it requires itself."""
        return (*self._known[name].requirements, *self._visible.get(name, ()))

    def _with_file(self, name: str, visible: Closure) -> Closure:
        """Return what a client sees, with its adapter file as if it was a distribution."""
        file = self._known[name].file
        if file is None:
            return visible
        return replace(
            visible,
            versions={**visible.versions, file.file: file.version},
            parts={**visible.parts, file.file: (self._bundle.entry(file),)},
        )

    def _unseen(self, required: Closure) -> str | None:
        """Name the distributions that cannot be made visible to a worker, if any."""
        distributions = self._metadata["distributions"]
        unseen = [name for name in required.versions if distributions[name]["unseen"]]
        if not unseen:
            return None
        return (
            f"{', '.join(unseen)} is installed editable in a way that only its own import hook "
            "can find; install it without -e"
        )

    def _capability(self, client: KnownClient, required: Closure) -> dict[str, Any]:
        # the copy of an adapter file is elsewhere in each run, and so are answers about it
        kept = {} if client.file else self._cache.capabilities
        silent = self.python, client.module, json.dumps(dict(required.versions))
        if silent in _SILENT:
            return _no_modes(_SILENT[silent])
        # the look of the files, not their content: that is read only for what is measured
        seen = [dict(required.versions), stamp(required.entries), required.entries]
        key = json.dumps([client.module, *seen])
        known = kept.get(key)
        if known is None:
            site = self._bundle.site(required.entries)
            question = {"ask": "capabilities", "module": client.module, "site": str(site)}
            try:
                known = ask(self.python, self._bundle, question, "-I", "-S")
            except SilentError as error:
                _SILENT[silent] = error.problem
                return _no_modes(error.problem)
            except UnusableError as error:
                known = _no_modes(error.problem)
            kept[key] = known
        return dict(known)

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        texts = [text for name in self._known for text in self._roots(name)]
        names = {canonicalize_name(Requirement(text).name) for text in texts}
        roots = sorted(names.union(LOOP_DISTRIBUTIONS))
        kept = self._cache.metadata(roots)
        if kept is not None:
            return kept
        return ask(self.python, self._bundle, {"ask": "metadata", "roots": roots}, "-I")


def _no_modes(problem: str | None) -> dict[str, Any]:
    """Return the answer of an adapter that cannot be asked, or not yet."""
    return {"modes": {}, "linked": {}, "problem": problem}


def _ways(client: Client) -> Iterator[str]:
    """Yield the selectors of a client in each mode and on each loop of this system."""
    for mode, can in client.modes.items():
        for loop in can["loops"]:
            if loop is None or LOOPS[loop].system in (None, sys.platform):
                yield str(ClientSpec(client.name, mode=mode, loop=loop))


def _has(visible: Closure, requirements: Iterable[str]) -> bool:
    """Say whether all these requirements are met, but for their extras."""
    asked = [Requirement(text) for text in requirements]
    versions = [visible.versions.get(canonicalize_name(one.name)) for one in asked]
    return all(
        version is not None and (not one.specifier or one.specifier.contains(_plain(version), True))
        for one, version in zip(asked, versions, strict=True)
    )


def _plain(version: str) -> str:
    """Return a version without the note on its source, such as "(editable)"."""
    return version.partition(" ")[0].rstrip(",")


def _unrequired(measured: str | None, required: Closure) -> str | None:
    if measured in (None, STANDARD) or measured in required.versions:
        return None
    return f"its adapter measures {measured!r}, which it does not require or which is not installed"


def _agree(claimed: str, said: str | None) -> bool:
    """Say whether a library's own version is that of its metadata; True if it cannot be read."""
    try:
        public = Version(claimed.partition(" (")[0]).public
        return said is None or public == Version(said).public
    except InvalidVersion:
        return True
