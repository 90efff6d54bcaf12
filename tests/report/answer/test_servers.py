"""Where servers are compared, cost and version are the servers'; the client's are said once."""

from __future__ import annotations

from dataclasses import replace

from harness.records.model import Reading, RunRecord, TargetRecord, TrialSummary
from harness.report.answer.facts import Facts
from harness.report.answer.screen import answer
from servers.spec import TargetSpec
from tests.examples import SECOND, finished, trial
from tests.report.answer.examples import QUIET

NGINX = TargetSpec("nginx", instances=3, upstream="embedded")
EMBEDDED = TargetSpec()


def of_servers() -> tuple[RunRecord, list[TrialSummary]]:
    watched = (Reading(5, "target", 50.0, 60_000_000), Reading(9, "target", 50.0, 80_000_000))
    made = [
        trial(
            f"aiohttp {spec.name}",
            number,
            rate=rate,
            client_library="aiohttp",
            target=spec,
            url="http://127.0.0.1:4711/json",
            origin_cpu_ns=rate * 20_000,
            proxy_cpu_ns=rate * 30_000 if spec.upstream else None,
            readings=watched if spec.upstream else (),
        )
        for number in (1, 2, 3)
        for spec, rate in ((EMBEDDED, 4000 + number), (NGINX, 2000 + number))
    ]
    run = finished(made, axis="target", baseline="aiohttp embedded", other_load=QUIET)
    targets = (
        TargetRecord(EMBEDDED, {"embedded": "0.1"}),
        TargetRecord(NGINX, {"nginx": "1.22.1", "embedded": "0.1"}),
    )
    return replace(run, targets=targets), made


def test_columns_are_the_servers() -> None:
    lines = [line.plain for line in answer(Facts.of(*of_servers()), 120, "results.db")]
    heading = " ".join(lines[:3])
    assert heading.startswith("GET /json · ") and "client aiohttp 2.32.3 with " in heading
    assert "CPU and memory below are the servers'" in heading
    (through,) = [line.split() for line in lines if line.startswith("aiohttp nginx ")]
    (direct,) = [line.split() for line in lines if line.startswith("aiohttp embedded ")]
    assert through[-2:] == ["50.0", "80.0"]  # 20 µs of the servers, 30 µs of the proxy
    assert direct[-2:] == ["20.0", "–"]
    assert "1.22.1" in through


def test_servers_of_others_have_no_columns_and_the_clients_are_shown() -> None:
    run, made = of_servers()
    made = [replace(one, origin_cpu_ns=None, proxy_cpu_ns=None, readings=()) for one in made]
    lines = [line.plain for line in answer(Facts.of(run, made), 200, "r.db")]
    assert not any("the servers'" in line for line in lines)
    (through,) = [line.split() for line in lines if line.startswith("aiohttp nginx ")]
    assert "2.32.3" in through and "45.0" in through  # version and memory of the client


def test_how_much_a_request_cost_the_client_is_said_in_the_heading() -> None:
    run, made = of_servers()
    made = [replace(one, cpu_ns=SECOND // 10, cpu_requests=1000) for one in made]
    line = next(answer(Facts.of(run, made), 200, "r.db")).plain
    assert "with 0.100 ms CPU per request and 45.0 MB" in line
