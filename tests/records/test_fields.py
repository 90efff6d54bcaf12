"""The table of a trial's fields: nothing is missing, nothing is there twice, and names stay what they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields

import pytest
from hypothesis import given

from harness.records.field import Field, Kind
from harness.records.fields import COLUMNS, FIELDS
from harness.records.model import TrialSummary
from harness.report.csv_file import to_csv
from harness.report.json_document import document
from tests.examples import finished, trials, two_clients

# Series, which have tables of their own and are in no export.
SERIES = {"readings", "traces"}

# Names of a trial in JSON, and of a competitor in CSV, as 0.1 had them, with later ones among them.
# People's programs read these: none is ever taken away or renamed.
JSON_KEYS = [
    *("id", "label", "round", "state", "reason", "client_library", "client_type", "client_version"),
    *("versions", "python_version", "event_loop", "profile", "http_method", "url", "body_bytes"),
    *("concurrency", "processes", "started_at", "ended_at", "window_ns", "completed", "correct"),
    *("population", "censored", "timeout_ns", "mean_service_ns", "error_counts", "cpu_ns"),
    *("cpu_wall_ns", "cpu_requests", "idle_cpu_ns", "idle_rss_bytes", "peak_rss_bytes"),
    *("mean_rss_bytes", "orchestrator_cpu_ns", "target_cpu_share", "target", "proxy_cpu_ns"),
    *("origin_cpu_ns", "sent", "lost_rows", "client_environment", "trace_share", "http_version"),
    *("unequal", "requests_per_second", "cpu_per_request_ns", "status_counts", "slices"),
    *("open_loop", "service_histogram"),
]
CSV_HEADINGS = [
    *("run_id", "label", "client_library", "client_type", "client_version", "python_version"),
    *("client_environment_id", "event_loop", "profile", "http_method", "url", "target", "runtime"),
    *("instances", "tls", "upstream", "body_bytes", "concurrency", "processes", "state", "rounds"),
    *("window_ns", "requests_per_second", "completions_per_second", "baseline", "ratio"),
    *("ratio_low", "ratio_high", "samples", "mean_service_ns", "p50_service_ns", "p50_above_ns"),
    *("p95_service_ns", "p95_above_ns", "p99_service_ns", "p99_above_ns", "cpu_per_request_ns"),
    *("net_cpu_per_request_ns", "proxy_cpu_per_request_ns", "origin_cpu_per_request_ns"),
    *("idle_rss_bytes", "peak_rss_bytes", "population", "sent", "errors", "error_rate"),
    *("censored", "planned", "dropped", "missed", "late", "mean_response_ns"),
]


@pytest.mark.parametrize(
    "names",
    [
        [field.name for field in COLUMNS],
        [field.json_key for field in FIELDS if field.json_key],
        [field.csv_heading for field in FIELDS if field.csv_heading],
        [field.attribute for field in FIELDS if field.attribute],
    ],
    ids=["columns", "JSON", "CSV", "attributes"],
)
def test_no_name_is_there_twice(names: list[str]) -> None:
    assert len(names) == len(set(names))


def test_all_that_a_trial_is_made_of_is_in_the_table() -> None:
    found = {field.attribute.partition(".")[0] for field in FIELDS if field.attribute}
    assert found == {field.name for field in fields(TrialSummary)} - SERIES


@given(trials(id="trial"))
def test_what_is_stored_of_an_attribute_gives_it_back(made: TrialSummary) -> None:
    for field in COLUMNS:
        if field.attribute and (value := field.value(made)) is not None:
            assert field.kind.read(field.stored(made)) == value, field.name


def has_all_of(found: Iterable[str], known: list[str]) -> bool:
    """Whether the known ones are all there, in their order; new ones may stand between or after them."""
    return [name for name in found if name in known] == known


def test_json_has_the_keys_it_always_had() -> None:
    (made, *_) = document(finished(two_clients()), two_clients())["trials"]
    assert has_all_of(made, JSON_KEYS)
    assert set(made) == {field.json_key for field in FIELDS} - {None}


def test_csv_has_the_headings_it_always_had_first() -> None:
    text = to_csv(finished(two_clients()), two_clients())
    headings = next(csv.reader(io.StringIO(text)))
    assert headings[: len(CSV_HEADINGS)] == CSV_HEADINGS
    assert {field.csv_heading for field in FIELDS} - {None} <= set(headings)


def test_a_field_that_nothing_has_is_none() -> None:
    (made, *_) = two_clients()
    planned = next(field for field in COLUMNS if field.name == "planned")
    assert planned.value(made) is planned.stored(made) is None
    assert Field("round", Kind("INTEGER"), "").value(made) == made.round
