"""Comparison of competitors endpoint by endpoint. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from harness.analysis.comparison import NOTHING_BARRED, PERCENTS, Barred, compare
from harness.records.conditions import by_condition
from harness.records.confidence import CONFIDENCE
from harness.records.endpoint_summary import EndpointSummary
from harness.records.model import EndpointComparison, Metric, TrialSummary

__all__ = ["compare_endpoints"]


def compare_endpoints(
    trials: Iterable[TrialSummary],
    baseline: str,
    barred: Barred = NOTHING_BARRED,
    *,
    confidence: float = CONFIDENCE,
) -> list[EndpointComparison]:
    """Compare the latencies of each endpoint with those of the baseline, as ``compare`` does.

    The intervals of all endpoints in a condition hold together. There is no throughput: the mixture
    says how often an endpoint is asked, and the client only how often the whole of it is.
    """
    known = list(trials)
    names = list(dict.fromkeys(one.name for trial in known for one in trial.endpoints))
    family = _largest_family(known) * len(names)
    return [
        EndpointComparison(**asdict(comparison), endpoint=name)
        for name in names
        for comparison in compare(
            _of_endpoint(known, name),
            baseline,
            barred,
            confidence=confidence,
            metrics=tuple[Metric, ...](PERCENTS),
            family=family,
        )
    ]


def _largest_family(trials: Sequence[TrialSummary]) -> int:
    """Return how many competitors are compared with the baseline in a condition, at most."""
    labels = ({trial.label for trial in own} for own in by_condition(trials).values())
    return max((len(one) - 1 for one in labels), default=0) or 1


def _of_endpoint(trials: Iterable[TrialSummary], name: str) -> list[TrialSummary]:
    """Return the trials with the requests of one endpoint only."""
    return [
        _reduced(trial, endpoint)
        for trial in trials
        for endpoint in trial.endpoints
        if endpoint.name == name
    ]


def _reduced(trial: TrialSummary, endpoint: EndpointSummary) -> TrialSummary:
    loop = trial.open_loop
    if loop is not None and endpoint.response is not None:
        loop = replace(loop, response=endpoint.response)
    return replace(
        trial,
        population=endpoint.population,
        correct=endpoint.correct,
        service=endpoint.service,
        censored=endpoint.censored,
        timeout_ns=endpoint.timeout_ns,
        status_counts=dict(endpoint.status_counts),
        error_counts=dict(endpoint.error_counts),
        open_loop=loop,
        endpoints=(),
        groups=(),  # which are not kept by endpoint
    )
