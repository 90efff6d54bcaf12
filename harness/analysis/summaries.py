"""Summaries of competitors: all of its trials merged. Pure: records in, numbers out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from adapters.base import Connections
from harness.records.client_environment import Environment
from harness.records.conditions import InCondition
from harness.records.endpoint_summary import EndpointSummary, merged_endpoints
from harness.records.histogram import Censored, Histogram, percentile, rank
from harness.records.model import OpenLoop, TrialState, TrialSummary, UnexpectedAnswer
from harness.records.phases import phases
from harness.records.totals import Totals, per_request
from servers.spec import EMBEDDED, TargetSpec

__all__ = [
    "CompetitorSummary",
    "by_label",
    "merged",
    "net_cpu_per_request_ns",
    "summarised",
]

Key = TypeVar("Key")


@dataclass(frozen=True)
class CompetitorSummary(Totals, InCondition):
    """All trials (rounds) of one competitor, merged. Counts are sums; terms as in DESIGN §1."""

    label: str
    client_library: str
    client_type: Literal["sync", "async"]
    client_version: str
    python_version: str
    event_loop: str | None
    profile: str
    http_method: str
    url: str
    body_bytes: int
    concurrency: int
    processes: int
    unequal: tuple[str, ...]
    state: TrialState  # complete, unmeasured: every trial is; failed: none was measured
    reasons: tuple[str, ...]  # why not complete, as "rounds 2, 3: …"
    rounds: int
    window_ns: int
    completed: int
    correct: int
    population: int
    service: Histogram
    censored: int
    timeout_ns: int
    mean_service_ns: float | None
    status_counts: Mapping[int, int]
    error_counts: Mapping[str, int]
    cpu_ns: int
    cpu_requests: int
    idle_rss_bytes: int | None  # the largest of the trials
    peak_rss_bytes: int | None  # the largest of the trials
    target: TargetSpec = EMBEDDED
    proxy_cpu_ns: int | None = None  # the target's, in the windows
    origin_cpu_ns: int | None = None
    open_loop: OpenLoop | None = None
    phases: Mapping[str, Histogram] = field(default_factory=dict)  # traced requests only
    client_environment: Environment | None = None  # None: stored before it was recorded
    sent: int = 0  # in all rounds: the population, first requests, warm-up and lead-in
    connection: Connections = "keep-alive"  # how its requests used connections
    condition: str | None = None  # the last part of its label; None: the run has no conditions
    unexpected_answer: UnexpectedAnswer | None = None  # the first one seen
    endpoints: tuple[EndpointSummary, ...] = ()  # of a mixture, each merged

    @property
    def uncounted(self) -> int:
        """Requests that were sent but count in no figure."""
        return max(0, self.sent - self.population)

    @property
    def proxy_cpu_per_request_ns(self) -> float | None:
        """CPU of the target's proxy ÷ ``cpu_requests``; None without one, or if not visible."""
        return per_request(self.proxy_cpu_ns, self.cpu_requests)

    @property
    def origin_cpu_per_request_ns(self) -> float | None:
        """CPU of the servers that answer ÷ ``cpu_requests``; None if it cannot be seen."""
        return per_request(self.origin_cpu_ns, self.cpu_requests)

    def percentile(self, percent: float) -> int | Censored | None:
        """Service time in ns at ``percent``; Censored when its rank is a timed-out request's."""
        return percentile(self.service, percent, self.censored, self.timeout_ns)

    def response_percentile(self, percent: float) -> int | Censored | None:
        """Response time in ns at ``percent``, likewise; in a closed loop it is the service time."""
        if self.open_loop is None:
            return self.percentile(percent)
        return percentile(self.open_loop.response, percent, self.censored, self.timeout_ns)

    @property
    def response_samples(self) -> int:
        """Return the number of response times; in a closed loop that of the service times."""
        return (self.service if self.open_loop is None else self.open_loop.response).total

    def samples_beyond(self, percent: float) -> int:
        """Return the number of samples that rank above the percentile."""
        total = self.service.total
        return total - rank(percent, total) if total else 0


def by_label(trials: Iterable[TrialSummary]) -> dict[str, list[TrialSummary]]:
    """Group trials by competitor, in order of first appearance; trials keep their order."""
    groups: dict[str, list[TrialSummary]] = {}
    for trial in trials:
        groups.setdefault(trial.label, []).append(trial)
    return groups


def summarised(trials: Iterable[TrialSummary]) -> list[CompetitorSummary]:
    """Merge the trials of each competitor; competitors come in order of first appearance."""
    groups = by_label(trials).values()
    return [_merged(sorted(group, key=lambda trial: trial.round)) for group in groups]


