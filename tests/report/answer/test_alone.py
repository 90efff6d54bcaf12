"""One client alone: the first line says whether it holds the rate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.summaries import summarised
from harness.records.model import Doubt, OpenLoop, RunRecord, TrialSummary
from harness.report.answer.alone import sentence
from harness.report.answer.facts import Facts
from harness.report.answer.screen import answer
from tests.examples import SECOND, histogram, run, trial
from tests.report.answer.examples import QUIET

MS = 1_000_000


def open_loop(rate: int, achieved: int) -> list[TrialSummary]:
    times = histogram([MS] * 990 + [5 * MS] * 10)
    loop = OpenLoop(rate, 0, rate - achieved, 0, times, 1.04 * MS, times, times)
    return [
        trial("aiohttp", 1, rate=achieved, open_loop=loop, service=times, cpu_ns=SECOND * 6 // 100)
    ]


def said(trials: list[TrialSummary], **changes: object) -> str:
    (summary,) = summarised(trials)
    return sentence(RunRecord(**{**run().__dict__, **changes}), summary, trials)


def test_a_rate_that_is_held() -> None:
    assert said(open_loop(300, 300)) == (
        "aiohttp holds 300 req/s: yes – p50 1.00 ms, p99 1.00 ms, p99.9 5.00 ms, 6.0 % of a core, "
        "45.0 MB"
    )


@pytest.mark.parametrize(("failed", "answer"), [(3, "yes"), (4, "no, 300 req/s")])
def test_failed_requests_do_not_hold_it(failed: int, answer: str) -> None:
    (made,) = open_loop(300, 300)
    trials = [replace(made, error_counts={"status": failed})]
    assert f"holds 300 req/s: {answer} – p50" in said(trials)


def test_a_rate_that_is_not_held() -> None:
    assert said(open_loop(300, 271)).startswith("aiohttp holds 300 req/s: no, 271 req/s – p50")


@pytest.mark.parametrize(
    ("kind", "answered"),
    [
        ("client-saturated", "no, 300 req/s"),
        ("queue not settled", "unknown, its queue was still settling"),
        ("generator-saturated", "unknown, clientbench could not keep the schedule; 300 req/s"),
    ],
)
def test_warnings_decide_before_the_figure_does(kind: str, answered: str) -> None:
    doubts = (Doubt(kind, "aiohttp", "what", "do"),)
    assert f"holds 300 req/s: {answered} – p50" in said(open_loop(300, 300), doubts=doubts)


def test_a_closed_loop_says_what_it_does() -> None:
    assert said([trial("aiohttp")]).startswith("aiohttp: 1,000 req/s – p50 1.00 ms, p99 1.00 ms")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_screen_has_percentiles_and_a_histogram_and_fits(width: int) -> None:
    record = replace(run(other_load=QUIET), scenario={"open_load": {"rate": 300}})
    lines = [
        line.plain for line in answer(Facts.of(record, open_loop(300, 300)), width, "results.db")
    ]
    assert max(map(len, lines)) <= width
    result = next(number for number, line in enumerate(lines) if line.startswith("result"))
    assert any(line.startswith("response ") for line in lines[result:])
    assert sum(int(line.split()[-1].replace(",", "")) for line in lines if "≤" in line) == 1000
    assert len(lines) <= 23 or width < 80


def test_the_rate_is_the_given_one_and_held_by_the_starts() -> None:
    """A run that ends by a count has windows that are longer than its starts take."""
    made = [replace(open_loop(100, 100)[0], window_ns=6 * SECOND)]
    assert said(made, scenario={"open_load": {"rate": 50}}).startswith(
        "aiohttp holds 50.0 req/s: yes"
    )


def test_where_nothing_was_measured_nothing_is_known() -> None:
    made = [replace(open_loop(300, 0)[0], completed=0)]
    assert "unknown, no response fell into the measured time" in said(made)
