"""A run read back from its JSON document: whole and unchanged, or refused in one line."""

from __future__ import annotations

import base64
import copy
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import StoreError
from harness.records.client_environment import ClientSource
from harness.records.gate_result import GateFinding
from harness.records.histogram import Histogram
from harness.records.model import (
    Ending,
    GroupLatencies,
    HeldPlan,
    RunRecord,
    SliceRecord,
    TrialSummary,
    UnexpectedAnswer,
)
from harness.records.provenance import MachineReading, Provenance
from harness.report.json_document import to_json
from harness.report.text_file import to_text
from harness.store import Store, importing
from harness.store.reading import show_run
from tests.examples import (
    COUNTS,
    OPTIONAL_COUNTS,
    Ceiling,
    OtherLoad,
    Spread,
    TargetRecord,
    TargetSpec,
    failed,
    finished,
    histogram,
    run,
    runs,
    save,
    trial,
    trials,
    two_clients,
)
from tests.open_loops import loop, plan
from tests.store.asked import query

Stored = tuple[RunRecord, list[TrialSummary]]


def closed_loop() -> Stored:
    made = [*two_clients(), failed("pycurl", 4)]
    return finished(made), made


def open_loop() -> Stored:
    lasting = replace(loop(), response=histogram([5, 6]), early_response=histogram([5]))
    made = [replace(one, open_loop=lasting) for one in two_clients()]
    return finished(made, scenario={"open_load": {"rate": 100}}, held=(plan(),)), made


def groups() -> Stored:
    latencies = GroupLatencies(0, histogram([7, 8]), 1), GroupLatencies(9, histogram([9]), 0)
    made = [replace(one, groups=latencies) for one in two_clients()]
    return finished(made), made


def conditions() -> Stored:
    made = [
        replace(one, id=f"{one.id} {level}", label=f"{one.label} {level}", condition=level)
        for one in two_clients()
        for level in ("c=1", "c=16")
    ]
    return finished(made, condition_factor="concurrency"), made


def unfinished() -> Stored:
    return run(state="unfinished"), two_clients()


def everything() -> Stored:
    """A run in which nothing is left to its default."""
    more = {
        "client_source": ClientSource("checkout", "httpx", "d" * 32, "c" * 40, dirty=True),
        "unexpected_answer": UnexpectedAnswer(500, "no"),
        "slices": (SliceRecord(0, 0, 5, 9, 4, 4, 3, 4, 2, 1, (1, 3)),),
        "target": TargetSpec("nginx", "docker", 2, tls=True, upstream="embedded"),
        "unequal": ("retries",),
        "http_version": "2",
        "connection": "close",
    }
    made = [replace(one, **more) for one in two_clients()]
    record = finished(
        made,
        targets=(TargetRecord(TargetSpec("nginx", cpus=(0, 1)), {"nginx": "1.22"}),),
        spreads=(Spread(0, 1, "instance-1", 500),),
        ceilings=(Ceiling("requests", 9.5),),
        held=(HeldPlan("requests", 1, 2, 3, None, failure="it did not start"),),
        other_load=OtherLoad(5, None, 6, 0.5, targets_apart=False),
        ending=Ending("reached", "throughput", 0.02, 0.01, 3),
        prepared=4,
        gate=(GateFinding("p50 < 1 ms", "requests", "p50", 1e6, None, "kept", 5e5, None, None),),
        provenance=Provenance("c" * 40, "main", True, {"service": "x"}, {"pr": "1"}),
        machine_readings=(MachineReading("start", "2025-03-01T10:00:00", 0.5, None, 2e3, 7),),
    )
    return record, made


SHAPES: dict[str, Callable[[], Stored]] = {
    made.__name__: made
    for made in (closed_loop, open_loop, groups, conditions, unfinished, everything)
}


def stored(path: Path, record: RunRecord, made: list[TrialSummary]) -> Stored:
    """What is shown of a run that was measured into this database."""
    with Store.open(path) as store:
        save(store, record, made)
        if record.state != "unfinished":
            store.finish(record)
    return show_run(path, record.id)


def document(path: Path, shown: Stored) -> Path:
    file = path / "run.json"
    file.write_text(to_json(*shown))
    return file