def _merged(trials: Sequence[TrialSummary]) -> CompetitorSummary:
    # A trial that never started may know little about its client, so ask one that ran.
    known = next((trial for trial in trials if trial.window_ns), trials[0])
    return CompetitorSummary(
        label=known.label,
        client_library=known.client_library,
        client_type=known.client_type,
        client_version=known.client_version,
        python_version=known.python_version,
        event_loop=known.event_loop,
        profile=known.profile,
        http_method=known.http_method,
        url=known.url,
        body_bytes=known.body_bytes,
        concurrency=known.concurrency,
        processes=known.processes,
        unequal=known.unequal,
        state=_state(trials),
        reasons=_reasons(trials),
        rounds=len(trials),
        window_ns=sum(trial.window_ns for trial in trials),
        completed=sum(trial.completed for trial in trials),
        correct=sum(trial.correct for trial in trials),
        population=sum(trial.population for trial in trials),
        service=merged(trial.service for trial in trials),
        censored=sum(trial.censored for trial in trials),
        timeout_ns=max(trial.timeout_ns for trial in trials),
        mean_service_ns=_mean_of_correct(trials, [trial.mean_service_ns for trial in trials]),
        endpoints=merged_endpoints(trial.endpoints for trial in trials),
        status_counts=_added(trial.status_counts for trial in trials),
        error_counts=_added(trial.error_counts for trial in trials),
        cpu_ns=sum(trial.cpu_ns for trial in trials),
        cpu_requests=sum(trial.cpu_requests for trial in trials),
        idle_rss_bytes=_largest(trial.idle_rss_bytes for trial in trials),
        peak_rss_bytes=_largest(trial.peak_rss_bytes for trial in trials),
        target=known.target,
        proxy_cpu_ns=_total(trial.proxy_cpu_ns for trial in trials),
        origin_cpu_ns=_total(trial.origin_cpu_ns for trial in trials),
        open_loop=_open_loop(trials),
        phases=_phases(trials),
        client_environment=known.client_environment,
        sent=sum(trial.sent for trial in trials),
        connection=known.connection,
        condition=known.condition,
        unexpected_answer=next(filter(None, (one.unexpected_answer for one in trials)), None),
    )


def _total(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _phases(trials: Sequence[TrialSummary]) -> dict[str, Histogram]:
    rows = [row for trial in trials for row in trial.traces]
    return phases(rows) if rows else {}


def _open_loop(trials: Sequence[TrialSummary]) -> OpenLoop | None:
    loops = [trial.open_loop for trial in trials if trial.open_loop is not None]
    if not loops:
        return None
    means = [one.open_loop.mean_response_ns if one.open_loop else None for one in trials]
    return OpenLoop(
        planned=sum(loop.planned for loop in loops),
        dropped=sum(loop.dropped for loop in loops),
        missed=sum(loop.missed for loop in loops),
        late=sum(loop.late for loop in loops),
        response=merged(loop.response for loop in loops),
        mean_response_ns=_mean_of_correct(trials, means),
        queue_wait=merged(loop.queue_wait for loop in loops),
        pacer_lag=merged(loop.pacer_lag for loop in loops),
    )


def _state(trials: Sequence[TrialSummary]) -> TrialState:
    if all(trial.state == "complete" for trial in trials):
        return "complete"
    if all(trial.state == "unmeasured" for trial in trials):
        return "unmeasured"
    unusable = ("failed", "unmeasured")
    if all(trial.state in unusable or not trial.window_ns for trial in trials):
        return "failed"
    return "partial"


def _reasons(trials: Sequence[TrialSummary]) -> tuple[str, ...]:
    """List each reason once, after its rounds: a missing client fails all of them alike."""
    rounds: dict[str, list[str]] = {}
    for trial in trials:
        if trial.state != "complete":
            rounds.setdefault(trial.reason or trial.state, []).append(str(trial.round))
    return tuple(
        f"round{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}: {reason}"
        for reason, numbers in rounds.items()
    )


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Return a new histogram with all counts."""
    total = Histogram()
    for histogram in histograms:
        total = total.merged(histogram)
    return total


def _mean_of_correct(trials: Sequence[TrialSummary], means: Iterable[float | None]) -> float | None:
    """Return the mean over all correct requests, from the trials' ``means``."""
    known = [
        (mean, trial.service.total - trial.censored)
        for trial, mean in zip(trials, means, strict=True)
        if mean is not None
    ]
    count = sum(weight for _, weight in known)
    return sum(mean * weight for mean, weight in known) / count if count else None


def _added(counts: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    total: Counter[Key] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


def _largest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def net_cpu_per_request_ns(
    competitor: CompetitorSummary, others: Iterable[CompetitorSummary]
) -> float | None:
    """Return the client's own CPU per request: that above the cost of ``null`` under the same plan.

    None unless ``others`` contain a ``null`` with the same interpreter, mode and condition; one on
    the same event loop is preferred.
    """
    floors = [
        other
        for other in others
        if other.client_library == "null"
        and other.client_type == competitor.client_type
        and other.condition == competitor.condition
        and _interpreter(other) == _interpreter(competitor)
    ]
    floors.sort(key=lambda floor: floor.event_loop != competitor.event_loop)
    gross = competitor.cpu_per_request_ns
    floor = floors[0].cpu_per_request_ns if floors else None
    return None if gross is None or floor is None else gross - floor


def _interpreter(summary: CompetitorSummary) -> tuple[object, ...]:
    """Return the interpreter's build and the digest of our own code, as far as they are known."""
    environment = summary.client_environment
    if environment is None:
        return (summary.python_version,)
    return environment.interpreter, environment.code
