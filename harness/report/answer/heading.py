"""The line above the answer's table: what all competitors had in common. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.records.model import RunRecord, TrialSummary
from harness.report import figures
from harness.report.answer.servers import compares_servers, servers
from harness.report.headline import length, offered, rounds
from harness.report.view import is_open
from harness.text import split_url
from servers.spec import DEFAULT_NAME

__all__ = ["heading"]

SEPARATOR = " \N{MIDDLE DOT} "
DEFAULT_PROFILE = "parity"


def heading(run: RunRecord, trials: Sequence[TrialSummary]) -> str:
    """Return request, load, and rounds and time per competitor; defaults are left out."""
    summaries = summarised(trials)
    described = (
        *_request(run, summaries),
        {f"{one.body_bytes:,} B body" if one.body_bytes else "" for one in summaries},
        {offered(run, one) for one in summaries if one.open_loop is not None},
        {f"concurrency {one.concurrency}" for one in summaries},
        {f"{one.processes} processes" if one.processes > 1 else "" for one in summaries},
        {"a connection per request" if one.connection == "close" else "" for one in summaries},
        *({text} for text in _particulars(run)),
        {one.profile if one.profile != DEFAULT_PROFILE else "" for one in summaries},
        {rounds(run, trials)},
        {length(run, one) for one in summaries if one.state == "complete"},
        set(_client(run, trials)),
        {"response times" if is_open(run) else ""},
    )
    common = [text for texts in described if len(texts) == 1 for text in texts if text]
    return SEPARATOR.join(common)


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


def _client(run: RunRecord, trials: Sequence[TrialSummary]) -> Iterator[str]:
    """Yield the client and its cost, if servers are compared and the table has their cost."""
    if not servers(run, trials):
        return
    summaries = summarised(trials)
    clients = {f"{one.client_library} {one.client_version}" for one in summaries}
    costs = [one.cpu_per_request_ns for one in summaries if one.cpu_per_request_ns is not None]
    memory = [one.peak_rss_bytes for one in summaries if one.peak_rss_bytes is not None]
    if len(clients) == 1 and costs and memory:
        dearest, largest = figures.with_unit(max(costs)), figures.megabytes(max(memory))
        yield (
            f"client {clients.pop()} with {dearest} CPU per request and {largest} MB; "
            "CPU and memory below are the servers'"
        )
