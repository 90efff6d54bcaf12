"""The heading of a run, and what is said of one whose rounds are not done."""

from __future__ import annotations

from typing import Any

import pytest

from harness.records.model import RunState, TargetRecord, TrialSummary
from harness.report.headline import cut_short, heading
from harness.report.json_document import to_json
from harness.report.markdown import to_markdown
from harness.report.notes import verdict_lines
from harness.report.text_file import to_text
from servers.spec import EMBEDDED, TargetSpec
from tests.examples import finished, run, trial, two_clients

FORTY: dict[str, Any] = {"rounds": 40}
PRECISE: dict[str, Any] = {"rounds": 1000, "precision": {"half_width": 0.02}}
NOTE = "so rounds are missing; the intervals do not account for the cause"


def test_heading_says_what_all_had_in_common() -> None:
    assert heading(run(), two_clients()) == (
        "compare: GET http://127.0.0.1:8080/, concurrency 10, parity settings,"
        " 3 rounds, 3.00 s each"
    )
    apart = [trial("a"), trial("b", http_method="POST", concurrency=2)]
    assert heading(run(name=""), apart) == (
        "http://127.0.0.1:8080/, parity settings, 1 round, 1.00 s each"
    )
    counted = heading(run(scenario={"requests": 1500}), two_clients())
    assert counted.endswith("3 rounds, 1,500 HTTP requests each")
    sizes = [trial("a"), trial("b", body_bytes=65536)]
    assert "body" not in heading(run(), sizes)
    assert "65536 B body" in heading(run(), sizes[1:])


def test_rounds_are_told_where_lengths_differ() -> None:
    counted = [trial("a"), trial("b", window_ns=5)]
    assert heading(run(), counted).endswith("parity settings, 1 round")


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
    assert found.endswith(f"parity settings, {rounds}, 3.00 s each")


def test_a_run_without_any_round_has_a_heading() -> None:
    one = run(state="interrupted", scenario={"rounds": 1})
    assert heading(one, []) == "compare: 0 of 1 round, interrupted"
    assert heading(run(state="stopped", scenario=FORTY), []) == "compare: 0 of 40 rounds, stopped"


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
    """Of several targets the path is common to all; such a text is all path."""
    two = (TargetRecord(EMBEDDED, {}), TargetRecord(TargetSpec("nginx"), {}))
    assert "GET a://]," in heading(run(targets=two), [trial(url="a://]")])
