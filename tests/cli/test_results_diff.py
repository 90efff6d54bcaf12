"""``clientbench results diff`` on stored runs: what is compared, what only when asked, what never."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.environments import Difference
from harness.cli.main import run as clientbench
from harness.records.model import Doubt, TrialSummary
from harness.store import Store
from tests.cli.command import Ended
from tests.examples import finished, run, save, trial

Command = Callable[..., Ended]
HERE: dict[str, Any] = {
    "host": "bench",
    "cpu": "AMD EPYC",
    "cpus": 2,
    "kernel": "6.1.0",
    "system": "Linux",
    "memory_bytes": 25_300_000_000,
    "python": "3.11.7",
    "target_cpus": [0],
    "worker_cpus": [1],
}
ELSEWHERE = HERE | {"host": "desk", "cpu": "Intel Xeon", "kernel": "6.18.44", "cpus": 8}
BARRING = (
    Doubt("not checked", "run", "nobody looked", "look"),
    Doubt("short slices", "aiohttp:async", "they are short", "measure longer"),
    Doubt("unequal bytes", "run", "they differ", "make them equal"),
)
CAVEAT = "note: other load on the machine may explain"


def trials(id: str, rates: tuple[int, ...], *labels: str, **changes: Any) -> list[TrialSummary]:
    return [
        replace(
            trial(label, number, rate=2000), id=f"{id}-{label}-{number}", correct=rate, **changes
        )
        for number, rate in enumerate(rates, 1)
        for label in labels
    ]


def keep(store: Store, id: str, made: list[TrialSummary], end: bool = True, **changes: Any) -> None:
    record = run(id, **{"environment": HERE, "baseline": "requests"} | changes)
    save(store, record, made)
    if end:
        store.finish(finished(made, id=id, **{"environment": HERE} | changes))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("diff") / "results.db"
    usual, both = (2000, 2010, 1990, 2005), ("requests", "aiohttp:async")
    with Store.open(path) as store:
        keep(store, "usual-run", trials("usual", usual, *both, "urllib3"))
        keep(store, "again-run", trials("again", (1000, 1005, 995), *both))
        keep(store, "elsewhere", trials("elsewhere", usual, *both), environment=ELSEWHERE)
        keep(store, "newer-run", trials("newer", usual, *both, versions={"urllib3": "2.8.0"}))
        keep(store, "other-set", trials("set", usual, *both), scenario={"concurrency": 99})
        keep(store, "one-round", trials("one", usual[:1], *both))
        keep(store, "killed-run", trials("killed", usual[:3], *both), end=False)
        failing = trials("failing", usual[:1], "requests", error_counts={"reset": 3})
        keep(store, "failing-run", failing, end=False)
        precise = {"scenario": {"concurrency": 10, "precision": {"half_width": 0.02}}}
        keep(store, "precise-run", trials("pr", usual, "requests"), end=False, **precise)
        keep(store, "nothing-done", [], end=False)
        keep(store, "alone-run", trials("alone", usual, "pycurl"))
        keep(store, "last-run", trials("last", usual, "requests"), started_at="2025-06-01")
        old = trials("old", usual, "requests", "aiohttp:async")
        keep(store, "old-name", old, end=False)
        ended = finished(old, id="old-name", environment=HERE)
        store.finish(replace(ended, doubts=BARRING))
        for id, label, loop in (
            ("new-name", "aiohttp", "asyncio"),
            ("another-loop", "aiohttp+uvloop", "uvloop"),
        ):
            own = {"client_type": "async", "event_loop": loop}
            kept = trials(id, (1000, 1005, 995), "requests")
            keep(store, id, kept + trials(id, (1000, 1005, 995), label, **own))
    yield path


@pytest.mark.parametrize("keys", [("new-name", "old-name"), ("old-name", "new-name")])
def test_a_client_that_is_stored_under_two_labels_is_one(
    diff: Command, keys: tuple[str, str]
) -> None:
    ended = diff(*keys)
    assert ended.code == 0, ended.err
    label = "aiohttp" if keys[0] == "new-name" else "aiohttp:async"
    assert any(line.split()[:1] == [label] for line in ended.out.splitlines())
    assert "only in" not in ended.out
    found = diff(*keys, "--json").json["comparisons"]
    throughput = [one for one in found if one["metric"] == "throughput"]
    assert [one["label"] for one in throughput] == ["requests", label]
    assert throughput[1]["ratio"] == pytest.approx(throughput[0]["ratio"])
    # its doubts are known by the other label, too
    assert (throughput[0]["verdict"] is None, throughput[1]["verdict"] is None) == (False, True)
    assert throughput[1]["reason"] == "short slices"


def test_warnings_are_as_grave_as_in_the_run_itself(diff: Command) -> None:
    lines = diff("new-name", "old-name").out.splitlines()
    found = [line.partition(":")[0] for line in lines if "old-name: " in line]
    assert found == ["grave warning", "warning", "note"]


def test_another_event_loop_is_another_client(diff: Command) -> None:
    ended = diff("another-loop", "old-name")
    assert ended.code == 0, ended.err
    assert "only in run another-: aiohttp+uvloop" in ended.out


@pytest.fixture
def diff(path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in this process, on a terminal of 100 columns unless another width is given."""

    def call(*words: str, columns: int = 100) -> Ended:
        monkeypatch.setenv("COLUMNS", str(columns))
        code = clientbench(("results", "diff", *words, "--db", str(path)))
        captured = capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


