"""Several conditions: one table if there is room, one result, warnings that name the conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness.analysis.summaries import summarised
from harness.records.confidence import Verdict
from harness.records.model import Comparison, Doubt, RunRecord, TrialSummary
from harness.report import figures
from harness.report.answer.facts import Facts
from harness.report.answer.result import sentences
from harness.report.answer.screen import answer
from tests.examples import failed, finished, run, runs, trial, trials
from tests.report.answer.examples import CONDITIONS, GOLDEN, three_by_three

CLIENTS = ("aiohttp", "httpx:sync", "requests")


def screen(record: RunRecord, made: list[TrialSummary], width: int) -> list[str]:
    place = "results/benchmark_results.db"
    return [line.plain for line in answer(Facts.of(record, made), width, place)]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_three_by_three_as_it_was_looked_at(width: int) -> None:
    lines = screen(*three_by_three(), width)
    assert "\n".join(lines) + "\n" == (GOLDEN / f"conditions_{width}.txt").read_text("utf-8")


@pytest.mark.parametrize("width", [40, 80])
def test_an_open_loop_as_it_was_looked_at(width: int) -> None:
    lines = screen(*three_by_three(open_loop=True), width)
    assert "\n".join(lines) + "\n" == (GOLDEN / f"open_conditions_{width}.txt").read_text("utf-8")


@pytest.mark.parametrize("open_loop", [False, True])
def test_it_fits_on_a_terminal_of_24_lines_and_80_columns(open_loop: bool) -> None:
    lines = screen(*three_by_three(open_loop=open_loop), 80)
    assert len(lines) <= 23  # and the prompt
    starts = [line.partition(" ")[0] for line in lines]
    assert [starts.count(one) for one in (*CLIENTS, "result", "trust")] == [1] * 5


@pytest.mark.long
@given(st.integers(40, 200))
def test_every_throughput_is_there_at_any_width(width: int) -> None:
    record, made = three_by_three()
    lines = screen(record, made, width)
    assert max(map(cell_len, lines)) <= width
    words = " ".join(lines).split()
    for one in Facts.of(record, made).summaries:
        assert figures.significant(one.requests_per_second) in words
    for condition in CONDITIONS:
        assert condition in words


NAMES = st.sampled_from(
    ["c=1", "nginx 3\N{MULTIPLICATION SIGN}embedded", "\x1b[31m", "http://10.0.0.1:8000" * 9]
)


@pytest.mark.long
@given(
    runs(id="run-1", condition_factor="target"),
    st.lists(NAMES.flatmap(lambda name: trials(id="t", condition=name)), max_size=4),
    st.integers(40, 200),
)
def test_any_run_in_conditions_has_a_screen_that_fits(
    record: RunRecord, made: list[TrialSummary], width: int
) -> None:
    for line in screen(record, made, width):
        # words stay whole: a path, or an identifier, may be longer than the screen
        assert cell_len(line) <= width or len(line.split()) <= 2
        assert "\x1b" not in line


def test_who_is_best_over_all_conditions_comes_first() -> None:
    rates = {"a": (100, 300, 100), "b": (200, 200, 200), "c": (50, 50, 50)}
    made = [
        trial(f"{name} {at}", 1, rate=rate, condition=at)
        for name, of in rates.items()
        for at, rate in zip(CONDITIONS, of, strict=True)
    ]
    lines = screen(finished(made, baseline="c", condition_factor="concurrency"), made, 80)
    assert [line[0] for line in lines[3:6]] == ["b", "a", "c"]


def test_a_client_that_is_missing_or_failed_in_a_condition_has_its_row() -> None:
    record, made = three_by_three()
    left = [one for one in made if one.label != "aiohttp c=16"]
    left = [
        replace(failed("requests c=1", one.round), condition="c=1")
        if one.label == "requests c=1"
        else one
        for one in left
    ]
    lines = screen(record, left, 80)
    (row,) = (line.split() for line in lines if line.startswith("aiohttp "))
    assert row[1:] == ["3,760", "–", "–", "–", "8,460", "–"]
    assert "failed" in next(line for line in lines if line.startswith("requests "))
    assert any(line.startswith("failed: requests c=1: ") for line in lines)


def test_errors_have_a_column_only_where_there_are_any() -> None:
    record, made = three_by_three()
    made[0] = replace(made[0], error_counts={"connect": 12})
    lines = screen(record, made, 120)
    assert lines[2].split().count("errors") == 1
    assert any("12 (" in line for line in lines)


def test_an_open_loop_shows_the_rate_where_it_was_not_held() -> None:
    record, made = three_by_three(open_loop=True)
    assert "req/s" not in " ".join(screen(record, made, 80)[1:])
    loop = made[0].open_loop
    assert loop is not None
    made[0] = replace(made[0], open_loop=replace(loop, planned=2 * loop.planned))
    assert " ".join(screen(record, made, 80)).split().count("req/s") == 2  # heading and column


def test_a_warning_names_conditions_and_clients_instead_of_all_their_pairs() -> None:
    record, made = three_by_three()
    pairs = ("requests c=1", "requests c=16", "requests c=128", "aiohttp c=1", "httpx:sync c=1")
    doubts = tuple(Doubt("disturbed", one, f"{one}: disturbed", "stop it") for one in pairs)
    lines = screen(replace(record, doubts=doubts), made, 200)
    (line,) = [line for line in lines if line.startswith("warning")]
    assert line.startswith("warning  disturbed: c=1, requests: other programs")


def said(found: dict[str, Sequence[tuple[str, Verdict | None, float]]], *clients: str) -> str:
    """The result for ``found``: each condition's comparisons; ``clients`` are the best first."""
    compared = [
        Comparison(
            *(f"{name} {at}", f"requests {at}", "throughput", ratio, ratio / 1.1, ratio * 1.1, 5),
            verdict,
            None if verdict else "short slices",
            condition=at,
        )
        for at, own in found.items()
        for name, verdict, ratio in own
    ]
    made = [trial(f"{name} {at}", condition=at) for at in found for name in clients]
    ranked = summarised(made)
    (sentence,) = sentences(run(), ranked, compared)
    return sentence


