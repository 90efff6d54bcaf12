"""Published tables: what is typed in can be measured, and ratios and orders are those of the values."""

from __future__ import annotations

import pytest

from adapters import MODES_OF
from benchmarks.published import order, ratios
from benchmarks.published_tables import TABLES, Case
from harness.clients.ranges import check_range
from harness.scenario.selector import parse

CASES = [
    pytest.param(case, id=f"{table.name}-{case.name}") for table in TABLES for case in table.cases
]


@pytest.mark.parametrize("case", CASES)
def test_every_client_of_a_table_is_one_that_can_be_measured(case: Case) -> None:
    for text in case.rates:
        spec = parse(text)
        assert spec.mode is None or spec.mode in MODES_OF[spec.name]
        check_range(spec.name, spec.version)
    assert set(case.cpu_us or case.rates) <= set(case.rates)
    assert all(rate > 0 for rate in case.rates.values())


def test_tables_have_names_of_their_own_and_say_where_they_are_from() -> None:
    assert len({table.name for table in TABLES}) == len(TABLES)
    assert all(table.source and table.conditions and table.differences for table in TABLES)


def test_a_ratio_is_to_the_first_client_and_needs_a_value_here() -> None:
    theirs = {"slow": 100.0, "fast": 400.0, "absent": 200.0}
    assert list(ratios(theirs, {"slow": 10.0, "fast": 30.0})) == [("fast", 4.0, 3.0)]
    assert list(ratios(theirs, {"fast": 30.0})) == []
    assert list(ratios({}, {})) == []


def test_an_order_is_that_of_pairs_which_differ_in_the_source() -> None:
    theirs = {"a": 100.0, "b": 102.0, "c": 200.0, "d": 400.0}
    assert order(theirs, {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}) == (5, 5)
    assert order(theirs, {"a": 1.0, "b": 2.0, "c": 5.0, "d": 4.0}) == (4, 5)
    assert order(theirs, {"a": 1.0}) == (0, 0)
