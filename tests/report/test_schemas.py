"""The JSON Schemas of docs/schemas: those of the code, valid, and kept by whatever the model allows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from harness.analysis.across import compare_runs
from harness.analysis.environments import differences
from harness.records.model import RunRecord, TrialSummary
from harness.report import across, documents
from harness.report import selftest as selftest_report
from harness.report.documents import VERSIONS
from harness.report.json_document import to_json
from harness.store import Store
from tests.cli.command import clientbench
from tests.examples import failed, finished, run, runs, save, trial, trials, two_clients, unmeasured
from tests.open_loops import loop
from tests.report import schemas
from tests.report.validated import check
from tests.selftest.examples import selftest


@pytest.mark.parametrize("kind", VERSIONS)
def test_the_file_of_each_kind_is_that_of_the_code(kind: str) -> None:
    """Else: python -m tests.report.schemas."""
    assert (schemas.FOLDER / schemas.name(kind)).read_text("utf-8") == schemas.text(kind)


def test_there_is_no_other_file_and_the_page_lists_them_all() -> None:
    """Else: python -m tests.report.schemas."""
    assert {one.name for one in schemas.FOLDER.iterdir()} == {*map(schemas.name, VERSIONS)}
    assert schemas.parts(schemas.PAGE.read_text("utf-8"))[1] == schemas.table()


@pytest.mark.parametrize("kind", VERSIONS)
def test_a_schema_is_valid_and_speaks_to_users(kind: str) -> None:
    made = schemas.made(kind)
    Draft202012Validator.check_schema(made)
    assert not re.search(r"DESIGN|harness\.|``|\bNone\b|\bNULL\b", schemas.text(kind))
    assert next(iter(made["properties"])) == "schema"
    assert schemas.printed_by(kind)


def test_what_is_wrong_in_a_document_is_found() -> None:
    made: dict[str, Any] = json.loads(to_json(finished(two_clients()), two_clients()))
    validator = Draft202012Validator(schemas.made("run"))
    assert validator.is_valid(made)
    for path, value in (
        (("schema",), "clientbench/run/2"),
        (("run", "state"), "done"),
        (("comparisons", 0, "metric"), "speed"),
        (("comparisons", 0, "verdict"), "better"),
        (("trials", 0, "window_ns"), "1 s"),
        (("competitors", 0, "more"), 1),
        (("trials", 0, "error_counts"), {"bad luck": 1}),
    ):
        wrong = json.loads(json.dumps(made))
        place = wrong
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert not validator.is_valid(wrong), path
    for missing in ("schema", "run", "trials"):
        assert not validator.is_valid({k: v for k, v in made.items() if k != missing})


@pytest.mark.parametrize(
    "made",
    [
        [],
        two_clients(),
        [failed("requests"), unmeasured("aiohttp:async")],
        [trial(open_loop=loop())],
    ],
)
@pytest.mark.parametrize("with_matrix", [False, True])
def test_documents_of_runs_keep_it(made: list[TrialSummary], with_matrix: bool) -> None:
    check(json.loads(to_json(finished(made), made, with_matrix=with_matrix)))


@pytest.mark.long
@given(runs(id="run-1"), st.lists(trials(id="t"), max_size=3))
def test_any_run_keeps_it(record: RunRecord, made: list[TrialSummary]) -> None:
    check(json.loads(to_json(record, made)))


def test_two_runs_side_by_side_keep_it() -> None:
    ours = finished(two_clients()), two_clients()
    theirs = finished(two_clients(4), id="run-2", environment={"host": "other"}), two_clients(4)
    found = differences(ours, theirs)
    assert found
    check(json.loads(across.to_json(ours, theirs, found, compare_runs(ours, theirs))))


def test_a_selftest_keeps_it() -> None:
    check(json.loads(selftest_report.to_json(selftest())))


def test_the_findings_of_a_gate_keep_it(tmp_path: Path) -> None:
    (tmp_path / "clientbench.toml").write_text('[gate.thresholds]\n"*" = ["p50 < 20 ms"]\n')
    with Store.open(tmp_path / "benchmark_results.db") as store:
        save(store, finished(two_clients()), two_clients())
        store.finish(finished(two_clients()))
    document = clientbench("gate", "latest", "--json", cwd=tmp_path).json
    check(document, "gate")
    assert [one["outcome"] for one in document["findings"]] == ["unclear", "unclear"]


def test_a_document_begins_with_its_schema() -> None:
    made = documents.document("runs", {"runs": []})
    assert list(made) == ["schema", "runs"]
    check(made)
    assert json.loads(to_json(run(), []))["schema"] == "clientbench/run/1"
