"""Targets that stay up between commands: started, looked at, stopped."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from harness import interrupts
from harness.errors import UnusableError, UsageError
from harness.redaction import quoted
from servers import standing
from servers.base import TargetError
from servers.conversation import Conversation
from servers.files import LOG
from servers.spec import TargetSpec
from servers.standing import Record

__all__ = ["Look", "Stopped", "down", "down_all", "logs", "status", "up"]

READY_TIMEOUT_S = 600.0  # an image may have to be built; the host has deadlines of its own
HEALTH_TIMEOUT_S = 2.0
STOP_TIMEOUT_S = 30.0
HEALTHY = 200


@dataclass(frozen=True)
class Look:
    """The state of a standing target, or of the leftovers of a killed process.

    ``state`` is ``starting``, ``healthy``, ``unhealthy`` (``problem`` says how) or ``dead``: its
    host was killed. ``parts`` have a ``name``, a ``role``, ``pids`` and perhaps a ``container``;
    ``lost`` are the names of those that have ended.
    """

    record: Record
    state: Literal["starting", "healthy", "unhealthy", "dead"]
    problem: str = ""
    lost: tuple[str, ...] = ()
    parts: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class Stopped:
    """A target that was stopped; ``crashed``: its host had already ended before."""

    record: Record
    crashed: bool


def up(spec: TargetSpec) -> Look:
    """Start a target that stays up; a start that fails or is interrupted leaves nothing behind.

    Raises ``UnusableError``.
    """
    conversation = Conversation(f"the target {spec.name}")
    with interrupts.deferred(), _usable(), _nothing_left_of(conversation):
        conversation.start("servers.host", [spec.to_json(), "--standing"], outlives_us=True)
        pid = conversation.pid
        with interrupts.allowed():
            told = conversation.hear(READY_TIMEOUT_S)
        if told["event"] == "failed":
            raise TargetError(told["reason"])
        conversation.leave()
    for look in (look for look in status() if look.record.pid == pid):
        return look
    raise UnusableError(f"{spec.name}: it was stopped by another command as soon as it was up")


def status() -> list[Look]:
    """List standing targets and leftovers of killed processes, without those of running
    comparisons.
    """
    return [_look(record) for record in _records()]


def logs(name: str, lines: int) -> Iterator[tuple[str, list[str]]]:
    """Yield each server's name and the last lines of its log."""
    record = _named(name)
    with _usable():
        if not record.told:  # its output during the start may give the reason
            for path in sorted(Path(record.folder).glob(f"*/{LOG}")):
                yield path.parent.name, standing.read_log(path)[-lines:]
        for part, left in _parts(record):
            yield part["name"], standing.log(record, part["name"], left, lines)


def down(name: str) -> Stopped:
    """Stop the target of this name, or remove the leftovers of its killed host."""
    (stopped,) = _stop([_named(name)])
    return stopped


def down_all() -> Iterator[Stopped]:
    """Stop every standing target, and remove the leftovers of killed processes.

    Raises ``UnusableError`` at the end if some of it could not be removed.
    """
    yield from _stop(_records())


def _stop(records: list[Record]) -> Iterator[Stopped]:
    problems = []
    found = [Stopped(record, crashed=not record.alive) for record in records]
    for record in records:
        standing.ask_to_end(record)
    for stopped in found:
        try:
            standing.end(stopped.record)
        except TargetError as error:
            problems.append(str(error))
        else:
            yield stopped
    if problems:
        raise UnusableError("; ".join(problems))


@contextlib.contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except TargetError as error:
        raise UnusableError(str(error)) from error


@contextlib.contextmanager
def _nothing_left_of(conversation: Conversation) -> Iterator[None]:
    """On failure, end the process and everything it has started."""
    try:
        yield
    except BaseException:
        pid = conversation.pid
        conversation.stop(STOP_TIMEOUT_S)
        for record in standing.records():
            if record.pid == pid and not record.alive:
                with contextlib.suppress(TargetError):  # `targets down --all` tries again
                    standing.sweep(record)
        raise


def _records() -> list[Record]:
    """Return the records of standing targets and of killed processes."""
    with _usable():
        return [one for one in standing.records() if one.standing or not one.alive]


def _named(name: str) -> Record:
    """Return the latest standing target of this name."""
    found = {one.spec.name: one for one in _records() if one.standing}
    known = name.strip().lower()
    if known not in found:
        up_now = ", ".join(found)
        raise UsageError(
            f"{quoted(name)} is not up; expected {up_now}"
            if up_now
            else f"{quoted(name)} is not up; no target is: clientbench targets up NAME",
            "name",
        )
    return found[known]


def _look(record: Record) -> Look:
    parts = [{"container": None, **told, **left} for told, left in _parts(record)]
    if not record.alive:
        return Look(record, "dead", parts=parts)
    if not record.told:
        return Look(record, "starting", parts=parts)
    try:
        lost = tuple(told["name"] for told, left in _parts(record) if standing.has_ended(left))
    except TargetError as error:  # the engine does not answer
        return Look(record, "unhealthy", str(error), parts=parts)
    problem = _problem(record)
    return Look(record, "unhealthy" if problem else "healthy", problem, lost, parts)


def _parts(record: Record) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each part's description, and what would remain of it."""
    return list(zip(record.told.get("parts", ()), record.left, strict=False))


def _problem(record: Record) -> str:
    """Return why its front server is not healthy; empty if it is."""
    place = urlsplit(record.told["base_url"]).netloc
    try:
        connection = http.client.HTTPConnection(place, timeout=HEALTH_TIMEOUT_S)
        if record.spec.tls:
            context = ssl.create_default_context(cafile=record.told["ca_file"])
            connection = http.client.HTTPSConnection(
                place, timeout=HEALTH_TIMEOUT_S, context=context
            )
        with contextlib.closing(connection):
            connection.request("GET", "/health", headers={"Connection": "close"})
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or repr(error)
    if record.spec.config:  # which paths there are is for its user to say
        return ""
    return "" if status == HEALTHY else f"status {status} of /health"
