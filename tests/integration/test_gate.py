"""``compare --gate`` as it really runs: how long it measures, what it stores, how it ends."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.doubts.kinds import is_grave
from tests.cli.command import SHORT, Ended, clientbench
from tests.cli.under_way import UnderWay
from tests.store.asked import query

pytestmark = pytest.mark.timeout(600)  # eight tries take minutes

# raw takes a small part of the CPU that requests takes, whatever the machine
LESS = '"raw*" = ["cpu_per_request <= 0.8 of baseline"]'
MORE = '"requests" = ["cpu_per_request <= 0.8 of baseline"]'
BRIEFLY = {"HTTP_BENCHMARK_DEFAULT_DURATION_SECONDS": "1"}  # in ten rounds
TRIES = 8  # until nobody else uses the machine for a moment: then warnings leave all unclear


def compare(
    cwd: Path,
    rules: str,
    *words: str,
    clients: tuple[str, ...] = (),
    environ: dict[str, str] | None = None,
) -> Ended:
    (cwd / "limits.toml").write_text(f"[gate]\nbudget = '40s'\n[gate.thresholds]\n{rules}\n")
    named = clients or ("requests", "raw:sync")
    return clientbench("compare", *named, "--gate", "limits.toml", *words, cwd=cwd, environ=environ)


def findings(path: Path) -> list[dict[str, Any]]:
    names, rows = query(
        path,
        "SELECT gate_findings.* FROM gate_findings JOIN latest_run ON latest_run.id = run_id"
        " ORDER BY sequence",
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def graves(document: dict[str, Any]) -> set[str]:
    """Return the kinds of warnings that leave all limits unclear; other tests may cause some."""
    return {one["kind"] for one in document["doubts"] if is_grave(one["kind"])}


@pytest.mark.alone
@pytest.mark.parametrize(
    ("rules", "clients", "code", "outcome"),
    [
        (LESS, ("requests", "raw:sync"), 0, "kept"),
        (MORE, ("raw:sync", "requests"), 5, "broken"),
    ],
)
def test_it_measures_until_it_is_decided(
    rules: str, clients: tuple[str, ...], code: int, outcome: str, tmp_path: Path
) -> None:
    for _ in range(TRIES):
        ended = compare(tmp_path, rules, "--json", clients=clients)
        (found,) = ended.json["run"]["gate"]
        graves = [one for one in ended.json["doubts"] if one["kind"] == "busy machine"]
        if not graves:
            break

    assert (ended.code, found["outcome"]) == (code, outcome), ended
    rounds = {one["round"] for one in ended.json["trials"]}
    assert len(rounds) == 10  # the first look decides: there is no need for more
    (stored,) = findings(tmp_path / "benchmark_results.db")
    assert stored == {"run_id": ended.json["run"]["id"], "sequence": 0} | {
        name: value for name, value in found.items() if name != "more_helps"
    }
    again = clientbench("gate", "latest", "--config", "limits.toml", "--json", cwd=tmp_path)
    assert (again.code, again.json["findings"]) == (code, [found])


def test_a_length_that_is_given_is_not_exceeded(tmp_path: Path) -> None:
    ended = compare(tmp_path, LESS, *SHORT, "--json")
    (found,) = ended.json["run"]["gate"]
    assert (ended.code, found["outcome"]) == (0, "unclear")
    assert len({one["round"] for one in ended.json["trials"]}) == 1
    assert ended.json["run"]["scenario"]["gate"]["unclear"] == "warn"


def test_unclear_fails_where_that_is_asked(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text(
        f'[gate]\nunclear = "fail"\n[gate.thresholds]\n{LESS}\n"*" = "error_rate < 0.0001 %"\n'
    )
    words = ("compare", "requests", "raw:sync", "--gate", "limits.toml", *SHORT)
    ended = clientbench(*words, "-o", "gate.junit.xml", cwd=tmp_path)
    assert ended.code == 6, ended
    assert "gate     unclear: of 3 limits 3 unclear" in ended.out
    assert 'skipped="3"' in (tmp_path / "gate.junit.xml").read_text()


def test_the_budget_ends_it(tmp_path: Path) -> None:
    """Nothing decides whether a client takes as much CPU as itself: as much is the limit."""
    same = '"again" = ["cpu_per_request < 1 of baseline", "cpu_per_request > 1 of baseline"]'
    words = ("--json", "--budget", "20s")
    clients = ("raw:sync", "again=raw:sync")
    ended = compare(tmp_path, same, *words, clients=clients, environ=BRIEFLY)
    document = ended.json
    rounds = len({one["round"] for one in document["trials"]})
    assert ended.code in (0, 5), ended  # by chance one of the two may be decided
    assert 2 <= rounds < 100
    assert document["run"]["scenario"]["gate"]["budget_s"] == 20


def test_an_interrupt_before_the_first_round_has_ended_is_no_mistake_in_the_rules(
    tmp_path: Path,
) -> None:
    (tmp_path / "limits.toml").write_text(f"[gate.thresholds]\n{LESS}\n")
    long = ("--rounds", "2", "--duration", "60")
    run = UnderWay(tmp_path, "requests", "raw:sync", "--gate", "limits.toml", *long)
    try:
        run.wait_for_round(1)
        run.process.send_signal(signal.SIGINT)
        out, err = run.process.communicate(timeout=60)
    finally:
        run.end()
    assert (run.process.returncode, "limits.toml" in out + err) == (130, False), out + err
    assert query(run.database, "SELECT state FROM runs")[1] == [("interrupted",)]


def test_a_single_client_has_absolute_limits(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text('[gate.thresholds]\n"*" = ["peak_memory < 1 GB"]\n')
    words = ("load", "--client", "raw:sync", "--gate", "limits.toml", "--duration", "0.3")
    ended = clientbench(*words, "--rounds", "3", "--json", cwd=tmp_path)
    (found,) = ended.json["run"]["gate"]
    assert (ended.code, found["label"], found["relative_to"]) == (0, "raw:sync", None)
    assert found["outcome"] == ("unclear" if graves(ended.json) else "kept"), found


def test_against_history_each_run_is_judged_by_those_before(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text(
        '[gate]\nagainst = "history"\n[gate.thresholds]\n"*" = ["peak_memory <= 1.5 of baseline"]\n'
    )
    words = ("compare", "raw:sync", "null:sync", "--gate", "limits.toml", *SHORT, "--json")
    for _ in range(2):
        ended = clientbench(*words, cwd=tmp_path)
        assert ended.code == 0, ended
    found = ended.json["run"]["gate"]
    assert [one["relative_to"] for one in found] == ["history", "history"]
    assert {one["outcome"] for one in found} == {"unclear"}
    stored = findings(tmp_path / "benchmark_results.db")
    assert [one["reason"] for one in stored] == [one["reason"] for one in found]
    expected = ("needs 10 earlier undisturbed runs", *graves(ended.json))
    assert all(one["reason"].startswith(expected) for one in found), [
        one["reason"] for one in found
    ]


@pytest.mark.parametrize(
    ("rules", "words", "said"),
    [
        ('"haed" = ["cpu_per_request < 1 of baseline"]', (), "'haed' matches none of the clients"),
        (MORE, (), "'requests' matches only the baseline"),
        ('"*" = ["p98 < 1 ms"]', (), "did you mean p99"),
        (LESS, ("--budget", "1s"), "--budget"),
        (LESS, ("--precision", "2%", "--rounds", "3"), "--precision"),
    ],
)
def test_a_mistake_ends_it_before_anything_is_measured(
    rules: str, words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    ended = compare(tmp_path, rules, *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err and ended.err.count("\n") == 1
    assert not (tmp_path / "benchmark_results.db").exists()


def test_where_a_run_comes_from_is_stored(tmp_path: Path) -> None:
    environ = {
        "CLIENTBENCH_MACHINE": "lab-7",
        "GITHUB_ACTIONS": "true",
        "GITHUB_SHA": "a" * 40,
        "GITHUB_REF_NAME": "spring",
        "GITHUB_STEP_SUMMARY": "",
    }
    words = ("compare", "raw:sync", "null:sync", *SHORT, "--json", "--name", "nightly")
    tags = ("--tag", "pr=7", "--tag", "who=me", "--tag", "token=hunter2")
    ended = clientbench(*words, *tags, cwd=tmp_path, environ=environ)
    run = ended.json["run"]
    assert run["name"] == "nightly"
    assert run["provenance"]["commit"] == "a" * 40  # the folder is under no git
    assert (run["provenance"]["branch"], run["provenance"]["ci"]["service"]) == ("spring", "github")
    assert run["provenance"]["tags"] == {"pr": "7", "who": "me", "token": "***"}
    assert [one["moment"] for one in run["machine_readings"]] == ["start", "end"]
    columns = "machine, run_name, git_branch, json_extract(tags, '$.pr'), url"
    _, rows = query(
        tmp_path / "benchmark_results.db",
        f"SELECT {columns} FROM trend JOIN competitor_results USING (run_id, label)",
    )
    assert rows == [("lab-7", "nightly", "spring", "7", "http://127.0.0.1/")] * 2
    _, trials = query(tmp_path / "benchmark_results.db", "SELECT url FROM benchmark_results")
    assert trials == [("http://127.0.0.1/",)] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tag", "pr"), "--tag: 'pr' is not valid; expected KEY=VALUE"),
        (("--tag", "=7"), "--tag: '=7' is not valid"),
        (("--tag", "pr=7", "--tag", "pr=8"), "'pr' is given twice"),
        (("--tag", "pr=\x1b"), "--tag"),
        (("--name", ""), "--name"),
        (("--machine", "a b"), "--machine: 'a b' is not valid"),
    ],
)
def test_a_wrong_name_or_tag_is_refused(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    ended = clientbench("compare", "raw:sync", "null:sync", *SHORT, *words, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err and ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_document_of_a_gate_is_that_of_the_run(tmp_path: Path) -> None:
    ended = compare(tmp_path, LESS, *SHORT, "-o", "run.json")
    assert ended.code == 0, ended
    document = json.loads((tmp_path / "run.json").read_text())
    assert document["schema"] == "clientbench/run/1"
    assert [one["rule"] for one in document["run"]["gate"]] == [
        "cpu_per_request <= 0.8 of baseline"
    ]
