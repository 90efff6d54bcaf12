"""The data exchanged between packages (DESIGN §2): plain and frozen, in the order of its creation.

Units live in names. ``*_ns`` instants are CLOCK_MONOTONIC, the same for every process of the
machine; wall-clock times are UTC ISO 8601 strings. URLs, headers and messages here are already
redacted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from adapters.base import Connections
from harness.records.client_environment import ClientSource, Environment
from harness.records.conditions import InCondition
from harness.records.confidence import (
    CONFIDENCE,
    DECIDED_CONFIDENCE,
    STOPPED_CONFIDENCE,
    Verdict,
)
from harness.records.endpoint_summary import EndpointSummary
from harness.records.gate_result import GateFinding
from harness.records.histogram import Histogram
from harness.records.provenance import MachineReading, Provenance
from harness.records.totals import Totals
from servers.spec import EMBEDDED, TargetSpec

__all__ = [
    "METRICS",
    "Ceiling",
    "Comparison",
    "Doubt",
    "Ending",
    "EndingReason",
    "HeldPlan",
    "Metric",
    "OpenLoop",
    "OtherLoad",
    "Reading",
    "RunRecord",
    "RunState",
    "SelftestNote",
    "SliceRecord",
    "Spread",
    "TargetRecord",
    "TrialState",
    "TrialSummary",
    "UnexpectedAnswer",
]

# unmeasured: nobody failed, but no request fell into a window
TrialState = Literal["complete", "partial", "failed", "unmeasured"]
Metric = Literal["throughput", "cpu_per_request", "p50", "p99", "peak_memory"]
METRICS: tuple[Metric, ...] = get_args(Metric)
# unfinished: still going on, or killed
RunState = Literal["complete", "interrupted", "stopped", "failed", "unfinished"]


@dataclass(frozen=True)
class Reading:
    """One observation of resources."""

    at_ns: int
    source: str  # worker, target, orchestrator, machine, or "container" and its name
    cpu_percent: float  # 100 = one core busy; for the machine: as processes' clocks count
    rss_bytes: int | None = None  # workers: without the recorder's own pages
    threads: int | None = None
    open_files: int | None = None
    steal_percent: float | None = None  # machine only: time taken by a hypervisor, 100 = one core
    frequency_mhz: float | None = None  # machine only: the fastest CPU's, once a second


@dataclass(frozen=True)
class SliceRecord:
    """One measured window of one competitor."""

    block: int  # number within the round; each group has blocks of its own
    position: int  # place in the block's random order, from 0
    start_ns: int
    end_ns: int
    completed: int  # responses and errors that ended inside the window
    correct: int  # correct responses that ended inside the window
    cpu_ns: int  # worker CPU between the two edge readings
    cpu_requests: int  # completions between the same two readings
    target_cpu_ns: int | None  # the target's CPU in the window, where it can be seen
    drain_ns: int = 0  # from its end until a slot had its answer, mean over slots
    parts: tuple[int, ...] = ()  # correct responses by tenths, of a slice that is a whole round


@dataclass(frozen=True)
class GroupLatencies:
    """Latencies of a trial in one group of its round; its slices have the rest.

    Response times in an open loop, else service times, as ``TrialSummary`` has them.
    """

    first_block: int  # the first one with a slice of it
    latencies: Histogram
    censored: int


@dataclass(frozen=True)
class OpenLoop:
    """The starts of an open loop: planned, late, never sent. Histograms in ns; terms: DESIGN §1."""

    planned: int  # intended starts in the windows
    dropped: int  # no slot was free, and none was waited for
    missed: int  # still waiting for a slot a quarter of the window's length after its end
    late: int  # started, but a millisecond or more after the intended start
    response: Histogram  # end − intended start, of the same requests as ``service``
    mean_response_ns: float | None  # correct ones only
    queue_wait: Histogram  # all requests of the population
    pacer_lag: Histogram
    # the first half of the windows: ``response`` of requests due in it, and the number of correct
    # responses that ended in it; None if halves were not recorded
    early_response: Histogram | None = None
    early_correct: int | None = None


@dataclass(frozen=True)
class UnexpectedAnswer:
    """One answer whose status was not expected."""

    status: int
    beginning: str  # first 200 bytes of its body, in one line without secrets


@dataclass(frozen=True)
class TrialSummary(Totals, InCondition):
    """Everything kept of one trial: one row of ``benchmark_results`` and its neighbours."""

    id: str
    label: str  # the competitor as tables name it
    round: int  # from 1
    state: TrialState
    reason: str | None  # why it is not complete, one line
    # competitor
    client_library: str
    client_type: Literal["sync", "async"]
    client_version: str
    versions: dict[str, str]  # the whole visible closure, linked native libraries included
    python_version: str
    event_loop: str | None
    profile: str
    unequal: tuple[str, ...]  # parity settings the library has no switch for
    http_method: str
    url: str
    body_bytes: int
    concurrency: int
    processes: int
    # counting
    started_at: str
    ended_at: str
    window_ns: int  # total length of the measured windows
    completed: int  # ended inside the windows, errors included
    correct: int  # correct responses that ended inside the windows
    population: int  # requests whose intended start lies in a window, errors included
    service: Histogram  # service times in ns of correct and timed-out requests of the population
    censored: int  # how many of them timed out; they are its largest values
    timeout_ns: int
    mean_service_ns: float | None  # correct ones only; None without any
    status_counts: dict[int, int] = field(default_factory=dict)
    error_counts: dict[str, int] = field(default_factory=dict)  # by kind, of the population
    # cost
    cpu_ns: int = 0
    cpu_wall_ns: int = 0  # time between the edge readings, summed over windows
    cpu_requests: int = 0
    idle_cpu_ns: int = 0  # CPU used between windows, while others were measured
    idle_rss_bytes: int | None = None
    peak_rss_bytes: int | None = None
    mean_rss_bytes: int | None = None
    orchestrator_cpu_ns: int = 0
    target_cpu_share: float | None = None  # part of the CPUs it can keep busy, in windows
    target: TargetSpec = EMBEDDED
    connection: Connections = "keep-alive"  # how its requests used connections
    # CPU of the target's proxy in the windows, where it could be seen
    proxy_cpu_ns: int | None = None
    origin_cpu_ns: int | None = None  # used by the servers that answer
    # bookkeeping
    sent: int = 0  # every call of send, warm-up and lead-in included
    lost_rows: int = 0  # rows the drain was too late for
    slices: tuple[SliceRecord, ...] = ()
    groups: tuple[GroupLatencies, ...] = ()  # of a trial with slices in several groups
    readings: tuple[Reading, ...] = ()
    open_loop: OpenLoop | None = None
    client_environment: Environment | None = None  # None: stored before it was recorded
    trace_share: float = 0.0  # part of requests; above 0, costs and throughput include tracing
    # Requests that started in a window; tracing.TRACE_COLUMNS.
    traces: tuple[tuple[int, ...], ...] = ()
    http_version: str | None = None  # "1.1" or "2", as the target negotiates it; None: not known
    condition: str | None = None  # which its label ends with; None: the run has no conditions
    unexpected_answer: UnexpectedAnswer | None = None  # None: there was none, or none was seen
    client_source: ClientSource | None = None  # None: the library is a release
    endpoints: tuple[EndpointSummary, ...] = ()  # of a mixture


@dataclass(frozen=True)
class Doubt:
    """A warning: why a result should be read with care, and what to do about it."""

    kind: str  # one of DESIGN §7, or what the harness itself noticed
    subject: str  # a competitor's label, or "run"
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}: {self.message}; {self.remedy}"


@dataclass(frozen=True)
class Comparison:
    """A competitor compared with another, mostly the baseline: the ratio of a metric
    over rounds.
    """

    label: str
    baseline: str
    metric: Metric
    ratio: float | None  # geometric mean over rounds; None without a value in each of them
    low: float | None  # interval with the run's confidence; None with fewer than two rounds
    high: float | None
    rounds: int  # n: rounds in which both are complete
    verdict: Verdict | None = None  # "faster" is better: lower cost or latency, or more throughput
    reason: str | None = None  # why there is no verdict
    # intervals that hold together; None: stored before there were verdicts
    family: int | None = None
    # in which both were measured; None: the run has none, or they differ in it
    condition: str | None = None


@dataclass(frozen=True)
class EndpointComparison(Comparison):
    """The same for the requests of one endpoint of a mixture."""

    endpoint: str = ""  # its name


EndingReason = Literal["reached", "budget", "rounds", "no verdict", "early"]


@dataclass(frozen=True)
class Ending:
    """The reason why a run with a wanted precision ended, and the precision it reached."""

    reason: EndingReason
    metric: Metric
    wanted: float  # half width of the interval, as a share of the ratio
    half_width: float | None  # the widest against the baseline; None without a verdict
    rounds: int


@dataclass(frozen=True)
class Ceiling:
    """Figures of ``raw`` under a competitor's load, before the first round; None if
    not measured.
    """

    label: str  # the competitor's
    service_ns: float | None = None  # median by one connection
    cpu_ns: float | None = None  # raw's per request, meanwhile
    target_cpu_ns: float | None = None  # the target's per request, if visible
    rate: float | None = None  # requests per second by one process at the largest concurrency …
    doubled_rate: float | None = None  # … and by two
    worker_share: float | None = None  # part of the workers' CPUs that raw used, 0 to 1

    @property
    def wait_ns(self) -> float | None:
        """Return how long the target lets a single connection wait, without the CPU time of both.

        If the target's CPU cannot be seen, its CPU time counts as wait.
        """
        if self.service_ns is None or self.cpu_ns is None:
            return None
        return max(0.0, self.service_ns - self.cpu_ns - (self.target_cpu_ns or 0.0))


@dataclass(frozen=True)
class HeldPlan:
    """The result of an open loop's schedule; in a run: with ``null``, tested before round 1."""

    label: str  # the competitor's
    planned: int  # counts as in OpenLoop
    dropped: int
    missed: int
    p99_pacer_lag_ns: int | None  # None where nothing was started
    late: int | None = None  # as in OpenLoop; None: stored by a version that did not count them
    failure: str | None = None  # why null did not run the whole plan; then the counts say nothing

    @classmethod
    def of(cls, label: str, loop: OpenLoop) -> HeldPlan:
        """Summarise the starts of an open loop."""
        lag_ns = loop.pacer_lag.percentile(99)
        return cls(label, loop.planned, loop.dropped, loop.missed, lag_ns, loop.late)


