"""Runs ``adapters.conformance`` over clients, each in an environment like that of its workers."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from adapters.base import Mode
from adapters.conformance.book import Server
from harness import interrupts
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.errors import UnusableError
from harness.measure.contenders import Resolver
from harness.measure.workers import last_lines, worker_environment
from harness.records.checked import Checked, ClaimResult, Outcome
from harness.scenario.labels import client_label
from harness.scenario.selector import ClientSpec
from servers.base import TargetError
from servers.certificates import issue_for_checks
from servers.conversation import Conversation

__all__ = ["CLAIM_S", "Candidate", "ClientCheck", "candidates"]

CLAIM_S = 30.0  # a claim takes seconds at most
LOOK_S = 0.1
END_S = 1.0
MOST_BROKEN = 3  # claims that did not end, or whose process died: then the rest is skipped
SERVER_S = 10.0


@dataclass(frozen=True)
class Candidate:
    """A client in one mode, on one event loop."""

    label: str
    client: Client
    mode: Mode
    loop: str | None
    catalogue: Catalogue


def candidates(
    resolver: Resolver, specs: Sequence[ClientSpec]
) -> tuple[list[Candidate], list[str]]:
    """Return the clients to check: those selected, in every mode unless one is named, or all.

    With no selectors, also return a line for each client that is installed but cannot be used.
    Raises ``UsageError`` or ``UnusableError`` for a selected client that cannot be used.
    """
    if specs:
        found: list[Candidate] = []
        for spec in specs:
            chosen = resolver.select(spec)
            found += _modes_of(spec, chosen.client, chosen.catalogue)
        return list({one.label: one for one in found}.values()), []
    catalogue = resolver.catalogue()
    known = [client for client in catalogue.clients() if client.installed]
    broken = [client for client in known if client.problem]
    return [
        one
        for client in known
        if client not in broken
        for one in _modes_of(ClientSpec(client.name), client, catalogue)
    ], [f"client: {client.name!r} cannot be used: {client.problem}" for client in broken]


def _modes_of(spec: ClientSpec, client: Client, catalogue: Catalogue) -> Iterator[Candidate]:
    for mode in (spec.mode,) if spec.mode else tuple(client.modes):
        loop = client.loop(mode, spec.loop)
        label = client_label(replace(spec, mode=mode, loop=loop), tuple(client.modes))
        yield Candidate(label, client, mode, loop, catalogue)


class ClientCheck:
    """The server for checks of adapters; a context manager that leaves nothing behind."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._conversation = Conversation("the server of the conformance suite")
        self._folder = tempfile.TemporaryDirectory(dir=bundle.path)
        self.server = Server({}, "", {})  # as cases see it

    def __enter__(self) -> ClientCheck:
        ca_file, certificates, client = issue_for_checks(Path(self._folder.name))
        words = [json.dumps(certificates), ca_file]
        try:
            self._conversation.start("adapters.conformance.server", words)
            self.server = Server(self._conversation.hear(SERVER_S), ca_file, client)
        except TargetError as error:
            self.__exit__()
            raise UnusableError(str(error)) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._conversation.stop()
        self._folder.cleanup()

    def check(self, one: Candidate, claim_s: float = CLAIM_S) -> Checked:
        """Check every claim, each within ``claim_s``."""
        visible = one.catalogue.closure_with_loop(one.client, one.loop)
        order = {
            "client": one.client.name,
            "module": one.client.module,
            "mode": one.mode,
            "loop": one.loop,
            "site": str(self._bundle.site(visible.entries)),
            "ports": self.server.ports,
            "ca_file": self.server.ca_file,
            "own": self.server.client,
        }
        found = _Found()
        while not found.complete and found.broken < MOST_BROKEN:
            self._run(one, {**order, "done": list(found.results)}, found, claim_s)
        return Checked(one.label, one.client.version, tuple(found.all()))

    def _run(self, one: Candidate, order: dict[str, Any], found: _Found, claim_s: float) -> None:
        """Run one process until it has checked all remaining claims, or breaks."""
        log = self._bundle.log(uuid.uuid4().hex)
        with _process(one.catalogue.python, self._bundle.checking, log, order) as (process, pipe):
            try:
                for event in _events(process, pipe, claim_s):
                    found.take(event)
                    if found.complete:  # a process of the adapter's may keep the pipe open
                        return
                problem = _end(process, log)
            except TimeoutError:
                problem = f"did not end within {claim_s:g} s"
            except (ValueError, TypeError, KeyError, AttributeError):
                problem = "something else wrote into the pipe of the suite"
        if not found.complete:
            found.broke(problem)


