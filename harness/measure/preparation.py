"""Two requests of each client before anything is measured: to our own server, and to the target.

The first shows the bytes that it sends, the second the response that it gets. A client that fails
here is left out, with the response as the reason; the others go on. Clients that send other bytes,
or get a different response, are named in warnings.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from adapters.base import Request, Settings
from harness import interrupts
from harness.analysis.doubts.preparation import (
    Answered,
    bytes_doubt,
    differ,
    unseen_bytes_doubt,
    work_doubts,
)
from harness.errors import UnusableError
from harness.measure.capture import ANSWER_BYTES, Capture
from harness.measure.contenders import Contender
from harness.measure.endpoints import MeasuredEndpoint
from harness.measure.place import Place
from harness.measure.request_bytes import SentRequest, differences
from harness.measure.unexpected import unexpected_answer
from harness.measure.waiting import wait_for
from harness.measure.workers import WorkerError, WorkerProcess
from harness.option_names import option
from harness.records.model import Doubt, UnexpectedAnswer
from harness.redaction import quoted, redact_headers
from servers.spec import TargetSpec

__all__ = ["FIRST_PER_S", "Preparation", "prepare"]

START_S = 20.0  # time for a process to start, load its library, and ask our own server
BEYOND_TIMEOUT_S = 1.0
CLOSE_S = 1.0
FIRST_PER_S = 10.0  # first requests to a server that is not ours, unless the given rate is higher
SILENT = "its process did not answer in time"
MEMORY_SHARE = 0.5  # share of the available memory, for all responses together


@dataclass(frozen=True)
class Preparation:
    """Everything known before the first round."""

    contenders: tuple[Contender, ...]  # those that failed have a ``refusal``
    doubts: tuple[Doubt, ...]
    sent: int  # requests to the targets


@dataclass
class _Asker:
    """One process that asks, for all contenders whose request and client are the same."""

    contender: Contender
    place: Place
    capture: Capture
    worker: WorkerProcess | None = None
    labels: list[str] = field(default_factory=list)  # all contenders that it asks for
    given: dict[int, list[Answered]] = field(default_factory=dict)  # by number of the endpoint
    seen: list[SentRequest | None] = field(default_factory=list)  # at our own server, by endpoint
    refusal: str | None = None
    blamed: str | None = None  # the target's behaviour, if that is the reason
    blamed_place: str = ""  # the URL where it behaved so, and the endpoint
    answer: UnexpectedAnswer | None = None  # the response whose status is the reason
    decompresses: bool = False
    sent: int = 0  # requests to the target

    def harmless(self, number: int) -> Request:
        """The request to our own server: secrets are for the server they were typed for."""
        request = self.contender.endpoints[number].request
        headers = {
            name: value if redact_headers({name: value}) == {name: value} else "x" * len(value)
            for name, value in request.headers.items()
        }
        typed = request.url.partition("://")[2].removeprefix(urlsplit(request.url).netloc)
        url = f"http://{self.capture.address}{typed}"
        return replace(request, url=url, headers=headers)

    def start(self) -> None:
        """Start its process."""
        with self._failing():
            self.worker = self.place.start_asking(self.contender)

    def rehearse(self, number: int) -> None:
        """Let it ask our own server."""
        asked = self.harmless(number)
        own = {} if self.capture.unix_path is None else {"unix_path": self.capture.unix_path}
        self._command(number, url=asked.url, headers=asked.headers, **own)

    def ask(self, number: int) -> None:
        """Let it ask the target."""
        if self._command(number, peek=self.contender.can_peek):
            self.sent += 1

    def _command(self, number: int, **details: object) -> bool:
        """Let it ask an endpoint; return false if it was refused already."""
        with self._failing():
            if self.worker is not None and self.refusal is None:
                place = self.contender.mix.endpoints.index(number)
                self.worker.command({"do": "ask", "request": place, **details})
                return True
        return False

    def end(self) -> None:
        """Leave no process behind."""
        if self.worker is not None:
            self.worker.end(0.0 if self.refusal else CLOSE_S)
            self.worker.close()
            self.worker = None

    def close(self) -> None:
        """Let it close its connections."""
        with contextlib.suppress(WorkerError):
            if self.worker is not None and self.refusal is None:
                self.worker.command({"do": "close"})

    def refuse(self, reason: str) -> None:
        """The client itself does not work: nothing more is asked of it."""
        self.refusal = self.refusal or reason

    def blame(self, reason: str, endpoint: MeasuredEndpoint) -> None:
        """Refuse the client for the target's behaviour; ``reason`` is a sentence without its
        subject.
        """
        if self.refusal is None:
            named = "" if endpoint.name is None else f" (endpoint {quoted(endpoint.name)})"
            self.blamed, self.blamed_place = reason, f"{endpoint.shown_url!r}{named}"
            self.refuse(f"the target{named} {reason}")

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except WorkerError as error:
            self.refuse(self.place.scrub(str(error)))

    def take(self, number: int, answer: Mapping[str, Any] | WorkerError, waited_s: float) -> None:
        """Keep the result of a request to the target; the first decides, the second
        only compares.
        """
        endpoint = self.contender.endpoints[number]
        if number in self.given:
            if isinstance(answer, dict) and "status" in answer:
                self.given[number].append(Answered(answer["status"], answer["length"]))
        elif isinstance(answer, WorkerError):
            if waited_s > self.contender.settings.timeout_s:
                self.blame(_late(self.contender.settings), endpoint)
            else:
                self.refuse(self.place.scrub(str(answer)))
        elif "kind" in answer:
            self.blame(self._failure(answer), endpoint)
        elif answer["status"] not in endpoint.rules.expected:
            if "beginning" in answer:
                self.answer = unexpected_answer(answer, self.place.scrub)
            self.blame(
                f"answered {answer['status']} to {endpoint.request.method}; "
                f"accepted: {_ranges(endpoint.rules.expected)} (see {option('expect')})",
                endpoint,
            )
        elif answer["length"] > endpoint.rules.max_body_bytes:
            self.blame(
                f"sent {answer['length']:,} bytes of body; see {option('max_body')}", endpoint
            )
        else:
            self.given[number] = [Answered(answer["status"], answer["length"])]

    def _failure(self, answer: Mapping[str, Any]) -> str:
        """Describe the failure in a sentence whose subject is the URL."""
        kind, reason = answer["kind"], self.place.scrub(answer["reason"] or answer["message"])
        if kind.startswith("timeout"):
            return _late(self.contender.settings)
        # with TLS 1.3 the client is done first, and hears of it as a reset
        if kind in ("tls", "reset") and _REFUSED_CLIENT.search(answer["message"]):
            return self._refused_certificate(reason)
        if kind == "tls" and "certificate" in answer["message"].lower():
            name = self.contender.ca_name
            signers = (
                f"an authority in {option('ca')} {quoted(name)}"
                if name
                else f"a known CA or that of {option('ca')}"
            )
            accepted = f"one signed by {signers}, or {option('verify')}"
            return f"has a certificate that is not trusted ({reason}); accepted: {accepted}"
        return _FAILURES.get(kind, "could not be requested ({})").format(reason)

    def _refused_certificate(self, reason: str) -> str:
        if self.contender.settings.cert_file is None:
            accepted = f"{option('cert')} and {option('key')}"
            return f"wants a client certificate ({reason}); accepted: {accepted}"
        name = quoted(Path(self.contender.settings.cert_file).name)
        accepted = f"another {option('cert')}"
        return f"refuses the client certificate {name} ({reason}); accepted: {accepted}"


# Alerts of TLS about the client's certificate, as libraries spell them: "tlsv13 alert certificate
# required", "received fatal alert: UnknownCA".
_REFUSED_CLIENT = re.compile(r"alert.{0,20}(certificate|unknown[ _]?ca)", re.IGNORECASE)
_FAILURES = {
    "dns": "has a host that cannot be resolved ({})",
    "connect": "cannot be reached ({}); accepted: a server that is running",
    "tls": "failed in the TLS handshake ({}); accepted: an HTTPS server, or a URL with http://",
    "reset": "closed the connection instead of answering ({})",
    "protocol": "sent a response that this client cannot read as HTTP/1.1 ({})",
    "body": "sent a response whose body cannot be read ({})",
}


def _ranges(statuses: Iterable[int]) -> str:
    """Write statuses as ``--expect`` accepts them: ``200-399,404``."""
    ordered = sorted(statuses)
    starts = [one for one in ordered if one - 1 not in ordered]
    ends = [one for one in ordered if one + 1 not in ordered]
    pairs = zip(starts, ends, strict=True)
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in pairs)


def _late(settings: Settings) -> str:
    return f"did not answer completely within {settings.timeout_s:g} s; see {option('timeout')}"


def prepare(
    contenders: Sequence[Contender], places: Mapping[TargetSpec, Place], rate: float | None
) -> Preparation:
    """Let every client ask; a server that is not ours no faster than ``rate``, or all in a second.

    Raises ``UnusableError`` if no client got an accepted response.
    """
    asking = [one for one in contenders if one.uses_target]
    with contextlib.ExitStack() as stack:
        by_key: dict[object, _Asker] = {}
        for contender in asking:
            key = _key(contender)
            if key not in by_key:
                place = places[contender.target]
                over_unix = contender.settings.unix_path is not None
                capture = stack.enter_context(Capture(place.bundle.path if over_unix else None))
                by_key[key] = _Asker(contender, place, capture)
                stack.callback(by_key[key].end)
            by_key[key].labels.append(contender.label)
        askers = list(by_key.values())
        doubts = _ask_all(askers, rate)
    if len(asking) == len(contenders):  # null needs no answer
        _check_any(askers)
    by_label = {label: asker for asker in askers for label in asker.labels}
    prepared = tuple(_prepared(one, by_label.get(one.label)) for one in contenders)
    return Preparation(prepared, tuple(doubts), sum(asker.sent for asker in askers))


def _key(contender: Contender) -> object:
    """Return a key that is equal for contenders that differ only in concurrency."""
    client = (contender.environment, contender.client.name, contender.mode, contender.loop)
    return (*client, contender.asked, contender.connection)


def _ask_all(askers: Sequence[_Asker], rate: float | None) -> list[Doubt]:
    watch = _Watch(askers)
    for asker in askers:
        asker.start()
    numbers = range(max((len(one.contender.endpoints) for one in askers), default=0))
    for number in numbers:
        _collect_own(askers, number, watch)
    by_asked: dict[object, list[_Asker]] = {}
    for asker in askers:
        by_asked.setdefault(asker.contender.asked, []).append(asker)
    groups = by_asked.values()
    for number in numbers:
        _ask_target(askers, number, watch, rate)
        unequal = [one for group in groups if differ(_given(group, number)) for one in group]
        again = [one for one in unequal if one.contender.endpoints[number].is_safe]
        # in reverse order: with servers that take turns each client then gets both
        _ask_target(again[::-1], number, watch, rate)
    for asker in askers:
        asker.close()
    return [
        *(doubt for asker in askers for doubt in _bytes_doubts(asker)),
        *(
            doubt
            for group in groups
            for number in numbers
            for doubt in work_doubts(_given(group, number))
        ),
    ]


def _collect_own(askers: Sequence[_Asker], number: int, watch: _Watch) -> None:
    """Let each ask our own server; the response is no reason to refuse a client."""
    for asker in askers:
        asker.rehearse(number)
    deadline_ns = time.monotonic_ns() + int(START_S * 1e9)
    for asker in askers:
        answer = watch.answer(asker, deadline_ns)
        if isinstance(answer, WorkerError):
            asker.refuse(asker.place.scrub(str(answer)))
        elif answer is not None:
            method = asker.contender.endpoints[number].request.method
            sent_bytes = 0 if method == "HEAD" else ANSWER_BYTES
            asker.decompresses |= answer.get("length", 0) > sent_bytes
        asker.seen.append(asker.capture.taken())


def _ask_target(askers: Sequence[_Asker], number: int, watch: _Watch, rate: float | None) -> None:
    """Let each ask an endpoint once; requests to a server that is not ours are spread in time."""
    foreign = [one for one in askers if one.contender.is_foreign]
    gap_s = 1 / max(rate or 0.0, min(len(foreign), FIRST_PER_S)) if len(foreign) > 1 else 0.0
    started_ns = {}
    for asker in askers:
        asker.ask(number)
        started_ns[id(asker)] = time.monotonic_ns()
        if gap_s:
            with interrupts.allowed():
                time.sleep(gap_s)
    for asker in askers:
        begun_ns = started_ns[id(asker)]
        limit_s = asker.contender.settings.timeout_s + BEYOND_TIMEOUT_S
        answer = watch.answer(asker, begun_ns + int(limit_s * 1e9))
        if answer is not None:
            asker.take(number, answer, (time.monotonic_ns() - begun_ns) / 1e9)


class _Watch:
    """A watch that waits for responses, and stops endless ones before they fill the memory."""

    def __init__(self, askers: Sequence[_Asker]) -> None:
        self._askers = askers
        self._most = psutil.virtual_memory().available * MEMORY_SHARE

    def answer(self, asker: _Asker, deadline_ns: int) -> dict[str, Any] | WorkerError | None:
        """Return the result of the last request; None if the client is already refused."""
        if asker.worker is None or asker.refusal is not None:
            return None
        found = wait_for([asker.worker], "answer", lambda: deadline_ns, self._tick, silent=SILENT)
        return None if asker.refusal is not None else found[asker.worker]

    def _tick(self) -> float:
        held = {
            index: one.worker.memory().get("rss", 0)
            for index, one in enumerate(self._askers)
            if one.worker is not None and one.refusal is None
        }
        for index in sorted(held, key=lambda index: -held[index]):
            if sum(held.values()) > self._most:
                held[index] = 0
                self._end_endless(self._askers[index])
        return 0.0

    def _end_endless(self, asker: _Asker) -> None:
        # endpoints are asked one after the other
        number = min(len(asker.given), len(asker.contender.endpoints) - 1)
        endless = asker.contender.endpoints[number]
        asker.blame("sent an endless response: memory ran short before it ended", endless)
        assert asker.worker is not None
        os.kill(asker.worker.pid, signal.SIGKILL)  # its pipe then says that it is gone


def _given(group: Sequence[_Asker], number: int) -> dict[str, tuple[Answered, ...]]:
    """Return the responses of an endpoint by label."""
    return {
        label: tuple(replace(a, decompressed=one.decompresses) for a in one.given[number])
        for one in group
        if number in one.given and one.refusal is None
        for label in one.labels
    }


def _bytes_doubts(asker: _Asker) -> Iterator[Doubt]:
    parity = asker.contender.settings.profile == "parity"
    found: list[str] = []
    for number, sent in enumerate(asker.seen):
        if sent is not None:
            name = asker.contender.endpoints[number].name
            which = "" if name is None else f"[{name}] "
            found += (
                f"{which}{one}" for one in differences(asker.harmless(number), sent, parity=parity)
            )
    if found:
        yield from (bytes_doubt(label, found) for label in asker.labels)
    if None in asker.seen and asker.refusal is None:
        yield from map(unseen_bytes_doubt, asker.labels)


def _check_any(askers: Sequence[_Asker]) -> None:
    """Raise, with the responses as reasons, if no client got an accepted response."""
    if any(one.refusal is None for one in askers):
        return
    said: dict[str, list[str]] = {}
    for one in askers:
        failed = f"client: {one.refusal}"
        reason = f"url: {one.blamed_place} {one.blamed}" if one.blamed else failed
        said.setdefault(reason, []).append(one.contender.label)
    reasons = (f"{reason} (asked by {', '.join(who)})" for reason, who in said.items())
    raise UnusableError("; ".join(reasons))


def _prepared(contender: Contender, asker: _Asker | None) -> Contender:
    if asker is None:
        return contender
    if asker.refusal is not None:
        return replace(contender, refusal=asker.refusal, refused_answer=asker.answer)
    endpoints = (
        one.answered(asker.given[number][0].length)
        for number, one in enumerate(contender.endpoints)
    )
    return replace(contender, endpoints=tuple(endpoints))