def refused(ended: Ended, *parts: str) -> None:
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    for part in parts:
        assert part in ended.err, ended


def test_runs_of_the_same_machine_versions_and_settings_are_compared(diff: Command) -> None:
    ended = diff("again-run", "usual-run")
    assert ended.code == 0, ended.err
    first, *lines = ended.out.splitlines()
    assert first == (
        "run again-ru (2025-03-01 10:00:00 UTC), against run usual-ru (2025-03-01 10:00:00 UTC)"
    )
    (row,) = (line.split() for line in lines if line.startswith("requests"))
    assert row[:2] == ["requests", "0.500×"]
    assert "complete rounds: 3 against 4" in lines
    assert row.count("equivalent") == 4
    assert "only in run usual-ru: urllib3" in lines
    assert lines[-2].startswith(CAVEAT)
    assert any("95 % for all 2 ratios of a metric together" in line for line in lines)
    assert not any(line.startswith("differs") for line in lines)


def test_the_other_way_round_gives_the_inverse(diff: Command) -> None:
    forth, back = (
        diff(*keys, "--json").json["comparisons"]
        for keys in (("again-run", "usual-run"), ("usual-run", "again-run"))
    )
    for one, other in zip(forth, back, strict=True):
        assert one["ratio"] == pytest.approx(1 / other["ratio"])
        assert one["low"] == pytest.approx(1 / other["high"])


def test_as_json_it_is_one_document(diff: Command) -> None:
    ended = diff("again", "elsewhere", "--across", "--json")
    assert ended.code == 0, ended.err
    assert list(ended.json) == ["schema", "runs", "differences", "comparisons"]
    assert [one["id"] for one in ended.json["runs"]] == ["again-run", "elsewhere"]
    assert [one["rounds"] for one in ended.json["runs"]] == [3, 4]
    assert ended.json["runs"][1]["environment"] == ELSEWHERE
    found = [Difference(**one) for one in ended.json["differences"]]
    assert [(one.kind, one.field) for one in found] == [
        ("machine", name) for name in ("cpu", "cpus", "host", "kernel")
    ]
    throughput = ended.json["comparisons"][0]
    assert throughput["baseline"] == "elsewhere"
    assert (throughput["metric"], throughput["verdict"]) == ("throughput", "slower")
    assert (throughput["rounds"], throughput["other_rounds"]) == (3, 4)


@pytest.mark.parametrize("json", [(), ("--json",)])
@pytest.mark.parametrize(
    ("other", "parts"),
    [
        (
            "elsewhere",
            (
                "run usual-ru and run elsewher differ in cpu: AMD EPYC against Intel Xeon; ",
                "cpus: 2 against 8; host: bench against desk; and 1 more: add --across",
            ),
        ),
        ("newer-run", ("client.urllib3: 2.2.3 against 2.8.0", "--across")),
        ("other-set", ("concurrency: 10 against 99", "--across")),
    ],
)
def test_what_differs_is_named_and_nothing_compared_unasked(
    diff: Command, other: str, parts: tuple[str, ...], json: tuple[str, ...]
) -> None:
    refused(diff("usual-run", other, *json), *parts)


