"""Cost and versions of servers, for a run that compares servers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.analysis.summaries import CompetitorSummary, by_label, summarised
from harness.records.model import RunRecord, TrialSummary
from harness.records.totals import per_request
from harness.report import figures
from harness.scenario.factors import FACTORS

__all__ = ["Server", "client_and_cost", "compares_servers", "servers"]


class Server(NamedTuple):
    """The servers of one competitor, those behind a proxy included."""

    version: str
    cpu_per_request_ns: float | None  # None if not visible, as for a server that is not ours
    peak_rss_bytes: int | None  # the largest sample

    @property
    def is_visible(self) -> bool:
        """Say whether its cost is known."""
        return self.cpu_per_request_ns is not None or self.peak_rss_bytes is not None


def compares_servers(run: RunRecord) -> bool:
    """Say whether competitors differ in the target, and not in the client."""
    factor = FACTORS.get(run.axis)
    return factor is not None and factor.concerns == "target"


def servers(run: RunRecord, trials: Sequence[TrialSummary]) -> Mapping[str, Server]:
    """Return the servers by the label of the competitor.

    Empty if clients are compared, or if clientbench started none of the servers and so sees nothing
    of them.
    """
    if not compares_servers(run):
        return {}
    own = by_label(trials)
    found = {one.label: _server(run, one, own[one.label]) for one in summarised(trials)}
    return found if any(one.is_visible for one in found.values()) else {}


def client_and_cost(run: RunRecord, trials: Sequence[TrialSummary]) -> str | None:
    """Return the client that all have in common, and its cost; None if clients are compared.

    None as well where the table has no cost of servers, of which it would say something.
    """
    summaries = summarised(trials) if servers(run, trials) else []
    clients = {f"{one.client_library} {one.client_version}" for one in summaries}
    costs = [one.cpu_per_request_ns for one in summaries if one.cpu_per_request_ns is not None]
    memory = [one.peak_rss_bytes for one in summaries if one.peak_rss_bytes is not None]
    if len(clients) != 1 or not costs or not memory:
        return None
    dearest, largest = figures.with_unit(max(costs)), figures.megabytes(max(memory))
    return (
        f"client {clients.pop()} with {dearest} CPU per request and {largest} MB; "
        "CPU and memory below are the servers'"
    )


def _server(run: RunRecord, summary: CompetitorSummary, trials: Sequence[TrialSummary]) -> Server:
    costs = [cost for cost in (summary.proxy_cpu_ns, summary.origin_cpu_ns) if cost is not None]
    return Server(
        version=_version(run, summary),
        cpu_per_request_ns=per_request(sum(costs) if costs else None, summary.cpu_requests),
        peak_rss_bytes=max((_peak(trial) for trial in trials), default=0) or None,
    )


def _version(run: RunRecord, summary: CompetitorSummary) -> str:
    for record in run.targets:
        if record.spec.factors == summary.target.factors:
            return record.description.get(record.spec.name, figures.NOTHING)
    return figures.NOTHING


def _peak(trial: TrialSummary) -> int:
    """Return the largest total memory of all its processes, or containers, at one instant."""
    at: dict[int, int] = {}
    for reading in trial.readings:
        if reading.source == "target" or reading.source.startswith("container "):
            at[reading.at_ns] = at.get(reading.at_ns, 0) + (reading.rss_bytes or 0)
    return max(at.values(), default=0)
