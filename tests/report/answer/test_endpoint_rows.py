"""The endpoints of one client: a row for each, whatever the width."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from harness.records.endpoint_summary import EndpointSummary
from harness.report.answer.facts import Facts
from harness.report.answer.screen import answer
from tests.examples import SECOND, histogram, run, trial
from tests.report.answer.examples import QUIET

MS = 1_000_000


def endpoint(number: int, of: int, **changes: object) -> EndpointSummary:
    own = 1000 // of
    made = EndpointSummary(
        name=f"GET /items/{number}",
        http_method="GET",
        url=f"http://shop.example:8080/items/{number}",
        share=float(Fraction(1, of)),
        body_bytes=0,
        population=own,
        correct=own,
        service=histogram([number * MS] * own),
        censored=0,
        timeout_ns=10 * SECOND,
        status_counts={200: own},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def screen(endpoints: list[EndpointSummary], width: int) -> list[str]:
    made = [trial("pycurl", endpoints=tuple(endpoints))]
    facts = Facts.of(run(other_load=QUIET), made)
    return [line.plain.rstrip() for line in answer(facts, width, "results.db")]


def test_figures_of_each() -> None:
    failed = {"status_counts": {404: 3, 200: 497}, "error_counts": {"status": 3}}
    own = [endpoint(1, 2), endpoint(2, 2, name="read", http_method="PUT", **failed)]
    lines = screen(own, 120)
    head = next(place for place, line in enumerate(lines) if line.startswith("endpoint "))
    assert [" ".join(line.split()) for line in lines[head : head + 4]] == [
        "endpoint requests share statuses errors p50 ms p99 ms",
        "GET http://shop.example:8080/items/1 500 50.0 % 200 × 500 0 1.00 1.00",
        "read: PUT http://shop.example:8080/items/2",  # longer than a third of the screen
        "500 50.0 % 200 × 497, 404 × 3 3 2.00 2.00",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_it_fits_and_shows_the_first_twenty(width: int) -> None:
    lines = screen([endpoint(number, 25) for number in range(1, 26)], width)
    assert max(map(len, lines)) <= width
    text = "".join(lines)
    assert "items/20" in text
    assert "items/21" not in text
    assert any(line.startswith("and 5 more endpoints") for line in lines)


def test_a_run_without_a_mixture_has_no_such_table() -> None:
    assert not any(line.startswith("endpoint ") for line in screen([], 120))
