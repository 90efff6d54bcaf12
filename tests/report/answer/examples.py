"""Runs whose screens are kept beside the tests, as they were when somebody looked at them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.analysis.comparison import compare
from harness.analysis.doubts.barring import barred
from harness.records.model import (
    Doubt,
    GroupLatencies,
    OpenLoop,
    OtherLoad,
    RunRecord,
    SliceRecord,
    TrialSummary,
)
from tests.examples import SECOND, finished, histogram, trial

GOLDEN = Path(__file__).parent / "golden"
ROUNDS = 5
# requests per second, median in ns, CPU per request in ns, peak memory in MB
CLIENTS = {
    "requests": (2_800, 3_280_000, 356_000, 30.0),
    "httpx:sync": (3_220, 2_430_000, 309_000, 29.1),
    "httpx:async": (1_270, 6_650_000, 764_000, 32.0),
    "aiohttp": (9_790, 992_000, 99_800, 37.2),
    "pycurl": (54_900, 138_000, 16_600, 23.9),
    "urllib3": (6_330, 1_520_000, 156_000, 25.9),
    "requestx:sync": (19_800, 469_000, 46_200, 30.4),
    "requestx:async": (10_000, 1_020_000, 98_200, 32.6),
}
QUIET = OtherLoad(30 * SECOND, SECOND, 0, 0.2, targets_apart=True)


def client(label: str, number: int) -> TrialSummary:
    """One round of a second, a little faster or slower than the others."""
    rate, median_ns, cpu_ns, megabytes = CLIENTS[label]
    swing = 1 + 0.02 * ((number * (3 + len(label))) % 5 - 2)
    completed = round(rate * swing)
    times = median_ns * np.linspace(0.8, 1.2, completed) / swing
    return trial(
        label,
        number,
        rate=completed,
        service=histogram(int(time) for time in times),
        cpu_ns=round(cpu_ns * completed / swing),
        peak_rss_bytes=round(megabytes * 1e6),
    )


CONDITIONS = {"c=1": 0.4, "c=16": 1.0, "c=128": 0.9}  # share of the throughput


def three_by_three(
    *, open_loop: bool = False, **changes: object
) -> tuple[RunRecord, list[TrialSummary]]:
    """A run of three clients at three concurrencies, with three kinds of warnings."""
    trials = [
        in_condition(client(label, number), condition, open_loop=open_loop)
        for number in range(1, ROUNDS + 1)
        for condition in CONDITIONS
        for label in ("requests", "httpx:sync", "aiohttp")
    ]
    short = [f"{label} c=128" for label in ("requests", "httpx:sync", "aiohttp")]
    doubts = (
        *(Doubt("short slices", label, f"{label} is slow", "measure longer") for label in short),
        *(
            Doubt("server-bound", f"aiohttp {one}", f"{one} is fast", "more CPUs")
            for one in CONDITIONS
        ),
        *(
            Doubt("too few samples", one.label, f"{one.label} is too short for p99", "wait")
            for one in trials[:9]
        ),
    )
    scenario = {"open_load": {"rate": 1000}} if open_loop else {}
    run = finished(trials, condition_factor="concurrency", scenario=scenario)
    values = {"doubts": doubts, "other_load": QUIET, "comparisons": (), **changes}
    return RunRecord(**{**run.__dict__, **values}), trials


def in_condition(one: TrialSummary, condition: str, *, open_loop: bool) -> TrialSummary:
    """The trial with a share of its throughput; in an open loop with response times."""
    share = CONDITIONS[condition]
    correct = round(one.correct * share)
    load = OpenLoop(correct, 0, 0, 0, one.service, None, one.service, one.service)
    return replace(
        one,
        id=f"{one.id} {condition}",
        label=f"{one.label} {condition}",
        condition=condition,
        concurrency=int(condition.removeprefix("c=")),
        correct=correct,
        completed=correct,
        open_loop=load if open_loop else None,
    )


def eight_clients(**changes: object) -> tuple[RunRecord, list[TrialSummary]]:
    """A run of eight clients with two kinds of warnings, on a machine that was quiet."""
    trials = [client(label, number) for number in range(1, ROUNDS + 1) for label in CLIENTS]
    doubts = (
        *(
            Doubt("too few samples", label, f"{rate} samples are too few for p99", "measure longer")
            for label, rate in (("requests", 1940), ("httpx:async", 1270))
        ),
        Doubt(
            "unequal settings", "pycurl", "libcurl has no read timeout", "use --profile defaults"
        ),
        Doubt("server-bound", "pycurl", "the target used 97 % of its CPU", "give it more cores"),
    )
    run = finished(trials)
    values = {"doubts": doubts, "other_load": QUIET, **changes}
    return RunRecord(**{**run.__dict__, **values}), trials


def sixty_clients() -> tuple[RunRecord, list[TrialSummary]]:
    """A run of sixty clients in six groups, one of which sends other bytes than the rest."""
    trials = []
    for number in range(1, ROUNDS + 1):
        blocks = range(0, 60, 10)
        base = grouped("requests", number, 2_000, list(blocks))
        parts = tuple(GroupLatencies(block, base.service, 0) for block in blocks)
        trials.append(replace(base, groups=parts, window_ns=6 * SECOND))
        trials += [
            grouped(f"client-{place:02}:sync", number, 1_000 + 100 * place, [blocks[place % 6]])
            for place in range(1, 60)
        ]
    differs = Doubt("unequal bytes", "client-59:sync", "it sends two headers", "leave it out")
    run = finished(trials)
    compared = compare(trials, run.baseline, barred([differs]))
    values = {"doubts": (differs,), "other_load": QUIET, "comparisons": tuple(compared)}
    return RunRecord(**{**run.__dict__, **values}), trials


def grouped(label: str, number: int, rate: int, blocks: list[int]) -> TrialSummary:
    """One round of a client with a slice of a second in each of these blocks."""
    swing = 1 + 0.01 * ((number * (3 + rate // 100)) % 5 - 2)
    correct = round(rate * swing)
    slices = tuple(
        SliceRecord(block, 0, block, block + SECOND, correct, correct, SECOND // 2, correct, 7)
        for block in blocks
    )
    total = correct * len(blocks)
    found = trial(label, number, rate=total, slices=slices, cpu_ns=len(blocks) * SECOND // 2)
    return replace(found, service=histogram([10 * SECOND // correct] * correct))