@dataclass(frozen=True)
class OtherLoad:
    """Use of this machine by other programs from before the first round until after the last."""

    length_ns: int  # time between the two reads
    used_ns: int | None  # CPU of all but our processes; None if the kernel does not report it
    steal_ns: int | None  # CPU time that a hypervisor took
    load_average: float | None  # over the minute before
    targets_apart: bool  # False: ``used_ns`` includes a target that runs here and is not ours


@dataclass(frozen=True)
class TargetRecord:
    """One target of a run: its specification and its description."""

    spec: TargetSpec
    description: dict[str, str]


@dataclass(frozen=True)
class Spread:
    """The number of requests one server of a target got in one round, by its own count."""

    target: int  # index in the run's targets
    round: int
    instance: str
    requests: int


@dataclass(frozen=True)
class SelftestNote:
    """The last self-test of the machine before a run, as the run cites it."""

    id: str
    ended_at: str
    full: bool
    resolution: float  # share of throughput; infinite where nothing could be compared
    failed: tuple[str, ...]  # names of the figures that missed their bound

    @property
    def passed(self) -> bool:
        """Say whether every figure kept its bound."""
        return not self.failed


@dataclass(frozen=True)
class RunRecord:
    """One run of ``clientbench compare`` or ``load``: scenario, machine, and findings."""

    id: str
    name: str
    started_at: str
    ended_at: str
    state: RunState
    axis: str  # factor that is compared: a name from harness.scenario.factors
    baseline: str  # its name, in each condition
    seed: int
    scenario: dict[str, Any]  # redacted; plain JSON
    environment: dict[str, Any]  # host, kernel, CPU, Python, limits, processors; plain JSON
    target: dict[str, str]  # that of the baseline
    targets: tuple[TargetRecord, ...] = ()
    spreads: tuple[Spread, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()
    held: tuple[HeldPlan, ...] = ()  # open loops only
    other_load: OtherLoad | None = None  # None until it has ended
    prepared: int = 0  # requests that were sent to targets before the first round, ceilings apart
    ending: Ending | None = None  # only with --precision
    selftest: SelftestNote | None = None  # the last of this machine in the same database
    condition_factor: str | None = None  # the name of the factor that clients are crossed with
    provenance: Provenance = field(default_factory=Provenance)
    machine_readings: tuple[MachineReading, ...] = ()  # at the start, and at the end
    endpoint_comparisons: tuple[EndpointComparison, ...] = ()  # of a mixture
    gate: tuple[GateFinding, ...] = ()  # only with --gate

    @property
    def is_open(self) -> bool:
        """True if its load is an open loop."""
        return self.scenario.get("open_load") is not None

    @property
    def deciding_metric(self) -> Metric:
        """The metric that entries are ranked by: in an open loop throughput is given."""
        return "p99" if self.is_open else "throughput"

    @property
    def confidence(self) -> float:
        """The confidence of its intervals; runs that go on until they are precise, or until a gate
        is decided, need a higher one to be as reliable.
        """
        if self.scenario.get("precision"):
            return STOPPED_CONFIDENCE
        gate = self.scenario.get("gate") or {}
        measures = gate.get("unclear") == "measure" and gate.get("against") == "baseline"
        return DECIDED_CONFIDENCE if measures else CONFIDENCE
