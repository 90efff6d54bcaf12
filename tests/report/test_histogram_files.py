"""``.hlog`` and ``.hgrm``: read again by HdrHistogram's own library, with all values."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.summaries import summarised
from harness.errors import UnusableError
from harness.records.histogram import HIGHEST, Histogram
from harness.records.model import RunRecord, TrialSummary
from harness.report.exporters import files
from harness.report.hdr_log import to_hlog
from harness.report.latency_metrics import IN_FILES, IN_TAGS, names_of
from harness.report.percentile_files import distributions
from tests.examples import failed, finished, histogram, run, runs, trial, trials, two_clients
from tests.open_loops import loop

HOSTILE = [
    "a,b c",
    "a_b_c",
    "\x1b]0;x\x07",
    "Tag=x\n1,2,3",
    "../../etc/passwd",
    "#[StartTime: 9 ",
    "",
]


def open_loop() -> list[TrialSummary]:
    lasting = replace(loop(), response=histogram(range(1000, 9000)))
    return [replace(one, open_loop=lasting) for one in two_clients()]


def logged(folder: Path, text: str) -> dict[str, HdrHistogram]:
    """The histograms of a log by tag, those of one tag added up."""
    file = folder / "run.hlog"
    file.write_text(text, "utf-8")
    reader = HistogramLogReader(str(file), HdrHistogram(1, HIGHEST, 3))
    found: dict[str, HdrHistogram] = {}
    while (one := reader.get_next_interval_histogram()) is not None:
        found.setdefault(one.get_tag(), HdrHistogram(1, HIGHEST, 3)).add(one)
    reader.close()
    return found


def check_same(ours: Histogram, theirs: HdrHistogram) -> None:
    assert theirs.get_total_count() == ours.total
    for percent in (50.0, 90.0, 99.0, 99.9, 100.0):
        assert theirs.get_value_at_percentile(percent) == ours.percentile(percent)


def test_a_log_has_the_histograms_of_every_trial(tmp_path: Path) -> None:
    made = [*two_clients(), failed("pycurl")]
    found = logged(tmp_path, to_hlog(finished(made), made))
    assert list(found) == ["requests.service_time", "aiohttp:async.service_time"]
    for summary in summarised(two_clients()):
        check_same(summary.service, found[f"{summary.label}.service_time"])


def test_that_of_an_open_loop_has_its_other_latencies(tmp_path: Path) -> None:
    found = logged(tmp_path, to_hlog(finished(open_loop()), open_loop()))
    assert {tag.partition(".")[2] for tag in found} == {
        "service_time",
        "response_time",
        "pacer_lag",
    }
    for summary in summarised(open_loop()):
        assert summary.open_loop is not None
        check_same(summary.open_loop.response, found[f"{summary.label}.response_time"])


def test_an_interval_is_that_of_the_round_and_largest_values_are_in_ms() -> None:
    started = "2025-03-01T10:00:07.500+00:00"
    late = [trial(started_at=started, ended_at="2025-03-01T10:00:09+00:00", censored=2)]
    lines = to_hlog(finished(late), late).splitlines()
    assert lines[:3] == [
        "#[clientbench run run-1]",
        "#[Histogram log format version 1.3]",
        "#[StartTime: 1740823200.000 (seconds since epoch), 2025-03-01T10:00:00+00:00]",
    ]
    assert "2 largest values are time limits of 10000 ms" in lines[3]
    assert lines[-1].startswith("Tag=requests.service_time,7.500,1.500,1.000,HISTF")


def test_hostile_labels_are_tags_and_nothing_else(tmp_path: Path) -> None:
    made = [trial(label, id=label) for label in HOSTILE]
    text = to_hlog(finished(made, id="x\n#[BaseTime: 9 "), made)
    assert all(
        re.match(r'#\[|"StartT|Tag=[^,\s]+,0\.000,2\.000,', one) for one in text.splitlines()
    )
    found = logged(tmp_path, text)
    assert len(found) == len(HOSTILE)
    assert {one.get_total_count() for one in found.values()} == {1000}


def test_names_are_distinct_and_can_be_names_of_files() -> None:
    for unsafe in (IN_TAGS, IN_FILES):
        names = names_of([*HOSTILE, "Requests", "requests", "x" * 500], unsafe)
        assert len({name.lower() for name in names.values()}) == len(HOSTILE) + 3
        assert all(name.isprintable() and len(name) < 90 for name in names.values())
    assert not any({"/", ":"} & {*name} or name.startswith(".") for name in names.values())
    assert names_of(["aiohttp:async"], IN_FILES) == {"aiohttp:async": "aiohttp_async"}


def test_a_run_makes_a_percentile_file_per_client_and_metric() -> None:
    made = open_loop()
    named = [path.name for path, _ in files(Path("x/out.hgrm"), finished(made), made)]
    assert named == [
        f"out.{client}.{metric}.hgrm"
        for client in ("requests", "aiohttp_async")
        for metric in ("service_time", "response_time", "pacer_lag")
    ]
    with pytest.raises(UnusableError, match="no request was measured"):
        list(files(Path("out.hgrm"), run(), [failed("requests")]))


def test_a_percentile_file_reads_like_javas() -> None:
    """In integration, JavaScript's library prints the same rows."""
    made = [trial(service=histogram([1_000_000, 2_000_000, 2_000_000, 4_000_000]), censored=1)]
    ((name, text),) = distributions(finished(made), made)
    assert name == "requests.service_time"
    assert text.splitlines() == [
        "       Value     Percentile TotalCount 1/(1-Percentile)",
        "",
        "       1.000 0.000000000000          1           1.00",
        "       1.000 0.100000000000          1           1.11",
        "       1.000 0.200000000000          1           1.25",
        "       2.001 0.300000000000          3           1.43",
        "       2.001 0.400000000000          3           1.67",
        "       2.001 0.500000000000          3           2.00",
        "       2.001 0.550000000000          3           2.22",
        "       2.001 0.600000000000          3           2.50",
        "       2.001 0.650000000000          3           2.86",
        "       2.001 0.700000000000          3           3.33",
        "       2.001 0.750000000000          3           4.00",
        "       4.002 0.775000000000          4           4.44",
        "       4.002 1.000000000000          4",
        "#[Mean    =        2.250, StdDeviation   =        1.090]",
        "#[Max     =        4.002, Total count    =            4]",
        "#[Buckets =           32, SubBuckets     =         2048]",
        "#[clientbench run run-1, requests.service_time in ms, the 1 largest are time limits]",
    ]


@given(st.lists(st.integers(0, 2 * HIGHEST), min_size=1, max_size=200))
def test_rows_rise_to_the_whole(values: list[int]) -> None:
    made = [trial(service=histogram(values))]
    ((_, text),) = distributions(finished(made), made)
    rows = [line.split() for line in text.splitlines()[2:] if not line.startswith("#")]
    for number in range(3):
        column = [float(row[number]) for row in rows]
        assert column == sorted(column)
    assert rows[-1][1:] == ["1.000000000000", str(len(values))]
    assert f"Total count    = {len(values):12d}]" in text


def test_counts_beyond_what_a_float_tells_apart_end() -> None:
    """An edited database may hold any."""
    huge = histogram([5, 6, 7])
    huge.counts[6] = 2**62
    made = [trial(service=huge)]
    ((_, text),) = distributions(finished(made), made)
    assert len(text.splitlines()) < 1000


@pytest.mark.long
@given(runs(id="run-1"), st.lists(trials(id="t"), max_size=2))
def test_any_run_has_percentile_files(record: RunRecord, made: list[TrialSummary]) -> None:
    for _, text in distributions(record, made):
        assert text.endswith("]\n")
