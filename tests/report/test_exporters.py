"""JSON, CSV and Markdown: text made of a run and its trials, nothing else touched."""

import csv
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.errors import UsageError
from harness.records.histogram import Histogram
from harness.records.model import Doubt, OpenLoop, RunRecord, TrialSummary
from harness.report.csv_file import to_csv
from harness.report.exporters import FORMATS, HTML, ending_of
from harness.report.headline import heading
from harness.report.html.page import to_html
from harness.report.json_document import document, to_json
from harness.report.markdown import to_markdown
from tests.examples import (
    FINDING,
    SECOND,
    failed,
    finished,
    histogram,
    run,
    runs,
    trial,
    trials,
    two_clients,
    unmeasured,
)
from tests.open_loops import loop


def records(trials: list[TrialSummary], record: RunRecord | None = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(record or finished(trials), trials))))


@pytest.mark.parametrize("suffix", [".json", ".csv", ".md", ".txt", ".JSON"])
def test_the_suffix_chooses_the_exporter(suffix: str) -> None:
    assert ending_of(f"some.where/report{suffix}") == suffix.lower()


@pytest.mark.parametrize("name", ["report", "report.xml", ".json", "report.json.gz", ""])
def test_another_suffix_is_refused_with_those_accepted(name: str) -> None:
    with pytest.raises(UsageError, match=r"\.json, \.csv, \.md, \.txt") as caught:
        ending_of(name)
    assert repr(name) in str(caught.value)


def test_document_is_plain_json_with_everything_in_it() -> None:
    made = two_clients()
    found = document(finished(made), made)
    assert json.loads(to_json(finished(made), made)) == found
    assert found["schema_version"] == 1
    assert found["run"]["id"] == "run-1"
    assert found["run"]["scenario"] == run().scenario
    assert [one["label"] for one in found["competitors"]] == ["requests", "aiohttp:async"]
    assert found["competitors"][1]["requests_per_second"] == pytest.approx(4000)
    assert found["comparisons"][0]["ratio"] == pytest.approx(4)
    assert [one["verdict"] for one in found["comparisons"]] == [
        *("faster", "faster", "equivalent", None, "equivalent")
    ]
    assert found["comparisons"][0]["family"] == 1
    assert found["doubts"][0]["kind"] == "disturbed"
    assert [one["round"] for one in found["trials"]] == [1, 1, 2, 2, 3, 3]


def test_document_says_what_a_percentile_rests_on() -> None:
    made = [trial(service=histogram(range(1, 101)), censored=2)]
    percentiles = document(finished(made), made)["competitors"][0]["percentiles"]
    by_percent = {one["percent"]: one for one in percentiles}
    assert by_percent[95.0] == {
        "percent": 95.0,
        "service_ns": 95,
        "above_ns": None,
        "samples_beyond": 5,
    }
    assert by_percent[99.0] == {
        "percent": 99.0,
        "service_ns": None,
        "above_ns": 10 * SECOND,
        "samples_beyond": 1,
    }


def test_documents_histograms_can_be_read_again() -> None:
    made = [trial(service=histogram([5, 6, 7]))]
    encoded = document(finished(made), made)["trials"][0]["service_histogram"]
    assert Histogram.decode(encoded.encode()).total == 3


def test_a_killed_runs_comparisons_are_made_from_its_trials() -> None:
    found = document(run(state="unfinished"), two_clients())
    assert found["comparisons"][0]["ratio"] == pytest.approx(4)


def test_csv_has_a_row_per_competitor_with_unrounded_numbers() -> None:
    first, second = records(two_clients())
    assert (first["label"], first["ratio"]) == ("requests", "")
    assert float(second["ratio"]) == pytest.approx(4)
    assert float(second["cpu_per_request_ns"]) == pytest.approx(125_000)
    assert int(second["p99_service_ns"]) == pytest.approx(1_000_000, rel=1e-3)
    assert (first["throughput_verdict"], second["throughput_verdict"]) == ("", "faster")
    assert float(second["cpu_per_request_ratio"]) == pytest.approx(0.25)
    assert second["p99_verdict"] == ""
    assert second["p99_reason"].startswith("too few samples in a round of requests")


@pytest.mark.parametrize("made", [failed("requests"), unmeasured("requests")])
def test_csv_leaves_cells_empty_where_there_is_no_value(made: TrialSummary) -> None:
    (row,) = records([made])
    assert row["state"] == made.state
    for name in ("requests_per_second", "p50_service_ns", "cpu_per_request_ns", "error_rate"):
        assert row[name] == ""


