"""The heading of a run's table, and how much of the run was measured. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.analysis.trust import CAUSES
from harness.records.model import RunRecord, TrialSummary
from harness.report import figures
from harness.text import split_url

__all__ = ["cut_short", "heading", "length", "offered", "offered_rate", "rounds"]


def heading(run: RunRecord, trials: Sequence[TrialSummary]) -> str:
    """Return what all competitors have in common, and how often and how long each was measured."""
    summaries = summarised(trials)
    described = (
        *_requests(run, summaries),
        {f"concurrency {summary.concurrency}" for summary in summaries},
        {f"{summary.body_bytes} B body" if summary.body_bytes else "" for summary in summaries},
        {f"{summary.profile} settings" for summary in summaries},
        {offered(run, summary) for summary in summaries if summary.open_loop is not None},
        {rounds(run, trials)},
        {length(run, summary) for summary in summaries if summary.state == "complete"},
    )
    common = [text for texts in described if len(texts) == 1 for text in texts if text]
    return f"{run.name}: {', '.join(common)}" if run.name else ", ".join(common)


def cut_short(run: RunRecord, trials: Sequence[TrialSummary]) -> str | None:
    """Return a caveat about the intervals of an incomplete run; None if it is complete."""
    planned = _planned(run)
    if run.state == "complete" or (planned is not None and _finished(run, trials) >= planned):
        return None
    return (
        f"note: the run {CAUSES[run.state]}, so rounds are missing; "
        "the intervals do not account for the cause"
    )


def _requests(run: RunRecord, summaries: Sequence[CompetitorSummary]) -> Iterator[set[str]]:
    """Yield the request; if methods differ, with the competitors that use each."""
    methods = {summary.http_method for summary in summaries}
    places = {_place(run, summary) for summary in summaries}
    if len(methods) == 1:
        yield {f"{method} {place}" for method in methods for place in places}
    else:
        yield places


def _place(run: RunRecord, summary: CompetitorSummary) -> str:
    """Return the URL, or the part of it that several targets have in common."""
    if len(run.targets) < 2:
        return summary.url
    parts = split_url(summary.url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def offered(run: RunRecord, summary: CompetitorSummary) -> str:
    """Return the arrival rate of an open loop, as text."""
    return f"{figures.significant(offered_rate(run, summary))} req/s offered"


def offered_rate(run: RunRecord, summary: CompetitorSummary) -> float:
    """Return the arrival rate of an open loop in 1/s: the given one, or the mean over its stages."""
    given = (run.scenario.get("open_load") or {}).get("rate")
    planned = summary.open_loop.planned if summary.open_loop is not None else 0
    return float(given) if given else planned * 1e9 / max(1, summary.window_ns)


def rounds(run: RunRecord, trials: Sequence[TrialSummary]) -> str:
    """Return the number of rounds; for an incomplete run also the planned number and the state."""
    finished, planned = _finished(run, trials), _planned(run)
    number = f"{finished} {figures.plural('round', finished)}"
    if run.state == "complete":
        return number
    if planned is not None:
        number = f"{finished} of {planned} {figures.plural('round', planned)}"
    return f"{number}, {run.state}"


def _finished(run: RunRecord, trials: Sequence[TrialSummary]) -> int:
    """Count the rounds not cut off: an error budget ends a run in the middle of a round."""
    stored = len({trial.round for trial in trials})
    return max(0, stored - 1) if run.state == "stopped" else stored


def _planned(run: RunRecord) -> int | None:
    """Return the planned number of rounds; None for as many as a precision needs."""
    planned = run.scenario.get("rounds")
    return planned if isinstance(planned, int) and not run.scenario.get("precision") else None


def length(run: RunRecord, summary: CompetitorSummary) -> str:
    """Return how much of each competitor was measured: time, or requests if their number was given.

    They are HTTP requests, because ``requests`` is also the name of a client.
    """
    number = run.scenario.get("requests")
    if number:
        return f"{number:,} HTTP {figures.plural('request', number)} each"
    return f"{figures.significant(summary.window_ns / 1e9)} s each"
