"""Counts and latencies of each endpoint of a mixture; costs are the client's alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from harness.records.histogram import Censored, Histogram, percentile
from harness.text import canonical_json

__all__ = ["EndpointSummary", "merged_endpoints"]


@dataclass(frozen=True)
class EndpointSummary:
    """One endpoint in one trial, or in all trials of a competitor. Terms as in ``TrialSummary``."""

    name: str
    http_method: str
    url: str  # redacted; that of its first request, if they differ
    share: float  # of all requests, as planned, 0 to 1
    body_bytes: int  # of its first request
    population: int
    correct: int  # correct responses that ended inside the windows
    service: Histogram
    censored: int
    timeout_ns: int
    response: Histogram | None = None  # open loops only
    status_counts: Mapping[int, int] = field(default_factory=dict)
    error_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Failed requests of its population."""
        return sum(self.error_counts.values())

    @property
    def latencies(self) -> Histogram:
        """Response times in an open loop, else service times, in ns."""
        return self.service if self.response is None else self.response

    def percentile(self, percent: float) -> int | Censored | None:
        """Return one of its latencies; Censored when its rank is a timed-out request's."""
        return percentile(self.latencies, percent, self.censored, self.timeout_ns)

    def columns(self) -> dict[str, Any]:
        """Return its values by the names of columns, without the histograms."""
        same = ("name", "http_method", "url", "share", "body_bytes", "population", "correct")
        return {
            **{name: getattr(self, name) for name in same},
            "error_count": self.errors,
            "censored": self.censored,
            "timeout_ns": self.timeout_ns,
            **{f"p{percent}_ns": _known(self.percentile(percent)) for percent in (50, 99)},
            "status_counts": canonical_json({str(k): n for k, n in self.status_counts.items()}),
            "error_counts": canonical_json(dict(self.error_counts)),
        }

    def merged(self, other: EndpointSummary) -> EndpointSummary:
        """Return both together; they are of the same endpoint."""
        both = [one for one in (self.response, other.response) if one is not None]
        return EndpointSummary(
            name=self.name,
            http_method=self.http_method,
            url=self.url,
            share=self.share,
            body_bytes=self.body_bytes,
            population=self.population + other.population,
            correct=self.correct + other.correct,
            service=self.service.merged(other.service),
            censored=self.censored + other.censored,
            timeout_ns=max(self.timeout_ns, other.timeout_ns),
            response=reduce(Histogram.merged, both) if both else None,
            status_counts=dict(Counter(self.status_counts) + Counter(other.status_counts)),
            error_counts=dict(Counter(self.error_counts) + Counter(other.error_counts)),
        )


def _known(value: int | Censored | None) -> int | None:
    return None if isinstance(value, Censored) else value


def merged_endpoints(
    trials: Iterable[Sequence[EndpointSummary]],
) -> tuple[EndpointSummary, ...]:
    """Return the endpoints of several trials, each merged, in order of first appearance."""
    found: dict[str, EndpointSummary] = {}
    for endpoints in trials:
        for one in endpoints:
            known = found.get(one.name)
            found[one.name] = one if known is None else known.merged(one)
    return tuple(found.values())
