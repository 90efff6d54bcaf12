"""The table people see, at the widths they have."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, Group

from harness.records.model import Comparison, TrialSummary
from harness.report.listings import rows_table, runs_table, trials_table
from harness.report.terminal import result_tables
from harness.report.text_file import to_text
from harness.store.reading import RunLine
from tests.examples import TIMEOUT_NS, failed, finished, histogram, trial, two_clients

WIDTHS = (80, 100, 120, 200)


def rendered(renderable: Any, width: int) -> str:
    text = io.StringIO()
    Console(file=text, width=width, color_system=None, legacy_windows=False).print(renderable)
    return text.getvalue()


def shown(trials: list[TrialSummary], width: int, **changes: Any) -> str:
    return rendered(Group(*result_tables(finished(trials, **changes), trials, width)), width)


def squeezed(text: str) -> str:
    """Without blanks and line breaks, so that a folded text can still be found."""
    return "".join(text.split())


def worst_case() -> list[TrialSummary]:
    """The widest figures that are plausible, all at once."""
    return [
        made
        for round in (1, 2, 3)
        for made in (
            trial("requests", round, rate=100 + round),
            trial(
                "aiohttp:async+uvloop",
                round,
                rate=110_000 + 3000 * round,
                client_version="3.11.18",
                population=123_456,
                error_counts={"connect": 777},
                service=histogram([89_912]),
                peak_rss_bytes=1_230_000_000,
                cpu_ns=98_765_432_100,
            ),
            trial(
                "httpx:async",
                round,
                service=histogram([TIMEOUT_NS]),
                censored=1,
                state="partial" if round == 2 else "complete",
                reason="worker killed by signal 9" if round == 2 else None,
            ),
            failed("pycurl", round, "connect to http://127.0.0.1:1/: [Errno 111] [red]refused"),
        )
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut(width: int) -> None:
    text = shown(worst_case(), width)
    for wanted in ("requests", "aiohttp+uvloop", "httpx", "pycurl", "async", "3.11.18", "failed"):
        assert wanted in text
    for wanted in ("(baseline)", "×", "116,000", "0.0899", ">10s", "req/s", "p99", "µs/req"):
        assert wanted in squeezed(text)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_an_interval_that_needs_many_digits_is_not_cut(width: int) -> None:
    made = worst_case()
    close = Comparison(
        *("aiohttp:async+uvloop", "requests", "throughput", 1.02, 1.00000004, 1.0400001, 3),
        verdict="faster",
        family=1,
    )
    text = rendered(
        Group(*result_tables(replace(finished(made), comparisons=(close,)), made, width)), width
    )
    assert "(1.00000004–" in text and "1.04)" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_reasons_stand_below_and_are_no_markup(width: int) -> None:
    text = squeezed(shown(worst_case(), width))
    assert (
        squeezed(
            "* partial: httpx:async: round 2: worker killed by signal 9"
            " failed: pycurl: rounds 1, 2, 3: connect to http://127.0.0.1:1/: [Errno 111] [red]refused"
        )
        in text
    )


def test_a_wide_terminal_has_a_line_per_competitor() -> None:
    lines = shown(two_clients(), 120).splitlines()
    assert [" ".join(line.split()) for line in lines[3:]] == [
        "requests sync 2.32.3 1,000 1 (baseline) 1.00 1.00 1.00 500 45.0 0",
        "aiohttp async 2.32.3 4,000 4.00× (4.00–4.00) 1.00 1.00 1.00 125 45.0 0",
    ]


def test_the_first_column_is_what_competitors_differ_in() -> None:
    trials = [trial("GET"), trial("POST", http_method="POST")]
    text = shown(trials, 100, axis="method", baseline="GET")
    assert text.split()[:2] == ["throughput", "ratio"]
    assert "method" in text
    assert "POST" in text


def test_a_failed_baseline_is_no_baseline() -> None:
    assert "baseline" not in shown([failed("requests"), trial("httpx")], 100)


def test_competitors_without_any_number_render() -> None:
    text = shown([failed("requests"), failed("httpx")], 80)
    assert "nan" not in text.lower()
    assert text.count("failed") == 4


def test_text_has_the_answer_then_details_and_doubts() -> None:
    lines = to_text(finished(two_clients()), two_clients()).splitlines()
    assert lines[0].startswith("GET ")
    assert "result   aiohttp:async has 4.00× the throughput of requests (95 % CI" in "\n".join(
        lines
    )
    assert lines[-1].startswith("self-test: machine not yet self-tested")
    assert lines[-2].startswith("warning: disturbed: run: ")
    assert lines[-3].startswith("HTTP requests sent: 15,000 counted, 600 more (preparation, first")
    assert lines[-6:-3] == [
        "measured on: bench, 2 CPUs",
        "measured at: 2025-03-01 10:00:00 UTC (run run-1)",
        "measured by: seed 7",
    ]
    assert not any(line.endswith(" ") or "\x1b" in line for line in lines)


def test_runs_are_listed_with_their_competitors() -> None:
    line = RunLine(
        *("20250301-abc", "compare x", "2025-03-01T10:00:00+00:00", None, "unfinished"),
        *("client", "requests", ("requests", "aiohttp:async"), 3, 1, {}),
    )
    text = rendered(runs_table([line], 100), 100)
    for wanted in ("20250301", "2025-03-01 10:00:00", "unfinished", "requests aiohttp:async"):
        assert wanted in text
    *_, row = text.splitlines()
    assert row.split()[4:6] == ["3", "–"]  # its warnings are not known yet
    *_, row = rendered(
        runs_table([replace(line, ended_at="then", state="complete")], 100), 100
    ).splitlines()
    assert row.split()[4:6] == ["3", "1"]


def test_names_and_tags_are_listed_where_a_run_has_one() -> None:
    plain = run_line("requests", "aiohttp")
    tagged = replace(plain, name="spring\x1b", tags={"pr": "7", "who": "me"})
    assert "tags" not in rendered(runs_table([plain], 120), 120)
    text = rendered(runs_table([plain, tagged], 120), 120)
    assert text.splitlines()[0].rstrip().endswith("name, tags")
    assert text.splitlines()[-1].split()[-3:] == ["spring\\x1b", "pr=7", "who=me"]
    assert "compare x" not in text


@pytest.mark.parametrize("width", WIDTHS)
def test_trials_show_the_rounds_behind_a_comparison(width: int) -> None:
    text = rendered(trials_table([*two_clients(), failed("pycurl")], width), width)
    assert "4,000" in text
    assert "trial-ai" in text
    assert "failed" in text


def test_rows_of_a_query_are_shown_as_they_are() -> None:
    text = rendered(rows_table(["a", "b"], [(1, None), (22, "[bold]x[/bold]")], 80), 80)
    assert [line.split() for line in text.splitlines() if "─" not in line] == [
        ["a", "b"],
        ["1", "NULL"],
        ["22", "[bold]x[/bold]"],
    ]


def test_rows_of_a_query_without_rows_or_columns_render() -> None:
    assert "a" in rendered(rows_table(["a"], [], 80), 80)
    rendered(rows_table([], [], 80), 80)


def run_line(*competitors: str) -> RunLine:
    return RunLine(
        *("20250301-abc", "compare x", "2025-03-01T10:00:00+00:00", "then", "interrupted"),
        *("client", "requests", competitors, 30, 17, {}),
    )


@pytest.mark.parametrize("width", range(40, 121, 4))
def test_nothing_of_a_run_in_the_list_is_cut(width: int) -> None:
    lines = [run_line("requests", "aiohttp"), run_line("httpx:async+uvloop@python3.13", "stdlib")]
    text = rendered(runs_table(lines, width), width)
    assert max(map(len, text.splitlines())) <= width
    for whole in ("20250301", "2025-03-01 10:00:00", "interrupted", "30", "17", "warnings"):
        assert text.count(whole) >= 1, text
    assert text.count("2025-03-01 10:00:00") == text.count("17") == 2
    for folded in ("clients", "requestsaiohttp", "httpx:async+uvloop@python3.13stdlib"):
        assert letters_in_order(folded, squeezed(text)), text


def letters_in_order(wanted: str, text: str) -> bool:
    """A cell that wraps has cells of other columns between its lines."""
    left = iter(text)
    return all(letter in left for letter in wanted)


@pytest.mark.parametrize("columns", [1, 3, 9, 40])
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_value_of_a_query_is_cut(width: int, columns: int) -> None:
    rows = [[f"<{row}.{column}>" for column in range(columns)] for row in range(3)]
    names = [f"name_{column}" for column in range(columns)]
    text = rendered(rows_table(names, rows, width), width)
    assert max(map(len, text.splitlines())) <= width
    for whole in (*names, *(value for row in rows for value in row)):
        assert re.search(rf"{re.escape(whole)}(?!\d)", text), text


def test_without_room_for_a_table_the_columns_of_nothing_are_named() -> None:
    names = [f"name_{column}" for column in range(40)]
    assert rendered(rows_table(names, [], 40), 40).split() == [
        *(f"{one}," for one in names[:-1]),
        names[-1],
    ]


def test_importing_the_package_does_not_load_rich() -> None:
    code = "import sys, harness.report; print('rich' in sys.modules)"
    command = [sys.executable, "-c", code]
    root = Path(__file__).parents[2]
    found = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "False"