def test_the_result_names_the_first_in_each_condition_once() -> None:
    found: dict[str, Sequence[tuple[str, Verdict | None, float]]] = {
        "c=1": [("aiohttp", "faster", 3.0), ("httpx", "slower", 0.5)],
        "c=16": [("aiohttp", "inconclusive", 1.1), ("httpx", "slower", 0.5)],
        "c=128": [("aiohttp", None, 4.0), ("httpx", "slower", 0.5)],
        "c=256": [("aiohttp", None, 4.0), ("httpx", None, 0.5)],
    }
    assert said(found, "aiohttp", "requests", "httpx") == (
        "aiohttp comes first with 3.00× the throughput of requests for c=1 (95 % CI 2.73–3.30), "
        "with 1.10× for c=16 (1.00–1.21, inconclusive) and without a verdict for c=128. "
        "No verdict for c=256: short slices."
    )


def test_the_baseline_may_be_first_everywhere() -> None:
    slower: list[tuple[str, Verdict | None, float]] = [
        ("aiohttp", "slower", 0.9),
        ("httpx", "slower", 0.5),
    ]
    assert said({"GET": slower, "PUT": slower, "HEAD": slower}, "requests", "aiohttp", "httpx") == (
        "requests comes first for GET, PUT and HEAD."
    )


def test_of_two_clients_one_has_all_ratios() -> None:
    found: dict[str, Sequence[tuple[str, Verdict | None, float]]] = {
        "GET": [("aiohttp", "faster", 3.0)],
        "PUT": [("aiohttp", "slower", 0.5)],
        "HEAD": [("aiohttp", None, 1.0)],
    }
    assert said(found, "aiohttp", "requests") == (
        "aiohttp has 3.00× the throughput of requests for GET (95 % CI 2.73–3.30) and "
        "0.500× for PUT (0.455–0.550). No verdict for HEAD: short slices."
    )