@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_exported_is_the_same_in_an_empty_database(
    shape: str, path: Path, tmp_path: Path
) -> None:
    there = stored(tmp_path / "there.db", *SHAPES[shape]())
    record, made = importing.read(document(tmp_path, there))
    with Store.open(path) as store:
        assert store.add(record, made).runs
        assert not store.add(record, made).runs
    here = show_run(path)
    assert to_json(*here, with_matrix=True) == to_json(*there, with_matrix=True)
    assert to_text(*here, with_matrix=True) == to_text(*there, with_matrix=True)
    for table in ("competitor_results", "comparisons", "histograms", "slices", "rounds"):
        one, other = (
            query(file, f"SELECT * FROM {table}")[1] for file in (path, tmp_path / "there.db")
        )
        if table != "rounds":  # a document has no times of rounds
            assert one == other, table
        assert len(one) == len(other), table


NOW = "2026-03-01T10:00:00+00:00"
NUMBER = st.integers(0, 2**40)
# What the model allows, without what no measurement gives.
PLAUSIBLE_RUNS = st.builds(
    replace,
    runs(id="run-1", started_at=NOW, ended_at=NOW, comparisons=(), spreads=(), held=()),
    targets=st.just(()),
    ceilings=st.just(()),
    other_load=st.just(None),
)
PLAUSIBLE_TRIALS = st.builds(
    replace,
    trials(id="t", started_at=NOW, ended_at=NOW, slices=()),
    **dict.fromkeys((*COUNTS, *OPTIONAL_COUNTS), NUMBER)
    | {
        "completed": st.integers(2**40, 2**53),
        "population": st.integers(2**40, 2**53),
        "status_counts": st.dictionaries(st.integers(100, 599), st.integers(0, 2**30), max_size=4),
    },
)


@pytest.mark.long
@given(PLAUSIBLE_RUNS, st.lists(PLAUSIBLE_TRIALS, max_size=1))
def test_any_run_that_is_shown_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, record: RunRecord, made: list[TrialSummary]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    again = importing.read(document(folder, (record, made)))
    assert to_json(*again) == to_json(record, made)


def test_one_that_had_not_ended_here_has_ended_afterwards(path: Path, tmp_path: Path) -> None:
    record, made = closed_loop()
    stored(path, replace(record, state="unfinished"), made[:2])
    there = stored(tmp_path / "there.db", record, made)
    with Store.open(path) as store:
        assert store.add(*importing.read(document(tmp_path, there))).runs
        before_its_end = (replace(there[0], state="unfinished", comparisons=()), there[1][:2])
        assert not store.add(*importing.read(document(tmp_path, before_its_end))).runs
    assert to_json(*show_run(path)) == to_json(*there)


@pytest.mark.parametrize(
    ("record", "made", "said"),
    [
        (finished(two_clients(), seed=8), two_clients(), "about run-1;"),
        (finished(two_clients(), ended_at="later"), two_clients(), "about run-1;"),
        (
            finished(two_clients()),
            [replace(one, correct=7) for one in two_clients()],
            "about run-1;",
        ),
        (
            finished(two_clients(), id="run-2"),
            two_clients(),
            r"about run-1;",
        ),
    ],
    ids=["seed", "end", "trial", "trial of another run"],
)
def test_another_run_of_the_same_name_is_refused_with_its_id(
    record: RunRecord, made: list[TrialSummary], said: str, path: Path
) -> None:
    stored(path, finished(two_clients()), two_clients())
    before = to_json(*show_run(path))
    with Store.open(path) as store, pytest.raises(StoreError, match=said):
        store.add(record, made)
    assert to_json(*show_run(path)) == before
    assert query(path, "SELECT COUNT(*) FROM runs")[1] == [(1,)]


def bomb() -> str:
    packed = zlib.compress(bytes(2**24), 9)
    return base64.b64encode(b"\x1c\x84\x93\x14" + len(packed).to_bytes(4, "big") + packed).decode()


