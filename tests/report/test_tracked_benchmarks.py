"""Figures for services that track benchmarks have the confidence of their run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from harness.records.model import RunRecord
from harness.report.tracked_benchmarks import to_bencher
from tests.examples import finished, trial, two_clients


def ends(record: RunRecord) -> tuple[float, float]:
    scattering = [trial("requests", number, 4000 + 100 * number) for number in (1, 2, 3)]
    found: dict[str, Any] = json.loads(to_bencher(record, scattering))
    measured = found["requests"]["throughput"]
    return measured["lower_value"], measured["upper_value"]


def test_a_run_that_chose_its_end_has_wider_intervals() -> None:
    fixed = finished(two_clients())
    gate = {"unclear": "measure", "against": "baseline"}
    low, high = ends(fixed)
    for asked in ({"precision": {"half_width": 0.02}}, {"gate": gate}):
        wider = ends(replace(fixed, scenario={**fixed.scenario, **asked}))
        assert wider[0] < low
        assert high < wider[1]
