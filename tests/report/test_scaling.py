"""A line per client says how it fares from one condition to the next."""

from __future__ import annotations

import csv
import io

from harness.records.model import TrialSummary
from harness.report import figures
from harness.report.csv_file import to_csv
from harness.report.markdown import to_markdown
from harness.report.scaling import scaling_lines
from harness.report.text_file import to_text
from tests.examples import finished, trial

TIMES, DASH = figures.TIMES, figures.DASH


def crossed(rounds: int = 4) -> list[TrialSummary]:
    return [
        trial(f"{name} {condition}", number, rate=rate, condition=condition)
        for number in range(1, rounds + 1)
        for name, rates in {"a": (1000, 3000, 6000), "b": (1000, 1000, 500)}.items()
        for condition, rate in zip(("GET", "PUT", "POST"), rates, strict=True)
    ]


def test_figures_and_ratios_to_the_condition_before() -> None:
    trials = crossed()
    run = finished(trials, baseline="a", condition_factor="method")
    assert scaling_lines(run, trials) == [
        f"a, throughput: 1,000/s at GET → 3,000/s at PUT (3.00{TIMES}, 3.00{DASH}3.00)"
        f" → 6,000/s at POST (2.00{TIMES}, 2.00{DASH}2.00)",
        f"b, throughput: 1,000/s at GET → 1,000/s at PUT (equivalent, 1.00{DASH}1.00)"
        f" → 500/s at POST (0.500{TIMES}, 0.500{DASH}0.500)",
    ]


def test_without_a_verdict_there_is_no_ratio() -> None:
    trials = crossed(rounds=1)
    run = finished(trials, baseline="a", condition_factor="method")
    assert "1,000/s at GET → 3,000/s at PUT (no verdict)" in scaling_lines(run, trials)[0]


def test_without_conditions_there_is_no_line() -> None:
    trials = [trial("a"), trial("b")]
    assert scaling_lines(finished(trials), trials) == []


def test_files_have_a_table_for_each_condition() -> None:
    trials = crossed()
    run = finished(trials, baseline="a", condition_factor="method")
    markdown, text = to_markdown(run, trials), to_text(run, trials)
    for condition in ("GET", "PUT", "POST"):
        assert f"**method: {condition}**" in markdown
        assert f"method: {condition}" in [line.strip() for line in text.splitlines()]
    assert markdown.count("1 (baseline)") == 3


def test_a_row_of_csv_names_the_row_it_is_compared_with() -> None:
    trials = crossed()
    run = finished(trials, baseline="a", condition_factor="method")
    rows = list(csv.DictReader(io.StringIO(to_csv(run, trials))))
    assert {(row["label"], row["baseline"]) for row in rows} == {
        (f"{name} {method}", f"a {method}") for name in "ab" for method in ("GET", "PUT", "POST")
    }
