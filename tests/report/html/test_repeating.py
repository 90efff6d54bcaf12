"""The command that a page gives measures what the run measured."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from harness.cli.commands import whole_command
from harness.cli.options import OURS
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.report.html.repeating import citation, commands
from harness.scenario.scenario import Scenario
from tests.examples import run
from tests.report.html.examples import HOSTILE, hostile


def typed(words: list[str]) -> Scenario:
    """Return the scenario of a command line, as the program reads it."""
    asked = whole_command().commands["compare"].make_context("compare", words).params
    options = {n: v for n, v in asked.items() if n not in OURS}
    return build(Options.of(command="compare", **options), Defaults())


def repeated(scenario: Scenario) -> list[str]:
    snapshot = json.loads(json.dumps(scenario.snapshot()))  # as it is stored
    record = run(
        scenario=snapshot, axis=scenario.axis, seed=scenario.seed, baseline=scenario.baseline
    )
    words = shlex.split(commands(record)[1])
    assert words[:2] == ["clientbench", "compare"]
    at = words.index("--lock")
    return words[2:at] + words[at + 2 :]


@pytest.mark.parametrize(
    "line",
    [
        "requests httpx",
        "old=httpx==0.27.2 head=httpx=./httpx",
        "httpx[http2]==0.28.1 aiohttp+uvloop raw:sync --with 'httpx: brotli'",
        "requests httpx:async --baseline httpx:async --processes 2 --quick",
        "httpx --concurrency 1 --concurrency 16",
        "httpx requests --concurrency 10 --concurrency 16",
        "httpx --method GET --method POST",
        "raw httpx --connection keep-alive --connection close",
        "raw --body-size 0 --body-size 64k --method POST",
        "raw requests --method PUT --header 'Content-Type: text/csv' --header 'Accept: text/html'",
        "raw httpx --target nginx --target embedded",
        "raw --target nginx --instances 1 --instances 3 --upstream httpbin",
        "raw httpx --target nginx --scheme http --scheme https",
        "raw httpx --tls --target-cpus 0 --timeout 3 --expect 2xx,404 --stream --max-body 1M",
        "raw httpx --target caddy --runtime docker --target-memory 512m --insecure",
        "raw httpx --url 'http://127.0.0.1:8000/a;b?c=1&d=e'",
        "raw httpx --target http://127.0.0.1:8000 --target http://127.0.0.1:8001",
        "raw httpx --rate 200 --arrivals poisson --duration 3 --rounds 3",
        "raw httpx --rate 30/m --start per-request --max-in-flight 7 --duration 20",
        "raw --stage 0-50:2s --stage 50:1.5s --rounds 3",
        "raw httpx --think-time 20ms --requests 100 --no-pin --slice 50ms --warmup 0",
        "raw httpx --precision 2% --metric cpu-per-request --budget 90s",
        "raw httpx --error-budget 5",
        "raw httpx --error-budget 0.5% --trace 10% --profile defaults",
        "raw --preset tps --rate 20 --duration 4s",
        "raw --preset spike --rate 10",
        "raw httpx --preset concurrent-synced --n 4 --delay 15ms --hold tls --tls",
        "raw --preset concurrent-synced-once --n 4",
        "raw --preset request-per-duration --delay 30ms --duration 2",
        "raw --preset requests-graph --points 3@500ms,5@2s",
        "raw --preset concurrency-graph --points 3@500ms,5@2s",
    ],
)
def test_the_command_of_a_page_measures_the_same_again(line: str) -> None:
    first = typed([*shlex.split(line), "--seed", "7"])
    again = typed(repeated(first))
    left_out = {"preset"}  # a rate or stages say the same
    assert without(again.snapshot(), left_out) == without(first.snapshot(), left_out)


def without(snapshot: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in snapshot.items() if name not in names}


def test_a_gate_and_a_body_are_files_that_the_user_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clientbench.toml").write_text('[gate.thresholds]\n"*" = ["error_rate < 1 %"]\n')
    Path("body").write_text("secret body")
    line = "raw httpx --gate clientbench.toml --body @body --method POST --header 'X-Key: abc'"
    words = repeated(first := typed([*shlex.split(line), "--seed", "7"]))
    assert "X-Key: ***" in words
    assert "secret body" not in words
    assert typed(words).snapshot() == first.snapshot()


def test_the_clients_are_those_of_a_lock() -> None:
    shown, again = commands(run(scenario=typed(["raw"]).snapshot()))
    assert shown == "clientbench results show run-1 --lock > clients.lock"
    assert again.endswith("--lock clients.lock")


def test_a_hostile_scenario_stays_one_line_that_a_shell_does_not_obey() -> None:
    record, _ = hostile()
    for line in commands(record):
        assert line.isprintable()
    words = shlex.split(commands(record)[1])
    assert words[:2] == ["clientbench", "compare"]
    assert any("<script>" in word for word in words)
    assert HOSTILE[:10] in citation(record)


def test_scenarios_of_any_shape_are_no_bug() -> None:
    for scenario in (
        *({}, {"competitors": "x"}, {"competitors": [1, {}]}, {"open_load": 3}),
        *({"headers": 3, "held": [], "steps": {}, "gate": 1}, {"precision": {}}),
    ):
        assert len(commands(run(scenario=scenario))) == 2