# what is changed of a document: the place, and the value
HOSTILE: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "no trials": (("trials",), None),
    "a trial is a list": (("trials", 0), []),
    "a count is text": (("trials", 0, "correct"), "many"),
    "a count is a flag": (("trials", 0, "correct"), True),
    "a count beyond 64 bits": (("trials", 0, "correct"), 2**63),
    "a huge float": (("trials", 0, "mean_service_ns"), 10**400),
    "versions of versions": (("trials", 0, "versions"), {"a": {"b": "c"}}),
    "a status is a word": (("trials", 0, "status_counts"), {"fine": 1}),
    "a state of its own": (("trials", 0, "state"), "splendid"),
    "no histogram": (("trials", 0, "service_histogram"), "aGVsbG8="),
    "not base64": (("trials", 0, "service_histogram"), "é"),
    "a bomb": (("trials", 0, "service_histogram"), bomb()),
    "parts of a slice": (("trials", 0, "slices", 0, "parts"), ["x"]),
    "a target with more": (("trials", 0, "target", "more"), 1),
    "a reading of nothing": (("run", "machine_readings"), [{}]),
    "a run without an id": (("run", "id"), ""),
    "an id is a number": (("run", "id"), 5),
    "a scenario is a list": (("run", "scenario"), []),
    "competitors are a number": (("run", "scenario", "competitors"), 5),
    "a run with more": (("run", "more"), 1),
    "a comparison of nothing": (("comparisons", 0), {}),
    "a metric of its own": (("comparisons", 0, "metric"), "beauty"),
    "no doubts": (("doubts",), 3),
    "another version": (("schema",), "clientbench/run/2"),
    "another kind": (("schema",), "clientbench/runs/1"),
    "a schema is a list": (("schema",), ["x"] * 1000),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_not_a_run_is_refused_in_one_line(what: str, tmp_path: Path) -> None:
    place, value = HOSTILE[what]
    made = json.loads(to_json(*closed_loop()))
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = copy.deepcopy(value)
    check_refused(tmp_path, json.dumps(made))


def check_refused(folder: Path, text: str | bytes, said: str = ": ") -> None:
    file = folder / "bad.json"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(StoreError, match=said) as caught:
        importing.read(file)
    told = str(caught.value)
    assert told.startswith(f"import {str(file)!r}: ")
    assert told.endswith("expected the document of `clientbench results show RUN --json`")
    assert "\n" not in told and len(told) < 500


def test_secrets_that_were_written_into_a_document_are_not_stored(
    path: Path, tmp_path: Path
) -> None:
    secret = "hunter2-is-secret"
    url = f"http://me:{secret}@example.org/?token={secret}"
    made = json.loads(to_json(*everything()))
    made["run"]["name"] = f"with password={secret}"
    made["run"]["provenance"] |= {"tags": {"token": secret, "pr": "7"}, "ci": {"url": url}}
    made["run"]["scenario"] |= {"url": url, "headers": {"X-Api-Key": secret, "Accept": "*/*"}}
    made["run"]["targets"][0]["spec"]["url"] = url
    made["doubts"][0]["message"] = f"GET {url} failed"
    for one in made["trials"]:
        one |= {"url": url, "reason": f"no answer from {url}", "unequal": [url]}
    file = tmp_path / "run.json"
    file.write_text(json.dumps(made))
    with Store.open(path) as store:
        assert store.add(*importing.read(file)).runs
    record, trials = show_run(path)
    assert secret not in to_json(record, trials)
    assert secret.encode() not in b"".join(one.read_bytes() for one in path.parent.glob("*.db*"))
    assert record.provenance.tags == {"token": "***", "pr": "7"}
    assert record.scenario["headers"] == {"X-Api-Key": "***", "Accept": "*/*"}
    assert record.name == "with password=***"
    assert {one.url for one in trials} == {"http://example.org/?token=***"}