def test_csv_tells_a_censored_percentile_from_a_missing_one() -> None:
    (row,) = records([trial(service=histogram(range(1, 101)), censored=2)])
    assert (row["p95_service_ns"], row["p95_above_ns"]) == ("95", "")
    assert (row["p99_service_ns"], row["p99_above_ns"]) == ("", str(10 * SECOND))


@pytest.mark.parametrize("open_loop", [None, loop()])
def test_every_column_of_a_table_for_programs_has_its_own_name(open_loop: OpenLoop | None) -> None:
    made = [replace(one, open_loop=open_loop) for one in two_clients()]
    record = finished(made)
    headings = to_csv(record, made).partition("\n")[0].split(",")
    assert len({*headings}) == len(headings)
    assert {"ratio", "cpu_per_request_ratio", "p50_ratio", "p99_ratio"} < {*headings}
    tables = re.findall(r"^\|(.*)\|\n\| ---", to_markdown(record, made), re.MULTILINE)
    assert tables
    for table in tables:
        titles = [title.strip() for title in table.split("|")]
        assert len({*titles}) == len(titles)


def test_csv_of_nothing_is_a_heading() -> None:
    assert records([], run()) == []


def test_markdown_is_a_table_with_notes_below() -> None:
    made = [*two_clients(), failed("py|curl")]
    lines = to_markdown(finished(made), made).splitlines()
    assert lines[:2] == [heading(finished(made), made), ""]
    assert lines[2].startswith("| client | mode | version | throughput req/s | ratio (95 %) |")
    assert lines[5].startswith("| aiohttp | async | 2.32.3 | 4,000 | 4.00× (4.00–4.00) | 1.00 |")
    assert "- failed: py\\|curl: round 1: connection refused" in lines
    assert lines[-2].startswith("- warning: disturbed: run: ")
    assert lines[-1].startswith("- self-test: machine not yet self-tested")
    assert "- measured on: bench, 2 CPUs" in lines
    assert "- measured at: 2025-03-01 10:00:00 UTC (run run-1)" in lines


HOSTILE = [
    "a|b\\|c\\\\|d",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp; &#64;all",
    "**bold** _it_ ~~gone~~ `code`",
    "[link](http://127.0.0.1/) ![picture](x)",
    "# heading",
    "> quote",
    "- list",
    "1. first",
    "---",
    "$x^2$",
    "<!-- comment -->",
    "@everyone and me@example.org",
    "closes #1, octocat/hello#22",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_markdown(text: str) -> None:
    """As a renderer shows it: no element of its own, nobody mentioned, and every character."""
    made = [trial("requests"), trial(text, client_version=text), failed("pycurl", reason=text)]
    record = finished(made, environment={"host": text}, scenario={}, name=text)
    written = to_markdown(replace(record, doubts=(Doubt(text, text, text, text),)), made)
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(written)
    tags = set(re.findall(r"<(/?\w+)", rendered.replace("<!-- -->", "")))
    plain = ["p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong"]
    assert {tag.removeprefix("/") for tag in tags} <= {*plain}, rendered
    shown = html.unescape(re.sub(r"<!-- -->|</?(?:\w+)[^>]*>", "", rendered))
    assert shown.count(text) >= 4
    assert not re.search(r"(?<![\w/])@\w|#\d", rendered.replace("&#", "")), rendered


@pytest.mark.long
@given(runs(id="run-1", gate=(FINDING,)), st.lists(trials(id="t"), max_size=3))
@pytest.mark.parametrize("suffix", [one for one in FORMATS if one != HTML])
def test_any_run_can_be_exported(suffix: str, record: RunRecord, made: list[TrialSummary]) -> None:
    assert FORMATS[suffix].write(record, made).endswith("\n")


@pytest.mark.long
@settings(max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(runs(id="run-1"), st.lists(trials(id="t"), max_size=3))
def test_any_run_has_a_page(record: RunRecord, made: list[TrialSummary]) -> None:
    """Fewer than of other formats, and not made smaller: a page takes a second."""
    assert to_html(record, made).endswith("</html>\n")


def test_exporters_touch_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for exporter, _ in FORMATS.values():
        exporter(finished(two_clients(), gate=(FINDING,)), two_clients())
    assert list(tmp_path.iterdir()) == []
