"""Runs for pages: six clients, and one whose every text is hostile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.analysis.comparison import compare
from harness.records.client_environment import ClientSource, Environment, Installed, Interpreter
from harness.records.model import (
    Doubt,
    OpenLoop,
    Reading,
    RunRecord,
    SelftestNote,
    Spread,
    TargetRecord,
    TrialSummary,
    UnexpectedAnswer,
)
from harness.records.provenance import MachineReading, Provenance
from servers.spec import TargetSpec
from tests.examples import SECOND, failed, finished, histogram, run, trial
from tests.report.answer.examples import client

SIX = ("requests", "httpx:sync", "httpx:async", "aiohttp", "pycurl", "urllib3")
ROUNDS = 5

# What would become markup, a script, a formula, a template, mathtext, or would turn the text around.
HOSTILE = (
    "</title></style></svg><script>document.title='taken'</script>"
    '"\'><img src="http://127.0.0.1:9/x" onerror="document.title=\'taken\'">'
    '<a href="javascript:alert(1)">x</a> &lt;b&gt; $\\frac{1}{0}$ {{ 7*7 }} {% raw %} ]]> -->'
    "\x1b[31m\x07\u202egnp\u2028\x00=1+1"
)


def series(label: str, number: int) -> tuple[Reading, ...]:
    """A second of readings of one trial."""
    begin = number * SECOND
    return tuple(
        reading
        for step in range(10)
        for reading in (
            Reading(begin + step * SECOND // 10, "worker", 99.0, 40_000_000 + step, 3, 12),
            Reading(begin + step * SECOND // 10, "target", 20.0 + step, 50_000_000, 1, 9),
            Reading(begin + step * SECOND // 10, "machine", 130.0 + step, steal_percent=1.5),
        )
    )


def six_clients() -> tuple[RunRecord, list[TrialSummary]]:
    """A closed loop of six clients and five rounds."""
    trials = [
        replace(
            client(label, number),
            readings=series(label, number),
            origin_cpu_ns=client(label, number).cpu_ns // 9,
        )
        for number in range(1, ROUNDS + 1)
        for label in SIX
    ]
    return finished(trials), trials


def open_loop(offered: int = 1000) -> tuple[RunRecord, list[TrialSummary]]:
    """An open loop: one client on time, one late, one that loses requests."""
    trials = []
    for number in range(1, 4):
        for label, late, lost in (("requests", 0, 0), ("aiohttp", 400, 0), ("pycurl", 10, 300)):
            done = offered - lost
            times = histogram(range(1_000_000, 1_000_000 + 1000 * done, 1000))
            loop = OpenLoop(
                planned=offered,
                dropped=0,
                missed=lost,
                late=late,
                response=times,
                mean_response_ns=1.5e6,
                queue_wait=times,
                pacer_lag=times,
            )
            trials.append(trial(label, number, rate=done, service=times, open_loop=loop))
    scenario = {"open_load": {"rate": offered, "arrivals": "uniform"}}
    return finished(trials, scenario=scenario), trials


def hostile(text: str = HOSTILE) -> tuple[RunRecord, list[TrialSummary]]:
    """A run in which every text that a database can hold is ``text``."""
    labels = ("one " + text, "two " + text)
    environment = Environment(
        Interpreter(text, text, text, text, gil=True), (Installed(text, text, text),), text
    )
    common: dict[str, Any] = {
        "client_library": text,
        "client_version": text,
        "versions": {text: text},
        "python_version": text,
        "event_loop": text,
        "profile": text,
        "unequal": (text,),
        "http_method": text,
        "url": f"http://{text}/{text}",
        "client_environment": environment,
        "client_source": ClientSource("url", text, text, text, True),
        "error_counts": {text: 3},
        "status_counts": {200: 990, 500: 10},
        "unexpected_answer": UnexpectedAnswer(500, text),
        "target": TargetSpec(name=text, url=text, alias=text, config=text),
    }
    trials = [
        trial(label, number, rate=1000 + 100 * place, readings=series(label, number), **common)
        for number in (1, 2, 3)
        for place, label in enumerate(labels)
    ]
    trials.append(failed("three " + text, 1, text))
    record = run(
        name=text,
        baseline=labels[0],
        axis=text,
        scenario={
            **{"url": text, "path": text, "preset": text, text: text, "condition_factor": text},
            "headers": {text: text},
            "competitors": [
                {"label": labels[0], "client": {"name": text}, "target": {"name": text}}
            ],
        },
        environment={
            **{"host": text, "cpu": text, "cpus": 2, "python": text, "kernel": text},
            **{"system": text, "versions": {text: text, "clientbench": text}},
        },
        target={text: text},
        targets=(TargetRecord(TargetSpec(name=text, alias=text), {text: text}),),
        spreads=(Spread(0, 1, text, 7),),
        doubts=(Doubt(text, labels[0], text, text), Doubt("unequal bytes", labels[1], text, text)),
        selftest=SelftestNote(text, text, True, 0.1, (text,)),
        provenance=Provenance(text, text, True, {text: text}, {text: text}),
        machine_readings=(MachineReading("start", text, 1.0, text, 2000.0, 5),),
    )
    return replace(record, comparisons=tuple(compare(trials, record.baseline))), trials