# what no measurement can have given: the place, the value, and what is said
IMPLAUSIBLE: tuple[tuple[tuple[str | int, ...], Any, str], ...] = (
    (("trials", 0, "population"), 2**63 - 1, r"trials\[0\].population is 9223372036854775807"),
    (("trials", 0, "population"), -5, r"trials\[0\].population is -5; expected a number from 0"),
    (("trials", 1, "cpu_ns"), -1, r"trials\[1\].cpu_ns is -1"),
    (("trials", 0, "started_at"), "then", r"trials\[0\].started_at is 'then'; expected a date"),
    (("run", "started_at"), "2026-13-01", "run.started_at is '2026-13-01'; expected a date"),
    (("trials", 0, "round"), 0, r"trials\[0\].round is 0; expected 1 or more"),
    (
        ("trials", 0, "correct"),
        1001,
        r"trials\[0\].correct is 1001; expected at most 1000, as comp",
    ),
    (("trials", 0, "censored"), 1001, "censored is 1001; expected at most 1000"),
    (("trials", 0, "population"), 999, "service_histogram is 1000; expected at most 999"),
    (("trials", 0, "status_counts"), {"200": 1001}, "status_counts is 1001; expected at most 1000"),
    (("trials", 0, "error_counts"), {"dns": -1}, r"error_counts\['dns'\] is -1"),
    (("trials", 0, "slices", 0, "end_ns"), 1, "start_ns is 5; expected at most 1, as end_ns"),
    (("trials", 0, "trace_share"), 1.5, "trace_share is 1.5; expected at most 1"),
    (("comparisons", 0, "ratio"), 9.5, r"comparisons\[0\].ratio is 9.5; expected one between"),
    (("comparisons", 0, "ratio"), -1.0, "ratio is -1.0"),
    (("comparisons", 0, "label"), "nobody", "label is 'nobody'; expected the label of a trial"),
    (("run", "prepared"), -1, "run.prepared is -1"),
)


@pytest.mark.parametrize(("place", "value", "said"), IMPLAUSIBLE)
def test_what_no_measurement_gives_is_refused_with_its_place(
    place: tuple[str | int, ...], value: Any, said: str, tmp_path: Path
) -> None:
    made = json.loads(to_json(*closed_loop()))
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    check_refused(tmp_path, json.dumps(made), said)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("correct",), 2999, "correct is 2999; expected 3000, as follows from the trials"),
        (("requests_per_second",), 1e9, "requests_per_second is 1000000000.0; expected 1000.0"),
        (("percentiles", 0, "service_ns"), 9**9, r"percentiles\[0\].service_ns is 387420489"),
        (("percentiles",), [], "percentiles, number of parts is 0; expected 7"),
        (("peak_rss_bytes",), None, "peak_rss_bytes is None; expected 45000000"),
    ],
)
def test_figures_that_do_not_follow_from_the_trials_are_refused(
    place: tuple[str | int, ...], value: Any, said: str, tmp_path: Path
) -> None:
    made = json.loads(to_json(*closed_loop()))
    inner = made["competitors"][0]
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    file = tmp_path / "run.json"
    file.write_text(json.dumps(made))
    with pytest.raises(StoreError, match=rf"competitors\[0\].{said}"):
        importing.read(file, to_json)


@pytest.mark.parametrize("shape", SHAPES)
def test_figures_of_a_document_of_ours_follow_from_its_trials(shape: str, tmp_path: Path) -> None:
    importing.read(document(tmp_path, SHAPES[shape]()), to_json)


def test_a_histogram_with_more_values_than_can_be_is_refused(tmp_path: Path) -> None:
    counts = histogram([5]).counts * 2**54
    made = [replace(one, service=Histogram(counts)) for one in two_clients()]
    check_refused(
        tmp_path, to_json(finished(two_clients()), made), "number of values is 18014398509481984"
    )


def test_two_trials_of_one_id_are_refused(tmp_path: Path) -> None:
    check_refused(tmp_path, to_json(finished([trial()]), [trial(), trial()]), "two trials are")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("run 7\n", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("1" * 10_000, "is not JSON"),
        ('{"schema": "clientbench/run/1", "run": NaN}', "is not JSON"),
        ('{"schema": "clientbench/run/1", "run": -Infinity}', "is not JSON"),
        ("[]", "has no schema"),
        ("{}", "has no schema"),
        ('{"schema": "clientbench/run/1"}', "is not a whole run"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(
    text: str | bytes, said: str, tmp_path: Path
) -> None:
    check_refused(tmp_path, text, said)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_half_a_document_is_refused(part: float, tmp_path: Path) -> None:
    whole = to_json(*closed_loop())
    check_refused(tmp_path, whole[: int(len(whole) * part)], "is not JSON")


@pytest.mark.parametrize("name", [".", "missing.json", "nul\0.json"])
def test_what_cannot_be_read_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        importing.read(tmp_path / name)
