"""The heading of a run: what all had in common, and how much of it was measured. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.analysis.trust import CAUSES
from harness.records.model import RunRecord, TrialSummary
from harness.report import figures
from harness.report.answer.servers import compares_servers
from harness.report.view import is_open
from harness.text import split_url
from servers.spec import DEFAULT_NAME

__all__ = ["SEPARATOR", "cut_short", "heading", "offered_rate"]

SEPARATOR = " \N{MIDDLE DOT} "
DEFAULT_PROFILE = "parity"


def heading(run: RunRecord, trials: Sequence[TrialSummary]) -> str:
    """Return what all had in common: request, load, rounds, time of each; defaults are left out."""
    summaries = summarised(trials)
    described = (
        *_request(run, summaries),
        {f"{one.body_bytes:,} B body" if one.body_bytes else "" for one in summaries},
        {_offered(run, one) for one in summaries if one.open_loop is not None},
        {f"concurrency {one.concurrency}" for one in summaries},
        {f"{one.processes} processes" if one.processes > 1 else "" for one in summaries},
        {"a connection per request" if one.connection == "close" else "" for one in summaries},
        *({text} for text in _particulars(run)),
        {one.profile if one.profile != DEFAULT_PROFILE else "" for one in summaries},
        {_rounds(run, trials)},
        _lengths(run, trials, summaries),
        {"response times" if is_open(run) else ""},
    )
    common = [text for texts in described if len(texts) == 1 for text in texts if text]
    return SEPARATOR.join(common)


def cut_short(run: RunRecord, trials: Sequence[TrialSummary]) -> str | None:
    """Return a caveat about the intervals of an incomplete run; None if it is complete."""
    planned = _planned(run)
    if run.state == "complete" or (planned is not None and _finished(run, trials) >= planned):
        return None
    return (
        f"note: the run {CAUSES[run.state]}, so rounds are missing; "
        "the intervals do not account for the cause"
    )


def _particulars(run: RunRecord) -> Iterator[str]:
    """Yield the settings of the load that change figures and are not the usual ones."""
    asked = run.scenario
    if asked.get("think_time_s"):
        yield f"think time {figures.with_unit(asked['think_time_s'] * 1e9)}"
    if held := asked.get("held"):
        yield f"held at {held['point']}, released every {figures.with_unit(held['delay_s'] * 1e9)}"
    if asked.get("stream"):
        yield "streamed"
    if asked.get("unix_path"):
        yield f"unix socket {asked['unix_path']}"
    if asked.get("cert_file"):
        yield f"client certificate {asked['cert_file']}"
    if asked.get("trace_share"):
        yield f"{100 * asked['trace_share']:g} % traced"


def _request(run: RunRecord, summaries: Sequence[CompetitorSummary]) -> Iterator[set[str]]:
    """Yield method and URL, as far as all have them in common."""
    methods = {one.http_method for one in summaries}
    places = {_path(one) if compares_servers(run) else _place(one) for one in summaries}
    if len(methods) == len(places) == 1:
        yield {f"{methods.pop()} {places.pop()}"}
    else:
        yield from (methods, places)


def _place(one: CompetitorSummary) -> str:
    """Return the path for our own targets, whose ports change, and the URL for others."""
    if one.target.url or one.target.name == "url":
        return one.url
    name = "the built-in server" if one.target.name == DEFAULT_NAME else one.target.name
    return f"{_path(one)} on {name}{' (HTTPS)' if one.target.tls else ''}"


def _path(one: CompetitorSummary) -> str:
    parts = split_url(one.url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _offered(run: RunRecord, summary: CompetitorSummary) -> str:
    """Return the arrival rate of an open loop, as text."""
    return f"{figures.significant(offered_rate(run, summary))} req/s offered"


def offered_rate(run: RunRecord, summary: CompetitorSummary) -> float:
    """Return the arrival rate of an open loop in 1/s: the given one, or the mean over its stages."""
    given = (run.scenario.get("open_load") or {}).get("rate")
    planned = summary.open_loop.planned if summary.open_loop is not None else 0
    return float(given) if given else planned * 1e9 / max(1, summary.window_ns)


def _rounds(run: RunRecord, trials: Sequence[TrialSummary]) -> str:
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


def _lengths(
    run: RunRecord, trials: Sequence[TrialSummary], summaries: Sequence[CompetitorSummary]
) -> set[str]:
    """Return how much was measured of each, except of a baseline that is measured in each group."""
    repeated = {one.label for one in trials if one.groups}
    return {
        _length(run, one)
        for one in summaries
        if one.state == "complete" and one.label not in repeated
    }


def _length(run: RunRecord, summary: CompetitorSummary) -> str:
    """Return how much of each competitor was measured: time, or requests if their number was given.

    They are HTTP requests, because ``requests`` is also the name of a client.
    """
    number = run.scenario.get("requests")
    if number:
        return f"{number:,} HTTP {figures.plural('request', number)} each"
    return f"{figures.significant(summary.window_ns / 1e9)} s each"
