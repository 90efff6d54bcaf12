"""A scenario: competitors, target and load of a run, validated and plain data.

``harness.input.scenario_input`` makes one of what a command line collected; everything after it can
trust the values.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from adapters.base import USUAL_MAX_BODY_BYTES
from harness.errors import UsageError
from harness.records.conditions import by_condition
from harness.redaction import Redactor, quoted, redact_headers, redact_url, refusal
from harness.scenario.allocation import Mixing
from harness.scenario.budget import ErrorBudget
from harness.scenario.competitors import Competitor
from harness.scenario.endpoints import Endpoint
from harness.scenario.gate import Gate
from harness.scenario.groups import MOST_IN_GROUP, pools, sizes
from harness.scenario.holds import HeldLoad
from harness.scenario.labels import short_source
from harness.scenario.loads import OpenLoad
from harness.scenario.methods import BODY_METHODS
from harness.scenario.plain import Plain
from harness.scenario.precision import USUAL, Precision
from harness.scenario.recording import Recording
from harness.scenario.selector import ClientSpec
from harness.scenario.statuses import parse_statuses
from harness.scenario.variables import Constant, Variable, told

__all__ = [
    "MAX_SEED",
    "Profile",
    "Scenario",
]

Profile = Literal["parity", "defaults"]

MAX_SEED = 2**32 - 1


@lru_cache(1)  # so that competitors share it; one alone, since it may have 1 GiB
def _made_up(size: int) -> bytes:
    return b"x" * size


class Scenario(Plain):
    """The complete settings of a run. Headers and body are as sent: store ``snapshot()``."""

    competitors: tuple[Competitor, ...] = Field(min_length=1)
    axis: str  # name of the factor that is compared
    # Name of the factor that clients are crossed with; each of its levels is a comparison of its
    # own.
    condition_factor: str | None = None
    baseline: str  # name of the competitor the others are compared with, in each condition
    url: str | None = Field(default=None, repr=False)  # None: the competitors' targets
    path: str = Field(default="/", repr=False)  # path and query there; unused with a url
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    body: bytes | None = Field(default=None, repr=False)  # None: none, or made up from body_bytes
    duration_s: float | None = Field(default=None, gt=0)  # measured, per competitor, in total
    requests: int | None = Field(default=None, ge=1)  # measured, per competitor, in total
    rounds: int = Field(default=USUAL.rounds, ge=1)  # with a precision: at most
    # wanted length of a slice; None: a round is one
    slice_s: float | None = Field(default=0.02, gt=0)
    warmup_s: float = Field(default=0.2, ge=0)
    processes: int = Field(default=1, ge=1)
    stream: bool = False
    expect: str = "200-399"
    timeout_s: float = Field(default=10.0, gt=0)
    max_body_bytes: int = Field(default=USUAL_MAX_BODY_BYTES, ge=1)  # limit for a response
    verify: bool = True
    ca_file: str | None = None  # PEM certificates, absolute path; None: the machine's
    unix_path: str | None = None  # absolute, of the socket that connections are made to
    cert_file: str | None = None  # the client certificate (PEM) and its key, absolute paths
    key_file: str | None = None
    key_password: str | None = Field(default=None, repr=False)  # of an encrypted key
    profile: Profile = "parity"
    seed: int = Field(ge=0, le=MAX_SEED)
    pin: bool = True
    precision: Precision | None = None  # None: all of the rounds
    open_load: OpenLoad | None = None  # None: a closed loop
    think_time_s: float = Field(default=0.0, ge=0)  # closed loops only
    trace_share: float = Field(default=0.0, ge=0, le=1)  # share of traced requests
    error_budget: ErrorBudget | None = None  # beyond it, the run stops
    preset: str | None = None
    held: HeldLoad | None = None
    steps: tuple[tuple[int, float], ...] = ()  # (concurrency, seconds until which)
    gate: Gate | None = None  # limits that its results must keep
    endpoints: tuple[Endpoint, ...] = ()  # none: one request, which the fields above describe
    mixing: Mixing = "shuffled"
    variables: dict[str, Variable] = Field(default_factory=dict)  # by name
    recording: Recording | None = None  # the requests of the endpoints, if they were recorded
    left_out: tuple[tuple[str, str], ...] = ()  # competitors that could not be had, and why

    @property
    def accepted_statuses(self) -> frozenset[int]:
        """The statuses that count as correct."""
        return parse_statuses(self.expect)

    @property
    def budget_s(self) -> float | None:
        """The wall time in which it goes on until it is decided; None: its rounds are given."""
        if self.precision is not None:
            return self.precision.budget_s
        return self.gate.budget_s if self.gate is not None and self.gate.measures else None

    def body_of(self, competitor: Competitor) -> bytes | None:
        """The body of each request of ``competitor``; sizes are filled with printable bytes."""
        if competitor.method not in BODY_METHODS:
            return None
        if self.body is None and competitor.body_bytes:
            return _made_up(competitor.body_bytes)
        return self.body

    def redactor(self) -> Redactor:
        """Return a redactor for messages about its requests."""
        return Redactor.joined(
            (
                Redactor.of([self.url or self.path], self.headers, self.body),
                *(Redactor.of([o.url or o.path], o.headers, o.body) for o in self.endpoints),
                Redactor(o.value for o in self.variables.values() if isinstance(o, Constant)),
                Redactor(() if self.key_password is None else (self.key_password,)),
                *(() if self.recording is None else (self.recording.redactor(),)),
            )
        )

    def snapshot(self) -> dict[str, Any]:
        """The scenario as plain JSON without secrets, for the database and reports.

        The body appears as its length only (``body_bytes``, ``None`` where sizes are made up), a
        file of certificates, a key or a socket as the name of its file.
        """
        apart = {"body", "endpoints", "mixing", "variables", "recording", "key_password"}
        data = self.model_dump(mode="json", exclude=apart)
        if self.endpoints:  # else it is as in runs that were stored before there were any
            data["endpoints"] = [one.told() for one in self.endpoints]
            data["mixing"] = self.mixing
            data["variables"] = {name: told(one) for name, one in self.variables.items()}
        if self.recording is not None:
            data["recording"] = self.recording.told()
        data["url"] = None if self.url is None else redact_url(self.url)
        data["path"] = redact_url(self.path)
        data["headers"] = redact_headers(self.headers)
        for shown, competitor in zip(data["competitors"], self.competitors, strict=True):
            if competitor.target.config:
                shown["target"]["config"] = competitor.target.told.config
            else:  # the same setting as in runs from before there were such
                del shown["target"]["config"], shown["target"]["alias"]
            shown["client"] = _shown_client(competitor.client)
        if not self.left_out:
            del data["left_out"]
        if self.gate is None:
            del data["gate"]
        for name in ("ca_file", "unix_path", "cert_file", "key_file"):
            if data[name] is None:
                del data[name]  # as in runs that were stored before it could be given
            else:
                data[name] = Path(data[name]).name
        data["body_bytes"] = None if self.body is None else len(self.body)
        return data

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        labels = [competitor.label for competitor in self.competitors]
        for label in labels:
            if labels.count(label) > 1:
                raise UsageError(
                    f"{quoted(label)} is given twice; expected each once", "competitors"
                )
        for group in by_condition(self.competitors).values():
            names = [competitor.name for competitor in group]
            if self.baseline not in names:
                raise refusal("baseline", self.baseline, f"one of {', '.join(names)}")
        if (self.duration_s is None) == (self.requests is None):
            problem = "both, or neither, end a trial; expected one of them"
            raise UsageError(problem, "duration", "requests")
        if self.requests is not None and self.requests < self.rounds:
            raise refusal("requests", self.requests, f"at least one per round, {self.rounds}")
        if self.held is not None and self.processes > 1:
            raise refusal("processes", self.processes, "1: requests are held by one process")
        if self.requests is not None and self._repeats_baseline and self._is_foreign:
            problem = (
                f"with more than {MOST_IN_GROUP} entries the baseline would send it in each group"
            )
            raise refusal("requests", self.requests, f"a duration instead: {problem}")
        lowest = min(competitor.concurrency for competitor in self.competitors)
        if self.mixing == "dedicated":
            self._check_dedicated(lowest)
        if self.processes > lowest:
            raise refusal("processes", self.processes, f"at most the concurrency, {lowest}")
        return self

    def _check_dedicated(self, lowest: int) -> None:
        """Check that each endpoint can have slots of its own."""
        if lowest < len(self.endpoints):
            accepted = f"at least {len(self.endpoints)}, since each endpoint has slots of its own"
            raise refusal("concurrency", lowest, accepted)
        if self.processes > 1:
            raise refusal("processes", self.processes, "1: endpoints have slots of their own")
        if self.held is not None:
            raise UsageError("cannot be held where endpoints have slots of their own", "preset")
        if self.open_load is not None and self.open_load.start != "fixed-workers":
            accepted = "fixed-workers: endpoints have slots of their own"
            raise refusal("start", self.open_load.start, accepted)

    @property
    def _is_foreign(self) -> bool:
        return any(competitor.target.url for competitor in self.competitors)

    @property
    def _repeats_baseline(self) -> bool:
        """Say whether there are so many that the baseline is measured in several groups."""
        divided = sizes(pools(self.competitors, self.baseline), MOST_IN_GROUP)
        return len(self.competitors) > MOST_IN_GROUP and sum(divided) > len(self.competitors)


def _shown_client(client: ClientSpec) -> dict[str, Any]:
    """Return a client as plain JSON: a source by its last name, and only what was said of it."""
    source = None if client.source is None else short_source(client.source)
    data = asdict(replace(client, source=source))
    for name in ("alias", "extras", "source", "added"):
        if not data[name]:
            del data[name]  # as in runs that were stored before it could be given
    return data
