"""The self-test as it is printed, and the line that cites it."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from harness.records.figure import Figure
from harness.records.selftest_result import SelftestPart
from harness.report.json_document import document
from harness.report.markdown import to_markdown
from harness.report.notes import notes
from harness.report.selftest import citation, lines, to_json
from harness.report.text_file import to_text
from tests.examples import run, two_clients
from tests.selftest.examples import KEPT, PLAIN, selftest


def test_figures_are_grouped_and_the_end_says_what_follows() -> None:
    pacing = SelftestPart(
        "pacing",
        tuple(replace(one, name=f"raw:sync: {one.name}") for one in (PLAIN, KEPT)),
    )
    same = SelftestPart("A/A", (Figure("resolution", 2.3, None, "lower", "%"),))
    text = list(lines(selftest(parts=(pacing, same)), 112))
    assert text == [
        "measured on: bench, AMD EPYC, 2 CPUs, kernel 6.1.0, Python 3.11.7",
        "",
        "pacing",
        "  raw:sync",
        "           throughput: 81,234 req/s",
        "    ok     lag p99: 12.5 µs (must be ≤ 250)  p50 3, p99.9 400, max 1,000 µs",
        "",
        "A/A",
        "         resolution: 2.3 %",
        "",
        "passed: resolution ± 2.3 %",
    ]


def test_a_failure_is_named_with_what_to_do() -> None:
    *_, last = lines(selftest("one", "other"), 112)
    assert last == (
        "FAILED: one; other (resolution ± 2.3 %); `clientbench doctor` looks for the cause"
    )


def test_no_line_is_wider_than_the_terminal() -> None:
    long = replace(
        KEPT, name="raw:async 1,870/s uniform, waits bimodal 1/50 ms: p99 off the truth by"
    )
    made = selftest("a figure with quite a name", parts=(SelftestPart("known latencies", (long,)),))
    text = list(lines(made, 80))
    assert max(map(len, text)) <= 80
    assert any(line.startswith(" " * 11) for line in text)


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        ((), "passed, resolution ± 2.3 %"),
        (("a",), "failed: a; resolution ± 2.3 %"),
        (("a", "b"), "failed: a; b; resolution ± 2.3 %"),
        (("a", "b", "c", "d"), "failed: a; b and 2 more; resolution ± 2.3 %"),
    ],
)
def test_a_citation_is_one_line(missed: tuple[str, ...], expected: str) -> None:
    assert citation(selftest(*missed).note) == f"self-test 2025-03-01 10:31 UTC: {expected}"


def test_a_comparison_cites_it_and_a_single_client_does_not() -> None:
    trials = two_clients()
    cited = run(selftest=selftest().note)
    assert notes(cited, trials)[-1].startswith("self-test 2025-03-01 10:31 UTC: passed")
    alone = [trial for trial in trials if trial.label == "requests"]
    assert not any("self-test" in line for line in notes(cited, alone))
    for export in (to_text, to_markdown):
        assert export(cited, trials).count("self-test 2025-03-01 10:31 UTC: passed") == 1
        assert "self-test" not in export(cited, alone)


def test_without_one_a_comparison_says_where_to_get_it() -> None:
    line = notes(run(), two_clients())[-1]
    assert line == "self-test: machine not yet self-tested (2 min): `clientbench selftest`"


def test_without_a_comparison_the_resolution_is_unknown() -> None:
    made = selftest("comparison: measured", resolution=math.inf)
    assert citation(made.note).endswith("failed: comparison: measured; resolution unknown")
    *_, last = lines(made, 112)
    assert "(resolution unknown)" in last
    assert json.loads(to_json(made))["resolution"] is None
    cited = document(run(selftest=made.note), [])
    assert cited["run"]["selftest"]["resolution"] is None


def test_as_json_it_has_every_figure_and_no_nan() -> None:
    odd = replace(KEPT, value=math.nan)
    document = json.loads(to_json(selftest(parts=(SelftestPart("pacing", (odd,)),))))
    assert (document["passed"], document["failed"], document["full"]) == (False, ["lag p99"], False)
    ((figure,),) = [part["figures"] for part in document["parts"]]
    assert (figure["value"], figure["bound"], figure["missed"]) == (None, 250.0, True)
