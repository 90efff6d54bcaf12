"""Runs over time as text, JSON, CSV and Markdown: what is told, that it fits, and hostile texts."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.analysis.trend import Line, lines
from harness.errors import UsageError
from harness.records.trend import TrendPoint
from harness.report import trend
from harness.report.trend_files import FORMATS, for_path, is_report
from tests.report.validated import check
from tests.trend_points import noise, point, points, stepped

HOSTILE = "\x1b[31m<b>|`=1+1"


def shown(found: Sequence[Line], width: int = 80, *, in_full: bool = True) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, width=width, height=25, color_system=None, markup=False)
    for part in trend.screen(found, width, in_full=in_full):
        console.print(part)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def newer(costs: Sequence[float], at: int) -> list[Any]:
    """Points with another version from a place on."""
    return [
        replace(one, client_version="0.28.1" if number >= at else "0.27.2")
        for number, one in enumerate(points(costs))
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_it_fits_and_the_answer_is_last(width: int) -> None:
    told = shown(lines(newer(stepped(20, 10, 1.3), 20)), width)
    joined = " ".join(" ".join(told).split())

    assert max(map(len, told)) <= width
    assert "client 0.27.2 → 0.28.1" in joined
    assert "step between 2026-03-20 and 2026-03-21" in joined
    assert joined.rpartition("trend ")[2].startswith("httpx: worse since 2026-03-21: CPU per req")
    assert joined.endswith("; fails with --fail-on step")


def test_what_could_have_been_seen_is_always_told() -> None:
    told = " ".join(" ".join(shown(lines(points(noise(20))))).split())

    assert re.search(
        r"runs scatter by \d.\d %; a step of \d.\d % would be seen within 5 runs", told
    )
    assert "trend no step; one of " in told


def test_too_few_runs_are_told_with_how_many_are_missing() -> None:
    told = " ".join(" ".join(shown(lines(points(noise(5))))).split())

    assert told.endswith(
        "trend too few runs: 5 of 5 count; 3 more usable runs of the same machine and settings needed"
    )


def test_runs_that_do_not_count_are_told_where_too_few_do() -> None:
    found = [replace(one, unused=("disturbed",)) for one in points(noise(9))]
    told = " ".join(" ".join(shown(lines(found))).split())

    assert told.endswith(
        "trend too few runs: 0 of 9 count (9 disturbed); 8 more usable runs of the same machine and "
        "settings needed"
    )


def test_runs_of_one_day_are_told_apart_by_their_time() -> None:
    factors = stepped(8, 6, 1.3)
    found = [
        replace(point(number, cpu=factor), started_at=f"2026-03-01T12:{number:02}:00+00:00")
        for number, factor in enumerate(factors)
    ]
    told = " ".join(" ".join(shown(lines(found))).split())

    assert "14 of 14 runs usable, 2026-03-01 12:00 to 12:13" in told
    assert "step between 2026-03-01 12:07 and 12:08" in told


def test_runs_that_hardly_scatter_do_so_by_nothing() -> None:
    told = " ".join(
        " ".join(
            shown(lines(points([1 + 1e-14 * n for n in range(12)]), "cpu_per_request"))
        ).split()
    )

    assert "runs scatter by 0 %" in told
    assert "e-" not in told


def test_what_does_not_count_is_hollow_and_told() -> None:
    found = points(noise(12))
    found[4] = replace(found[4], unused=("disturbed",))
    found[7] = replace(found[7], unused=("traced", "grave warning"))
    told = shown(lines(found))

    assert "not used (○): 2 runs: 1 disturbed, 1 traced" in told
    assert any(line.count("○") == 2 and "÷ requests" in line for line in told)


def test_weak_figures_are_marked() -> None:
    assert any(line.startswith("throughput (weak)") for line in shown(lines(points(noise(9)))))


def test_many_lines_are_a_table_and_then_their_steps() -> None:
    found = [
        one
        for number in range(6)
        for one in points(
            stepped(20, 5, 1.3) if number == 4 else noise(25, seed=number),
            name=f"client-{number}",
            label=f"client-{number}",
        )
    ]
    told = shown(lines(found), in_full=False)

    assert max(map(len, told)) <= 80
    assert len(told) < 25
    assert [line[:29] for line in told if line.startswith("trend ")] == [
        "trend  client-4: worse since "
    ]


def test_lines_of_one_name_are_told_apart_by_their_key() -> None:
    found = [*points(noise(3)), *points(noise(3), series="another")]

    assert sum("series " in line for line in shown(lines(found))) == 2


def test_a_users_own_server_is_named_with_its_host() -> None:
    found = points(noise(3), target="url", url="https://service.example/health")

    assert "GET https://service.example/health, 10 in flight" in shown(lines(found))[0]
    assert "GET /json, 10 in flight" in shown(lines(points(noise(3))))[0]


def hostile() -> list[Line]:
    changes = dict.fromkeys(
        ("name", "label", "machine", "baseline", "client_version", "kernel", "http_method"), HOSTILE
    )
    costs = stepped(12, 8, 1.5)
    made = [
        point(number, cost, **changes | {"python_version": HOSTILE if number < 12 else "3"})
        for number, cost in enumerate(costs)
    ]
    return lines(made)


def test_hostile_texts_stay_texts() -> None:
    told = "\n".join(shown(hostile()))
    markdown = FORMATS[".md"].write(hostile())
    text = FORMATS[".txt"].write(hostile())
    rows = list(
        csv.DictReader(
            io.StringIO(FORMATS[".csv"].write(lines(points([1.0], name="=1", label="=1"))))
        )
    )

    for written in (told, markdown, text, FORMATS[".csv"].write(hostile())):
        assert "\x1b" not in written
    assert "<b>" not in markdown.replace("\\<b>", "")
    assert rows[0]["line"] == "'=1"


def test_json_has_every_point_figure_and_event() -> None:
    document = json.loads(FORMATS[".json"].write(lines(newer(stepped(20, 10, 1.3), 20))))
    check(document, "trend")
    (line,) = document["lines"]

    assert document["schema"] == "clientbench/trend/1"
    assert [figure["figure"] for figure in line["figures"]] == [
        *("throughput_ratio", "cpu_per_request_ratio", "cpu_per_request", "throughput"),
    ]
    assert all(len(one["values"]) == len(line["points"]) == 30 for one in line["figures"])
    (event,) = line["events"]
    assert event["fails"] is True
    assert event["direction"] == "worse"
    assert event["after"]["run_id"] == line["points"][20]["run_id"]
    assert event["changes"] == [{"what": "client", "before": "0.27.2", "after": "0.28.1"}]
    step = event["steps"][0]
    assert step["at"] == 20
    assert step["low"] < 1.3 < step["high"]


@pytest.mark.parametrize("found", [[], points(noise(3)), points(noise(9), ratios={})])
def test_json_of_few_runs_keeps_its_schema(found: list[TrendPoint]) -> None:
    check(json.loads(FORMATS[".json"].write(lines(found))), "trend")


def test_csv_has_a_row_for_each_run_with_units_in_its_headings() -> None:
    found = list(
        csv.DictReader(io.StringIO(FORMATS[".csv"].write(lines(points(stepped(20, 10, 1.3))))))
    )

    assert len(found) == 30
    assert float(found[20]["cpu_per_request_step"]) == pytest.approx(1.3, rel=0.1)
    assert found[19]["cpu_per_request_step"] == ""
    assert float(found[0]["throughput_per_second"]) == pytest.approx(1000, rel=0.1)
    assert {"cpu_per_request_ns", "throughput_ratio", "throughput_ratio_low"} <= set(found[0])


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_of_each_kind_is_recognised(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"trend{ending}"
    path.write_text(for_path(path)(lines(newer(stepped(20, 10, 1.3), 20))))

    assert is_report(path, path.name)
    path.write_text("something else\n")
    assert not is_report(path, path.name)


def test_another_ending_is_refused() -> None:
    with pytest.raises(UsageError, match=r"must end in one of \.json, \.csv, \.md, \.txt"):
        for_path("trend.xlsx")