class _Found:
    """The results so far for one adapter."""

    def __init__(self) -> None:
        self.results: dict[str, ClaimResult] = {}
        self.broken = 0
        self._sentences: dict[str, str] = {}
        self._known: dict[str, tuple[str, str]] = {}  # sentence and pattern, by claim
        self._current: str | None = None
        self._left = f"given up after {MOST_BROKEN} claims that did not end"

    @property
    def complete(self) -> bool:
        return bool(self._sentences) and len(self.results) == len(self._sentences)

    def take(self, event: dict[str, Any]) -> None:
        if "claims" in event:
            self._sentences = dict(event["claims"])
            self._known = {claim: (told, pattern) for claim, told, pattern in event["known"]}
        elif "begins" in event:
            self._current = event["begins"]
        else:
            self._end(event["ends"], event["state"], event["reason"])

    def broke(self, problem: str) -> None:
        """Blame the adapter in the current claim; without one, no claim can be checked."""
        if self._current is None:
            self.broken = MOST_BROKEN
            self._left = f"it cannot be checked: {problem}"
            return
        name = self._current
        self._end(name, "failed", problem)
        self.broken += self.results[name].state == "failed"

    def all(self) -> Iterator[ClaimResult]:
        if not self._sentences:
            yield ClaimResult("asked", "the suite can run it", "failed", self._left)
        for name, sentence in self._sentences.items():
            yield self.results.get(name) or ClaimResult(name, sentence, "not checked", self._left)

    def _end(self, name: str, state: Any, reason: str | None) -> None:
        if state not in get_args(Outcome):
            raise ValueError(state)
        told, pattern = self._known.get(name, ("", ""))
        if told and state == "passed":
            reason = f"it passed here; known to fail: {told}"
        elif told and state == "failed" and re.search(pattern, reason or ""):
            state, reason = "known failure", f"{told} (here: {reason})"
        elif told and state == "failed":
            reason = f"{reason} (not the known failure, which has {pattern!r}: {told})"
        self.results[name] = ClaimResult(name, self._sentences[name], state, reason)
        self._current = None


@contextlib.contextmanager
def _process(
    python: str, script: Path, log: Path, order: dict[str, Any]
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start the suite; yield its process and its pipe, which are gone afterwards."""
    pipe, write_end = os.pipe()
    try:
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [python, "-I", "-S", str(script), str(write_end)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(write_end,),
                env=worker_environment("parity", os.environ, order["ca_file"]),
                start_new_session=True,  # Ctrl-C must reach us only
            )
    except OSError as error:
        os.close(pipe)
        raise UnusableError(f"{python!r} cannot be started: {error}", "client.python") from error
    finally:
        os.close(write_end)
    assert process.stdin is not None
    try:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        yield process, pipe
    finally:
        with contextlib.suppress(ProcessLookupError):  # with everything that the adapter started
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        os.close(pipe)


def _end(process: subprocess.Popen[bytes], log: Path) -> str:
    """Say how a process ended that has closed its pipe."""
    try:
        code = process.wait(END_S)
    except subprocess.TimeoutExpired:
        return "its process closed the pipe of the suite"
    if code < 0:
        return f"its process was killed by {signal.Signals(-code).name}"
    said = last_lines(log) or ["no message"]
    return f"its process ended with exit code {code}: {said[-1]}"


def _events(
    process: subprocess.Popen[bytes], pipe: int, patience_s: float
) -> Iterator[dict[str, Any]]:
    """Yield the events of a process until it ends; its own children may keep the pipe open.

    Raises ``TimeoutError`` if nothing came within ``patience_s``, and ``ValueError`` for a line
    that is not JSON.
    """
    pending = b""
    deadline = time.monotonic() + patience_s
    while True:
        interrupts.check()
        ended = process.poll() is not None
        if not select.select([pipe], [], [], LOOK_S)[0]:
            if ended:
                return
            if time.monotonic() > deadline:
                raise TimeoutError
            continue
        data = os.read(pipe, 65536)
        if not data:
            return
        *lines, pending = (pending + data).split(b"\n")
        yield from map(json.loads, lines)
        deadline = time.monotonic() + patience_s