@pytest.mark.parametrize("columns", [80, 120])
def test_when_asked_every_difference_stands_above_the_table(diff: Command, columns: int) -> None:
    ended = diff("usual-run", "elsewhere", "--across", columns=columns)
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[1:5] == [
        "differs: machine: cpu: AMD EPYC against Intel Xeon",
        "differs: machine: cpus: 2 against 8",
        "differs: machine: host: bench against desk",
        "differs: machine: kernel: 6.1.0 against 6.18.44",
    ]
    table = lines[6 : lines.index("", 6)]
    assert max(map(len, table)) <= columns
    assert "throughput" in table[0] + table[1]
    assert lines[-2].startswith(CAVEAT)


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        (("usual-run", "usual"), "'usual-run' and 'usual' are the same"),
        (
            ("usual-run", "alone-run"),
            "no client in common: the first has requests, aiohttp:async, urllib3",
        ),
        (("usual-run", "nothing-done"), "'nothing-done' has no finished round"),
        (("nothing-done", "usual-run"), "'nothing-done' has no finished round"),
        (("usual-run", "no-such"), "'no-such': no such run"),
        (("again", ""), "''"),
        (("usual-run",), "'OTHER'"),
        (("usual-run", "again-run", "last-run"), "last-run"),
    ],
)
@pytest.mark.parametrize("asked", [(), ("--across",)])
def test_what_cannot_be_compared_is_refused_in_one_line(
    diff: Command, keys: tuple[str, ...], part: str, asked: tuple[str, ...]
) -> None:
    refused(diff(*keys, *asked), part)


def test_one_round_is_told_and_no_verdict_given(diff: Command) -> None:
    ended = diff("one-round", "usual-run")
    assert ended.code == 0, ended.err
    assert (
        "of requests, aiohttp:async: fewer than 2 complete rounds in one of the runs" in ended.out
    )
    assert "nan" not in ended.out.lower().split()
    found = diff("one-round", "usual-run", "--json").json["comparisons"]
    assert {one["verdict"] for one in found} == {one["low"] for one in found} == {None}


def test_an_unfinished_run_is_compared_by_what_was_finished(diff: Command) -> None:
    ended = diff("killed-run", "usual-run")
    assert ended.code == 0, ended.err
    assert "unfinished: only what was finished counts" in ended.out.splitlines()[0]
    assert diff("killed-run", "usual-run", "--json").json["comparisons"][0]["rounds"] == 3


def test_warnings_of_both_runs_stand_below_and_alike_ones_once(diff: Command) -> None:
    text = "disturbed: run: another process used 40 % of a CPU; stop it and repeat"
    assert diff("again-run", "usual-run").out.splitlines()[-1] == (
        f"warning: again-ru, usual-ru: {text}"
    )
    lines = diff("failing-run", "usual-run").out.splitlines()
    assert lines[-3].startswith(
        "warning: failing-: errors: requests: 3 of 2,000 HTTP requests failed"
    )
    assert lines[-2] == f"warning: usual-ru: {text}"
    assert lines[-1].startswith("note: failing-: not checked: run: ")  # it has not ended
    runs = diff("failing-run", "usual-run", "--json").json["runs"]
    assert [[one["kind"] for one in run["doubts"]] for run in runs] == [
        *(["errors", "not checked"], ["disturbed"])
    ]
    assert list(runs[0]["doubts"][0]) == ["kind", "subject", "message", "remedy"]


def test_a_run_that_was_to_end_when_precise_has_no_verdict_before(diff: Command) -> None:
    ended = diff("precise-run", "usual-run", "--across")
    why = "the run has not reached the wanted precision yet"
    assert [line for line in ended.out.splitlines() if line.endswith(why)] == [
        f"no verdict on throughput, CPU per request, p50, p99, peak memory of requests: {why}"
    ]
    found = diff("precise-run", "usual-run", "--across", "--json").json["comparisons"]
    assert {one["verdict"] for one in found} == {None}


def test_runs_can_be_named_as_for_show(diff: Command) -> None:
    ended = diff("latest", "usual-aiohttp:async-1", "--json")
    assert [one["id"] for one in ended.json["runs"]] == ["last-run", "usual-run"]


def test_without_a_database_there_is_nothing_to_compare(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = clientbench(("results", "diff", "a", "b", "--db", str(tmp_path / "none.db")))
    refused(Ended(code, *capfd.readouterr()), "no such database")


def test_show_says_where_a_run_was_measured(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert clientbench(("results", "show", "usual-run", "--details", "--db", str(path))) == 0
    assert (
        "measured on: bench, AMD EPYC, 2 CPUs (target 0, workers 1), 25.3 GB, Linux 6.1.0, "
        "Python 3.11.7"
    ) in capfd.readouterr().out.splitlines()
