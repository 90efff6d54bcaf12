"""What a run that has not ended shows, and what it keeps to itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.across import compare_runs
from harness.analysis.compared import comparisons_of
from harness.analysis.comparison import compare
from harness.analysis.unfinished import withheld
from harness.records.model import METRICS, Doubt, HeldPlan, RunRecord, RunState
from harness.report.json_document import to_json
from harness.report.text_file import to_text
from harness.report.view import matrix_of
from harness.store import Store
from harness.store.reading import list_runs, show_run
from tests.examples import finished, run, save, trial, two_clients
from tests.open_loops import loop, plan

PRECISE: dict[str, Any] = {"precision": {"half_width": 0.02, "metric": "throughput"}}
OPEN: dict[str, Any] = {"open_load": {"rate": 100}}
OF_LOAD = {"throughput", "p50", "p99"}
NOT_PRECISE = "the run has not reached the wanted precision yet"
FAILING = [replace(one, error_counts={"reset": 3}) for one in two_clients()]


@pytest.mark.parametrize(
    ("state", "scenario", "silent", "reason"),
    [
        ("unfinished", PRECISE, set(METRICS), NOT_PRECISE),
        ("unfinished", PRECISE | OPEN, set(METRICS), NOT_PRECISE),
        ("unfinished", OPEN, set(), None),
        ("unfinished", {"precision": None, "open_load": None}, set(), None),
        ("complete", PRECISE | OPEN, set(), None),
        ("interrupted", PRECISE | OPEN, set(), None),
    ],
)
def test_only_what_its_end_would_tell_is_withheld(
    state: RunState, scenario: dict[str, Any], silent: set[str], reason: str | None
) -> None:
    made = compare(two_clients(), "requests")
    found = withheld(made, run(), run(state=state, scenario=scenario))
    for one, before in zip(found, made, strict=True):
        if one.metric in silent:
            assert one == replace(before, low=None, high=None, verdict=None, reason=reason)
        else:
            assert one == before


def unfinished(scenario: dict[str, Any]) -> RunRecord:
    return run(state="unfinished", scenario=scenario)


def test_every_report_gives_figures_and_one_line_why_there_is_no_verdict() -> None:
    record, trials = unfinished(PRECISE), two_clients()
    text = to_text(record, trials)
    assert "4.00×" in text
    assert [line for line in text.splitlines() if line.startswith("no verdict")] == [
        "no verdict on throughput, CPU per request, p50, p99, peak memory of aiohttp:async: "
        + NOT_PRECISE
    ]
    assert "intervals are" not in text
    assert "has 4.00×" not in text
    found = json.loads(to_json(record, trials, with_matrix=True))
    for one in [*found["comparisons"], *found["matrix"]]:
        assert (one["verdict"], one["low"], one["reason"]) == (None, None, NOT_PRECISE)
        assert one["ratio"] is not None
    assert found["run"]["state"] == "unfinished"


def test_a_closed_loop_of_given_length_is_judged_by_the_rounds_it_has() -> None:
    for made in (comparisons_of, matrix_of):
        assert {one.verdict for one in made(unfinished({}), two_clients())} >= {"faster"}


@pytest.mark.parametrize("turned", [False, True])
def test_neither_side_of_a_diff_may_be_without_its_end(turned: bool) -> None:
    sides = [(unfinished(PRECISE), two_clients()), (run("other"), two_clients())]
    found = compare_runs(*(reversed(sides) if turned else sides))
    assert {(one.verdict, one.low, one.reason) for one in found} == {(None, None, NOT_PRECISE)}


def test_doubts_that_follow_from_its_rounds_are_told_before_it_ends(tmp_path: Path) -> None:
    path, early = tmp_path / "a.db", Doubt("few processors", "run", "one", "use more")
    with Store.open(path) as store:
        save(store, run(doubts=(early,)), FAILING)
        record, _ = show_run(path)
        assert record.state == list_runs(path)[0].state == "unfinished"
        kinds = [doubt.kind for doubt in record.doubts]
        assert kinds[0] == "few processors"
        assert kinds.count("errors") == 2
        ended = finished(FAILING)
        store.finish(ended)
    assert show_run(path)[0].doubts == ended.doubts  # what was stored, and nothing else


LABELS = ("requests", "aiohttp:async")
LOST = {"aiohttp:async": {"missed": 500}}


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        ([plan(label=label) for label in LABELS], {}, set()),
        ([plan(label=label) for label in LABELS], LOST, {"client-saturated"}),
        (
            [plan(label=label, **LOST.get(label, {})) for label in LABELS],
            {},
            {"generator-saturated"},
        ),
        ([], {}, set()),  # not checked, and nothing points to anything
        ([], LOST, {"generator-saturated"}),
    ],
)
def test_who_did_not_hold_an_open_loop_is_known_before_it_ends(
    ours: list[HeldPlan], theirs: dict[str, dict[str, int]], kinds: set[str], tmp_path: Path
) -> None:
    made = [
        replace(one, open_loop=replace(loop(**theirs.get(one.label, {})), response=one.service))
        for one in two_clients()
    ]
    with Store.open(tmp_path / "a.db") as store:
        save(store, run(scenario=OPEN, held=tuple(ours)), made)
    record, trials = show_run(tmp_path / "a.db")
    assert record.held == tuple(ours)
    assert {one.kind for one in record.doubts} & {
        "client-saturated",
        "generator-saturated",
    } == kinds
    unjudged = {one.metric for one in comparisons_of(record, trials) if one.verdict is None}
    assert (unjudged >= OF_LOAD) == ("generator-saturated" in kinds)
    assert ("throughput" in unjudged) == ("generator-saturated" in kinds)


def test_a_client_without_trials_leaves_no_doubt(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as store:
        save(store, run(), [])
        save(store, run("steady", started_at="2025-04"), [trial(rate=5000)])
    assert show_run(tmp_path / "a.db", "run-1")[0].doubts == ()
    (doubt,) = show_run(tmp_path / "a.db", "steady")[0].doubts
    assert (doubt.kind, doubt.subject) == ("not checked", "run")
    assert "the run has not ended" in doubt.message
