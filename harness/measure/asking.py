"""The requests of a scenario, prepared for its targets: for every client the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import chain

from adapters.base import Request
from harness.measure.endpoints import MeasuredEndpoint
from harness.measure.rules import Rules
from harness.redaction import redact_url
from harness.scenario import sequence as sequences
from harness.scenario.competitors import Competitor
from harness.scenario.endpoints import Endpoint
from harness.scenario.scenario import Scenario
from harness.scenario.statuses import parse_statuses
from harness.text import without_port
from harness.worker.mix import Mix
from servers.spec import TargetSpec

__all__ = ["Asking", "has_known_length"]

CONSTANT_PATHS = ("/", "/wait")
Asked = tuple[tuple[MeasuredEndpoint, ...], Mix]


class Asking:
    """The requests of one scenario; competitors with equal ones share them."""

    def __init__(self, scenario: Scenario, sequence: sequences.Sequence) -> None:
        self._scenario, self._sequence = scenario, sequence
        numbers = Counter(sequence.requests[index].endpoint for index in sequence.order)
        self._shares = {number: count / numbers.total() for number, count in numbers.items()}
        self._known: dict[object, Asked] = {}

    @property
    def dedicated(self) -> tuple[Fraction, ...]:
        """Return the weights of the endpoints if each has slots of its own, else none."""
        if self._scenario.mixing != "dedicated":
            return ()
        return tuple(one.share for one in self._scenario.endpoints)

    def of(self, competitor: Competitor, base_url: str) -> Asked:
        """Return a competitor's endpoints at the target of this URL, and all of its requests."""
        request = (competitor.method, competitor.body_bytes, competitor.connection)
        key = (competitor.target, base_url, request)
        if key not in self._known:
            self._known[key] = self._made(competitor, base_url)
        return self._known[key]

    def _made(self, competitor: Competitor, base_url: str) -> Asked:
        sequence = self._sequence
        requests = [self._request(one, competitor, base_url) for one in sequence.requests]
        numbers = [one.endpoint for one in sequence.requests]
        first = [requests[index] for index in sequence.first]
        endpoints = tuple(
            self._endpoint(number, request, competitor) for number, request in enumerate(first)
        )
        begin = [sequence.first[number] for number in _connecting(endpoints)]
        return endpoints, Mix(requests, numbers, sequence.order, begin, sequence.offsets_ns)

    def _request(self, drawn: sequences.Drawn, competitor: Competitor, base_url: str) -> Request:
        scenario = self._scenario
        # Every client sends it, whatever its library does, so that the server closes.
        own = {"Connection": "close"} if competitor.connection == "close" else {}
        if scenario.endpoints:
            endpoint = scenario.endpoints[drawn.endpoint]
            if scenario.recording is not None and drawn.recorded is not None:
                recorded = scenario.recording.requests[drawn.recorded]
                return recorded.request(endpoint.method, base_url, own)
            return endpoint.request(base_url, own, dict(drawn.values))
        url, body = scenario.url or base_url + scenario.path, scenario.body_of(competitor)
        return Request(competitor.method, url, {**scenario.headers, **own}, body)

    def _endpoint(self, number: int, request: Request, competitor: Competitor) -> MeasuredEndpoint:
        scenario, target = self._scenario, competitor.target
        known = scenario.endpoints[number] if scenario.endpoints else None
        expected, timeout_s = scenario.accepted_statuses, scenario.timeout_s
        if known is not None and known.expect is not None:
            expected = parse_statuses(known.expect)
        if known is not None and known.timeout_s is not None:
            timeout_s = known.timeout_s
        is_foreign = bool(target.url) or (known is not None and known.url is not None)
        return MeasuredEndpoint(
            request=request,
            rules=Rules(
                expected=expected,
                length=None,  # until its first answer
                timeout_ns=round(timeout_s * 1e9),
                max_body_bytes=scenario.max_body_bytes,
            ),
            shown_url=redact_url(request.url if is_foreign else without_port(request.url)),
            name=None if known is None else known.name,
            share=self._shares[number],
            knows_length=not is_foreign and has_known_length(target, _path(known, scenario)),
        )


def _path(endpoint: Endpoint | None, scenario: Scenario) -> str:
    return scenario.path if endpoint is None else endpoint.path


def has_known_length(target: TargetSpec, path: str) -> bool:
    """Say whether all responses have one length; unknown for servers and
    configurations not ours.
    """
    is_ours = not target.url and not target.config
    return is_ours and path.partition("?")[0] in CONSTANT_PATHS


def _connecting(endpoints: Sequence[MeasuredEndpoint]) -> list[int]:
    """Return the endpoint for the first request to each host: one that changes nothing, if any."""
    chosen: dict[str, int] = {}
    safe = (number for number, one in enumerate(endpoints) if one.is_safe)
    for number in chain(safe, range(len(endpoints))):
        chosen.setdefault(endpoints[number].origin, number)
    return list(chosen.values())
