"""``--per``: the rows of CSV files below a competitor."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.records.model import SliceRecord
from harness.report.csv_file import to_csv
from harness.report.csv_rows import PER, Per
from harness.store import Store
from harness.store.table_columns import TRACE_COLUMNS
from tests.examples import endpoint, failed, finished, run, save, trial, two_clients
from tests.store.asked import query


def rows(per: Per, made: list, **changes: object) -> list[dict[str, str]]:
    text = to_csv(finished(made, **changes), made, per=per)
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_per_round_is_that_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    made = [*two_clients(), failed("pycurl", 4)]
    with Store.open(path) as store:
        save(store, run(), made)
    columns, stored = query(path, "SELECT * FROM benchmark_results ORDER BY rowid")
    left_out = {"config_snapshot", "created_at", "run_id"}
    found = rows("round", made)
    assert list(found[0]) == ["run_id", *(one for one in columns if one not in left_out)]
    assert len(found) == len(stored) == 7
    for row, values in zip(found, stored, strict=True):
        for name, value in zip(columns, values, strict=True):
            if name not in left_out - {"run_id"}:
                assert row[name] == ("" if value is None else str(value)), name


def test_a_row_per_slice() -> None:
    more = (
        SliceRecord(0, 0, 5, 9, 4, 4, 3, 4, 2),
        SliceRecord(1, 0, 9, 12, 3, 3, 3, 4, None, 1, (1, 2)),
    )
    made = [trial(slices=more), trial("pycurl", id="other")]
    found = rows("slice", made)
    headings = ["run_id", "trial_id", "label", "round", "sequence"]
    assert list(found[0]) == [*headings, *(one.name for one in fields(SliceRecord))]
    assert [(one["label"], one["sequence"], one["block"]) for one in found] == [
        ("requests", "0", "0"),
        ("requests", "1", "1"),
        ("pycurl", "0", "0"),
    ]
    assert (found[1]["parts"], found[1]["target_cpu_ns"], found[0]["parts"]) == ("[1,2]", "", "")


def test_a_row_per_traced_request() -> None:
    traces = tuple(tuple(range(start, start + len(TRACE_COLUMNS))) for start in (0, 100))
    made = [trial(trace_share=0.5, traces=traces), trial("pycurl", id="other")]
    found = rows("request", made)
    assert list(found[0])[5:] == list(TRACE_COLUMNS)
    assert [one["end_ns"] for one in found] == [str(len(TRACE_COLUMNS) - 1 + n) for n in (0, 100)]
    assert {one["trial_id"] for one in found} == {"trial-requests-1"}


def test_requests_that_nobody_traced_are_refused_in_one_line() -> None:
    with pytest.raises(
        UsageError, match=r"no request of this run was traced; .* --trace"
    ) as caught:
        rows("request", two_clients())
    assert str(caught.value).startswith("per 'request': ")
    assert rows("request", [trial(trace_share=0.1)]) == []
    assert rows("request", [failed("requests")]) == []


@pytest.mark.parametrize("per", PER)
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\x1b[31m", 'a"b,c\nd'])
def test_no_cell_is_a_formula_or_a_control_character(per: Per, text: str) -> None:
    more = {"traces": (TRACE,), "endpoints": (endpoint(text, url=text),)}
    made = [
        replace(one, label=text, url=text, reason=text, trace_share=1.0, **more)
        for one in two_clients()
    ]
    for row in rows(per, made, id=text, name=text):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "@")) and cell.isprintable()
            assert not cell.startswith("-") or cell[1:].replace(".", "").isdecimal()
        assert row["run_id"] != "-1" and row["label"] != "-1"


TRACE = tuple(range(len(TRACE_COLUMNS)))
