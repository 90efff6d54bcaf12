"""``clientbench gate``: exit codes, and what CI services are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.records.model import Doubt, OtherLoad, RunRecord, TrialSummary
from harness.store import Store
from tests.cli.command import Ended, clientbench
from tests.examples import SECOND, finished, save, trial
from tests.store.older import older

WATCHED = OtherLoad(60 * SECOND, 0, 0, 0.0, targets_apart=True)
NOISE = [0.99, 1.01, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99, 1.0, 1.0]
HOSTILE = "head,<b>\x1b[31m::error::\n=1+1|`x`"


def measured(id: str, ratio: float, label: str = "head") -> list[TrialSummary]:
    """Ten rounds in which ``label`` takes ``ratio`` × the CPU time of ``base``."""
    return [
        made
        for number, noise in enumerate(NOISE, 1)
        for made in (
            trial("base", number, id=f"{id}-base-{number}"),
            trial(
                label,
                number,
                id=f"{id}-{label}-{number}",
                cpu_ns=round(SECOND / 2 * ratio * noise),
            ),
        )
    ]


def keep(
    path: Path, trials: list[TrialSummary], id: str = "run-1", doubts: tuple[Doubt, ...] = ()
) -> RunRecord:
    number = id.partition("-")[2]
    record = replace(
        finished(trials, id=id, baseline="base"),
        doubts=doubts,
        other_load=WATCHED,
        started_at=f"2025-03-{int(number):02}T10:00:00+00:00",
    )
    with Store.open(path) as store:
        save(store, record, trials)
        store.finish(record)
    return record


Gate = Callable[..., Ended]


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Judges the latest run of a database by these rules, with all that a CI job sets."""

    def run(*words: str, environ: dict[str, str] | None = None, **rules: list[str]) -> Ended:
        lines = [f"{json.dumps(name)} = {json.dumps(texts)}" for name, texts in rules.items()]
        settings = [word for word in words if " = " in word]
        text = "\n".join(["[gate]", *settings, "[gate.thresholds]", *lines])
        (tmp_path / "clientbench.toml").write_text(text)
        others = [word for word in words if " = " not in word]
        return clientbench("gate", *others, cwd=tmp_path, environ=environ)

    return run


CPU = ["cpu_per_request <= 1.05 of baseline"]


@pytest.mark.parametrize(
    ("ratio", "settings", "code", "said"),
    [
        (1.0, (), 0, "gate kept: of 1 limit 1 kept"),
        (1.2, (), 5, "gate broken: of 1 limit 1 broken"),
        (1.05, (), 0, "gate unclear: of 1 limit 1 unclear"),
        (1.05, ('unclear = "warn"',), 0, "gate unclear"),
        (1.05, ('unclear = "fail"',), 6, "gate unclear"),
        (1.2, ('unclear = "fail"',), 5, "gate broken"),
        (1.0, ('unclear = "fail"',), 0, "gate kept"),
    ],
)
def test_exit_codes(
    ratio: float, settings: tuple[str, ...], code: int, said: str, gate: Gate, tmp_path: Path
) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", ratio))
    ended = gate(*settings, head=CPU)
    assert (ended.code, ended.err) == (code, "")
    assert said in ended.out.splitlines()[-1]


