"""The page of runs over time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.trend import lines
from harness.records.trend import Ratio
from harness.report.html.trend_page import to_html
from tests.report.html.examples import HOSTILE
from tests.report.html.test_page import elements
from tests.trend_points import noise, point, points, stepped


def text_of(page: str) -> str:
    return " ".join("".join(elements(page).texts).split())


@pytest.mark.long
def test_a_step_is_told_and_drawn() -> None:
    page = to_html(lines(points(stepped(20, 10, 1.3))))
    text = text_of(page)
    assert "httpx: worse since 2026-03-21: CPU per request" in text
    assert "step between 2026-03-20 and 2026-03-21" in text
    assert 'stroke-dasharray="' in page
    assert "2026-03-21, run 00000000, 0.27.2: 0.1" in text
    assert "now " in text
    assert page.count("<svg ") == 2


@pytest.mark.long
def test_runs_that_do_not_count_are_hollow_and_say_why() -> None:
    made = points(noise(12))
    made[5] = replace(made[5], unused=("disturbed",))
    page = to_html(lines(made))
    assert "not used: disturbed" in text_of(page)
    assert "not used (○): 1 run: 1 disturbed" in text_of(page)


@pytest.mark.long
@pytest.mark.parametrize(
    "made",
    [
        points(noise(1)),
        points(noise(3), ratios={}, values={}),
        points(noise(3), ratios={"throughput": Ratio(1e300, 1e-300, 1e308)}),
        [point(number, unused=("incomplete",)) for number in range(3)],
    ],
)
def test_little_and_odd_figures_have_a_page(made: list[object]) -> None:
    page = to_html(lines(made))  # type: ignore[arg-type]
    assert "Every run" in text_of(page)


@pytest.mark.long
def test_no_text_of_a_database_becomes_markup() -> None:
    changes = dict.fromkeys(
        ("name", "label", "machine", "series", "baseline", "client_version", "python_version"),
        HOSTILE,
    )
    changes |= dict.fromkeys(("kernel", "commit", "http_method", "url", "run_name"), HOSTILE)
    made = [point(number, cost, **changes) for number, cost in enumerate(stepped(12, 8, 1.5))]
    made[3] = replace(made[3], unused=(HOSTILE,))
    page = to_html(lines(made))
    plain = points(stepped(12, 8, 1.5))
    plain[3] = replace(plain[3], unused=("disturbed",))
    found, usual = elements(page), elements(to_html(lines(plain)))
    assert found.tags <= usual.tags
    allowed = {name for _, attributes in usual.found for name in attributes}
    assert {name for _, attributes in found.found for name in attributes} <= allowed
    assert not {*"\x1b\x07\u202e\u2028\x00"} & {*page}
    assert "<script>document.title='taken'</script>" in "".join(found.texts)
