"""The details show every figure of the JSON document, whole, at any width."""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.analysis.comparison import compare
from harness.records.model import Ceiling, HeldPlan, OpenLoop, RunRecord, TrialSummary
from harness.report import figures
from harness.report.details import details
from harness.report.json_document import document
from tests.examples import finished, histogram, trial

# Values that are no figures: text, identity, and whatever is kept for programs.
BESIDE = {
    *("client_environment", "target", "service_histogram", "family", "rounds", "round"),
    "slices",  # series, as the readings are: for programs
    *("percent", "processes", "concurrency", "timeout_ns", "above_ns"),
}


PERCENTILE = re.compile(r"p[0-9.]+|max")  # its unit is said by what it belongs to


def shown(record: RunRecord, made: list[TrialSummary], width: int) -> str:
    text = io.StringIO()
    console = Console(file=text, width=width, color_system=None, legacy_windows=False)
    for part in details(record, made, width):
        console.print(part)
    return text.getvalue()


def numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """All figures of a document, each with the key that says its unit."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in BESIDE:
                yield from numbers(inner, name if PERCENTILE.fullmatch(key) else key)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def forms(name: str, value: float) -> set[str]:
    """The ways in which people may read it: rounded to three digits, or whole."""
    if name.endswith("_ns"):
        return {
            figures.with_unit(value).split()[0],
            figures.latency_ms(value),
            figures.microseconds(value),
        }
    if name.endswith("_bytes"):
        return {figures.megabytes(value), f"{value:,.0f}"}
    if name in ("error_rate", "target_cpu_share", "trace_share", "worker_share"):
        return {figures.significant(100 * value)}
    if name == "high" and value >= 1e6:  # of an interval
        return {f"{value:.2e}"}
    return {figures.significant(value), f"{value:,.0f}"}


def words(text: str) -> set[str]:
    """Figures of a text, without what stands around them."""
    separated = text.translate(dict.fromkeys(map(ord, "()[];,:%×*–/"), " ")).split()
    whole = text.translate(dict.fromkeys(map(ord, "()[];:%×*–/"), " ")).split()
    return {*separated, *(word.rstrip(",") for word in whole)}


def assert_all_there(record: RunRecord, made: list[TrialSummary], width: int) -> None:
    text = shown(record, made, width)
    told = document(record, made)
    for one in told["competitors"]:
        # its block, and its row of the table above
        label = "\n".join(textwrap.wrap(one["label"], width))
        block = text.partition(f"\n{label}\n")[2].partition("\n\n")[0]
        found = words(block)
        for name, value in numbers(one):
            assert not math.isfinite(value) or forms(name, value) & found, (name, value)
    for one in told["trials"]:
        title = f"{one['label']},round{one['round']}(trial{one['id']})"
        (block,) = (two for two in text.split("\n\n") if "".join(two.split()).startswith(title))
        found = words(block)
        for name, value in numbers(one):
            known = name == "body_bytes" or not math.isfinite(value)  # among its competitor's
            assert known or forms(name, value) & found, (name, value)
    checks = words(text[text.rindex("(trial ") :])
    for name, value in numbers([told["run"]["held"], told["run"]["ceilings"]]):
        assert not math.isfinite(value) or forms(name, value) & checks, (name, value)
    for name, value in numbers(told["comparisons"]):
        assert not math.isfinite(value) or forms(name, value) & words(text), (name, value)


@st.composite
def measured(draw: Any) -> list[TrialSummary]:
    """Three rounds of two clients, of any size; names and versions may be longer than the screen."""
    made = []
    version = draw(st.sampled_from(("2.32.3", "2.32.3.post" + "1" * 80)))
    for label in (draw(st.sampled_from(("requests", "r" * 100))), "aiohttp"):
        rate = draw(st.integers(1, 10**6))
        for number in (1, 2, 3):
            times = draw(st.lists(st.integers(1_000, 10**10), min_size=1, max_size=30))
            made.append(
                trial(
                    label,
                    number,
                    client_version=version,
                    rate=rate + number,
                    service=histogram(times),
                    mean_service_ns=draw(st.floats(1e3, 1e9)),
                    cpu_ns=draw(st.integers(1, 10**12)),
                    idle_rss_bytes=draw(st.integers(10**6, 10**10)),
                    peak_rss_bytes=draw(st.integers(10**6, 10**10)),
                    error_counts=draw(
                        st.dictionaries(st.sampled_from(["dns", "body"]), st.integers(1, 99))
                    ),
                    origin_cpu_ns=draw(st.none() | st.integers(1, 10**12)),
                )
            )
    return made


@pytest.mark.long
@given(measured(), st.integers(40, 200))
def test_every_figure_is_there_at_any_width(made: list[TrialSummary], width: int) -> None:
    assert_all_there(finished(made), made, width)


def test_an_interval_as_wide_as_can_be_is_not_cut() -> None:
    made = [trial("requests", number, cpu_ns=1) for number in (1, 2, 3)]
    made += [trial("aiohttp", number, cpu_ns=cpu) for number, cpu in enumerate((123_501, 1, 1), 1)]
    assert_all_there(finished(made), made, 40)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_of_an_open_loop_too(width: int) -> None:
    made = []
    for label in ("requests", "aiohttp"):
        for number in (1, 2, 3):
            times = [number * 1_234_567 + step * 70_001 for step in range(100)]
            loop = OpenLoop(
                *(120, 3, 4, 5),
                response=histogram(time + 99_000 for time in times),
                mean_response_ns=3_210_000.0,
                queue_wait=histogram(range(0, 10_000_000, 100_003)),
                pacer_lag=histogram(range(0, 1_000_000, 10_007)),
            )
            made.append(trial(label, number, open_loop=loop, service=histogram(times)))
    record = replace(
        finished(made),
        scenario={"open_load": {"rate": 120}},
        held=(HeldPlan("requests", 120, 7, 8, 54_321, 9),),
        ceilings=(Ceiling("aiohttp", 81_000.0, 30_500.0, 29_400.0, 12_340.0, 23_450.0, 0.87),),
    )
    assert_all_there(replace(record, comparisons=tuple(compare(made, "requests"))), made, width)