def test_a_broken_limit_counts_more_than_an_unclear_one(gate: Gate, tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", 1.2))
    ended = gate('unclear = "fail"', head=[*CPU, "error_rate < 0.001 %"])
    assert ended.code == 5
    assert ended.out.splitlines()[-1] == "gate broken: of 2 limits 1 broken, 1 unclear"
    assert "more requests without an error" in ended.out


def test_a_grave_warning_leaves_everything_unclear(gate: Gate, tmp_path: Path) -> None:
    doubts = (Doubt("counts differ", "run", "the target counted 5 more", "look for retries"),)
    keep(tmp_path / "benchmark_results.db", measured("a", 1.2), doubts=doubts)
    ended = gate('unclear = "fail"', head=CPU)
    assert ended.code == 6
    assert "unclear (1 limit): counts differ: the target counted 5 more" in ended.out


def test_json_has_every_finding(gate: Gate, tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", 1.2))
    ended = gate("--json", head=CPU)
    document = ended.json
    assert (document["schema"], document["outcome"]) == ("clientbench/gate/1", "broken")
    (found,) = document["findings"]
    assert (found["label"], found["rule"], found["bound"]) == ("head", *CPU, 1.05)
    assert found["low"] > 1.05


def test_a_job_of_github_gets_a_summary_and_annotations(gate: Gate, tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", 1.2))
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    ended = gate(environ=environ, head=[*CPU, "error_rate < 0.1 %"])
    text = summary.read_text()
    assert text.startswith("before\n### clientbench: broken: of 2 limits 1 broken, 1 kept\n")
    assert text.count("\n| broken | head |") == text.count("\n| kept | head |") == 1
    (command,) = ended.err.splitlines()
    assert command.startswith("::error title=head%3A cpu_per_request <= 1.05 of baseline::broken: ")


def test_junit(gate: Gate, tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", 1.2))
    gate("-o", "gate.junit.xml", head=[*CPU, "error_rate < 0.1 %", "error_rate < 0.001 %"])
    (suite,) = ET.parse(tmp_path / "gate.junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    kinds = [next(child.tag for child in case) for case in suite]
    assert kinds == ["failure", "system-out", "skipped"]
    # written again without --force: it is recognised
    assert gate("-o", "gate.junit.xml", head=CPU).code == 5


def test_names_that_mean_something_elsewhere_stay_names(gate: Gate, tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", 1.2, HOSTILE))
    summary = tmp_path / "summary.md"
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    ended = gate("-o", "x.junit.xml", environ=environ, **{"*": CPU})
    assert ended.code == 5
    assert "\x1b" not in ended.out + ended.err
    commands = [line for line in ended.err.splitlines() if line.startswith("::")]
    assert len(commands) == 1 and ended.err.count("\n") == 1
    assert commands[0].startswith("::error title=head%2C<b>")
    row = next(line for line in summary.read_text().splitlines() if "broken | head" in line)
    assert "<b>" not in row.replace("\\<b>", "") and r"\|" in row and r"\`x\`" in row
    ((case,),) = ET.parse(tmp_path / "x.junit.xml").getroot()
    assert (case.get("classname") or "").startswith("head,<b>\\x1b[31m")


@pytest.mark.parametrize("ending", [".gab.json", ".bmf.json"])
def test_files_of_services_that_track_benchmarks(ending: str, gate: Gate, tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", 1.2))
    gate("-o", f"x{ending}", head=CPU)
    found = json.loads((tmp_path / f"x{ending}").read_text())
    if ending == ".gab.json":
        assert [one["name"] for one in found] == [
            "base: CPU per request",
            "head: CPU per request",
        ]
        assert found[1]["value"] / found[0]["value"] == pytest.approx(1.2, rel=0.02)
        assert (found[0]["unit"], found[1]["range"][:2]) == ("µs", "± ")
    else:
        head = found["head"]
        assert head.keys() == {
            *("throughput", "cpu-per-request", "latency", "latency-p99", "peak-memory")
        }
        cost = head["cpu-per-request"]
        assert cost["lower_value"] < cost["value"] < cost["upper_value"]
        assert cost["value"] == pytest.approx(600_000, rel=0.02)  # ns
    assert gate("-o", f"x{ending}", head=CPU).code == 5


# Against history.


def history(path: Path, *ratios: float) -> None:
    for number, ratio in enumerate(ratios, 1):
        keep(path, measured(f"r{number}", ratio), id=f"run-{number}")


HISTORY = 'against = "history"'


@pytest.mark.parametrize(
    ("ratios", "code", "said"),
    [
        ([1.0] * 5, 0, "needs 10 earlier undisturbed runs of this series; there are 4"),
        ([1.0, 1.01, 0.99] * 4, 0, "gate kept"),
        ([*[1.0, 1.01, 0.99] * 4, 1.3], 0, "not confirmed by the run before"),
        ([*[1.0, 1.01, 0.99] * 4, 1.3, 1.3], 5, "gate broken"),
    ],
)
def test_against_history(
    ratios: list[float], code: int, said: str, gate: Gate, tmp_path: Path
) -> None:
    history(tmp_path / "benchmark_results.db", *ratios)
    ended = gate(HISTORY, head=CPU)
    assert ended.code == code
    assert said in ended.out


def test_against_history_of_an_older_version(gate: Gate, tmp_path: Path) -> None:
    path = tmp_path / "benchmark_results.db"
    history(path, *[1.0, 1.01, 0.99] * 4)
    older(path)
    assert "gate kept" in gate(HISTORY, head=CPU).out


# Mistakes.


@pytest.mark.parametrize(
    ("words", "rules", "code", "said"),
    [
        (("--config", "none.toml"), {"head": CPU}, 2, "--config: 'none.toml' is no file"),
        (("run-9",), {"head": CPU}, 2, "no such run or trial"),
        (("--db", "none.db"), {"head": CPU}, 2, "no such database"),
        ((), {"haed": CPU}, 2, "--config: 'haed' matches none of the clients"),
        ((), {"base": CPU}, 2, "'base' matches only the baseline"),
        ((), {"head": ["cpu_per_requets <= 1.05 of baseline"]}, 2, "did you mean cpu_per_request"),
        (("-o", "x.xml"), {"head": CPU}, 2, ".junit.xml"),
    ],
)
def test_a_mistake_is_one_line(
    words: tuple[str, ...],
    rules: dict[str, list[str]],
    code: int,
    said: str,
    gate: Gate,
    tmp_path: Path,
) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", 1.0))
    ended = gate(*words, **rules)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err and ended.err.count("\n") == 1


def test_a_run_without_results_is_refused(gate: Gate, tmp_path: Path) -> None:
    with Store.open(tmp_path / "benchmark_results.db") as store:
        store.begin(finished([]))
    ended = gate(head=CPU)
    assert (ended.code, ended.out) == (2, "")
    assert "has no finished round to judge" in ended.err


def test_limits_as_a_file_need_limits(tmp_path: Path) -> None:
    keep(tmp_path / "benchmark_results.db", measured("a", 1.0))
    ended = clientbench("results", "show", "latest", "-o", "x.junit.xml", cwd=tmp_path)
    assert ended.code == 2 and "expected --gate with it" in ended.err
    assert "or `clientbench gate RUN --output FILE`" in ended.err
    ended = clientbench("compare", "raw", "null", "-o", "y.junit.xml", cwd=tmp_path)
    assert ended.code == 2 and "expected --gate with it" in ended.err
    assert not list(tmp_path.glob("*.xml"))
