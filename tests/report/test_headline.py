"""The heading of a run, and what is said of one whose rounds are not done."""

from __future__ import annotations

from typing import Any

import pytest

from harness.records.model import RunState, TrialSummary
from harness.report.headline import cut_short, heading
from harness.report.json_document import to_json
from harness.report.markdown import to_markdown
from harness.report.notes import verdict_lines
from harness.report.text_file import to_text
from servers.spec import TargetSpec
from tests.examples import finished, run, trial, two_clients

THEIRS = TargetSpec("url", url="http://10.0.0.1:8000")
FORTY: dict[str, Any] = {"rounds": 40}
PRECISE: dict[str, Any] = {"rounds": 1000, "precision": {"half_width": 0.02}}
NOTE = "so rounds are missing; the intervals do not account for the cause"


@pytest.mark.parametrize(
    ("changes", "beginning"),
    [
        ({}, "GET / on the built-in server · concurrency 10 · 1 round · 1.00 s each"),
        (
            {"body_bytes": 2048, "http_method": "POST"},
            "POST / on the built-in server · 2,048 B body",
        ),
        ({"profile": "defaults"}, "GET / on the built-in server · concurrency 10 · defaults · 1 r"),
        ({"target": TargetSpec("nginx", tls=True)}, "GET / on nginx (HTTPS) · concurrency 10"),
        (
            {"target": THEIRS, "url": "http://10.0.0.1:8000/a?b=1"},
            "GET http://10.0.0.1:8000/a?b=1 · concurrency 10",
        ),
    ],
)
def test_one_line_says_what_was_measured(changes: dict[str, Any], beginning: str) -> None:
    made = [trial("requests", **changes), trial("aiohttp", **changes)]
    assert heading(run(), made).startswith(beginning)


def test_what_differs_is_left_out() -> None:
    made = [trial("a", concurrency=1), trial("b", concurrency=16)]
    assert "concurrency" not in heading(run(), made)


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ({"think_time_s": 0.001}, "think time 1.00 ms"),
        ({"stream": True}, "streamed"),
        ({"unix_path": "api.sock"}, "unix socket api.sock"),
        ({"trace_share": 0.1}, "10 % traced"),
        ({"held": {"point": "tls", "delay_s": 0.005}}, "held at tls, released every 5.00 ms"),
    ],
)
def test_what_changes_figures_is_said(scenario: dict[str, Any], words: str) -> None:
    assert words in heading(run(scenario=scenario), [trial("a")])


def test_the_number_of_requests_is_said_where_it_was_given() -> None:
    said = heading(run(scenario={"requests": 1500}), [trial("a")])
    assert said.endswith("1 round · 1,500 HTTP requests each")


def test_so_are_connections_and_processes() -> None:
    said = heading(run(), [trial("a", connection="close", processes=2)])
    assert "2 processes · a connection per request" in said


def test_what_differs_in_method_or_url_leaves_the_other() -> None:
    apart = [trial("a"), trial("b", http_method="POST")]
    assert heading(run(), apart).startswith("/ on the built-in server · ")
    sizes = [trial("a"), trial("b", body_bytes=65536)]
    assert "body" not in heading(run(), sizes)


def test_rounds_are_told_where_lengths_differ() -> None:
    counted = [trial("a"), trial("b", window_ns=5)]
    assert heading(run(), counted).endswith(" · 1 round")


@pytest.mark.parametrize(
    ("state", "scenario", "rounds"),
    [
        ("complete", FORTY, "3 rounds"),
        ("interrupted", FORTY, "3 of 40 rounds, interrupted"),
        ("unfinished", FORTY, "3 of 40 rounds, unfinished"),
        ("failed", FORTY, "3 of 40 rounds, failed"),
        ("stopped", FORTY, "2 of 40 rounds, stopped"),  # the last one was cut off
        ("interrupted", PRECISE, "3 rounds, interrupted"),
        ("interrupted", {}, "3 rounds, interrupted"),
    ],
)
def test_heading_says_how_much_of_the_run_there_is(
    state: RunState, scenario: dict[str, Any], rounds: str
) -> None:
    found = heading(run(state=state, scenario=scenario), two_clients())
    assert found.endswith(f" · {rounds} · 3.00 s each")


def test_a_run_without_any_round_has_a_heading() -> None:
    one = run(state="interrupted", scenario={"rounds": 1})
    assert heading(one, []) == "0 of 1 round, interrupted"
    assert heading(run(state="stopped", scenario=FORTY), []) == "0 of 40 rounds, stopped"


@pytest.mark.parametrize(
    ("state", "scenario", "note"),
    [
        ("complete", FORTY, None),
        ("complete", PRECISE, None),
        ("interrupted", FORTY, f"note: the run was interrupted, {NOTE}"),
        ("stopped", FORTY, f"note: the run was stopped by its error budget, {NOTE}"),
        ("failed", FORTY, f"note: the run failed, {NOTE}"),
        ("unfinished", FORTY, f"note: the run is still going on, or was killed, {NOTE}"),
        ("interrupted", PRECISE, f"note: the run was interrupted, {NOTE}"),
        ("failed", {"rounds": 3}, None),  # in its last round
        ("stopped", {"rounds": 3}, f"note: the run was stopped by its error budget, {NOTE}"),
    ],
)
def test_what_intervals_cannot_know_is_said(
    state: RunState, scenario: dict[str, Any], note: str | None
) -> None:
    assert cut_short(run(state=state, scenario=scenario), two_clients()) == note


def test_it_is_said_once_in_every_report_for_people() -> None:
    trials = two_clients()
    record = finished(trials, state="interrupted", scenario=FORTY)
    assert verdict_lines(record, trials)[-1].endswith(NOTE)
    for export in (to_text, to_markdown):
        text = export(record, trials, with_matrix=True)
        assert heading(record, trials) in text.splitlines()
        assert text.count(NOTE) == 1
    assert NOTE not in to_json(record, trials)


@pytest.mark.parametrize("trials", [[], two_clients(1)])
def test_without_a_verdict_there_is_no_interval_to_speak_of(trials: list[TrialSummary]) -> None:
    record = finished(trials, state="interrupted", scenario=FORTY)
    assert NOTE not in " ".join(verdict_lines(record, trials))


def test_a_stored_url_that_is_none_is_shown_as_it_is() -> None:
    """Such a text is all path."""
    assert "GET a://] on the built-in server" in heading(run(), [trial(url="a://]")])
