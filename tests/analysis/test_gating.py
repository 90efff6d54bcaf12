"""The outcomes of a gate: kept, broken, unclear."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.gating import clopper_pearson, judge, requests_missing
from harness.errors import UsageError
from harness.input.gate_input import rule
from harness.records.confidence import CONFIDENCE, DECIDED_CONFIDENCE
from harness.records.gate_result import GateFinding
from harness.records.model import Doubt, OtherLoad, RunRecord, TrialSummary
from harness.scenario.gate import Gate, Rule, applied
from tests.examples import SECOND, histogram, run, trial

WATCHED = OtherLoad(
    length_ns=60 * SECOND, used_ns=0, steal_ns=0, load_average=0.0, targets_apart=True
)
ROUNDS = 10
NOISE = [0.99, 1.01, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99, 1.0, 1.0]  # of rounds


def gate(*rules: tuple[str, str], **changes: Any) -> Gate:
    return Gate(rules=tuple(rule(pattern, text) for pattern, text in rules), **changes)


def record(**changes: Any) -> RunRecord:
    return run(**{"baseline": "base", "other_load": WATCHED} | changes)


def two(ratio: float, **changes: Any) -> list[TrialSummary]:
    """``head`` with ``ratio`` × the throughput of ``base``, and as many times less CPU."""
    return [
        made
        for number, noise in enumerate(NOISE, 1)
        for made in (
            trial("base", number, rate=10_000),
            trial("head", number, rate=round(10_000 * ratio * noise), **changes),
        )
    ]


def found(limits: Gate, trials: Sequence[TrialSummary], **of_run: Any) -> list[GateFinding]:
    return judge(limits, record(**of_run), trials, CONFIDENCE)


def outcome(text: str, trials: Sequence[TrialSummary], **of_run: Any) -> str:
    (one,) = found(gate(("head", text)), trials, **of_run)
    return one.outcome


@pytest.mark.parametrize(
    ("ratio", "expected"), [(1.0, "kept"), (0.955, "unclear"), (0.95, "unclear"), (0.9, "broken")]
)
def test_a_ratio_is_judged_by_its_whole_interval(ratio: float, expected: str) -> None:
    assert outcome("throughput >= 0.95 of baseline", two(ratio)) == expected


def test_a_finding_has_its_interval_and_whom_it_is_relative_to() -> None:
    (one,) = found(gate(("head", "throughput >= 0.95 of baseline")), two(1.0))
    assert (one.label, one.relative_to, one.bound) == ("head", "base", 0.95)
    assert one.value == pytest.approx(1.0, abs=0.01)
    assert one.low is not None and one.high is not None and one.low < one.value < one.high


def test_each_rule_has_its_share_of_the_error() -> None:
    one = found(gate(("head", "throughput >= 0.95 of baseline")), two(1.0))[0]
    many = gate(*[("head", "throughput >= 0.95 of baseline")] * 20)
    assert width(found(many, two(1.0))[0]) > 1.3 * width(one)


def width(one: GateFinding) -> float:
    assert one.low is not None and one.high is not None
    return math.log(one.high / one.low)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("throughput >= 9000 /s", "kept"),
        ("throughput >= 10000 /s", "unclear"),
        ("throughput >= 11000 /s", "broken"),
        ("p50 < 2 ms", "kept"),
        ("p50 < 1 ms", "broken"),
        ("p99 <= 900 us", "broken"),
        ("peak_memory <= 50 MB", "kept"),
        ("peak_memory <= 40 MiB", "broken"),
        ("cpu_per_request <= 60 us", "kept"),
        ("cpu_per_request > 60 us", "broken"),
    ],
)
def test_an_absolute_limit_is_judged_by_the_values_of_rounds(text: str, expected: str) -> None:
    assert outcome(text, two(1.0)) == expected


def test_rounds_without_a_value_leave_a_limit_unclear() -> None:
    timed_out = two(1.0)
    last = timed_out[-1]
    timed_out[-1] = replace(last, censored=last.service.total)
    (one,) = found(gate(("head", "p99 < 20 ms")), timed_out)
    assert (one.outcome, one.value) == ("unclear", None)
    assert one.reason == "a round has no value: its requests failed or timed out"


def test_one_round_decides_nothing_and_more_would_help() -> None:
    (one,) = found(gate(("head", "throughput >= 0.5 of baseline")), two(1.0)[:2])
    assert (one.outcome, one.more_helps) == ("unclear", True)


# Error rates: RESULTS.md, section 3, rule 5.


def test_no_error_among_5791_is_not_below_a_thousandth_with_14_rules() -> None:
    _, high = clopper_pearson(0, 5791, 0.05 / 14)
    assert high == pytest.approx(0.00109, rel=0.01)


@pytest.mark.parametrize(("rules", "needed"), [(1, 3700), (14, 6300)])
def test_so_many_requests_without_an_error_are_needed(rules: int, needed: int) -> None:
    limit = rule("*", "error_rate < 0.1 %")
    missing = requests_missing(limit, 0, 1000, 0.05 / rules)
    assert missing is not None and missing + 1000 == pytest.approx(needed, rel=0.02)
    enough = clopper_pearson(0, missing + 1000, 0.05 / rules)[1]
    too_few = clopper_pearson(0, missing + 999, 0.05 / rules)[1]
    assert enough < 0.001 <= too_few


def test_docs_say_how_many_requests_a_limit_takes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "gate.md").read_text("utf-8")
    one, of_two = re.findall(
        r"`< 0.1 %` takes ([0-9,]+) where\s+it is the only limit, ([0-9,]+) with", page
    )[0]
    limit = rule("*", "error_rate < 0.1 %")
    for said, error in ((one, 1 - CONFIDENCE), (of_two, (1 - DECIDED_CONFIDENCE) / 2)):
        assert requests_missing(limit, 0, 1, error) == int(said.replace(",", "")) - 1


@pytest.mark.parametrize(("errors", "requests"), [(0, 10), (3, 10), (10, 10), (5, 1000)])
def test_the_interval_of_an_error_rate_is_exact(errors: int, requests: int) -> None:
    """By its definition: at either end the tail has half of the error."""
    low, high = clopper_pearson(errors, requests, 0.05)
    if errors:
        assert tail(errors, requests, low) == pytest.approx(0.025)
    if errors < requests:
        assert 1 - tail(errors + 1, requests, high) == pytest.approx(0.025)


def tail(least: int, requests: int, rate: float) -> float:
    """The probability of ``least`` errors or more."""
    return math.fsum(
        math.comb(requests, k) * rate**k * (1 - rate) ** (requests - k)
        for k in range(least, requests + 1)
    )


def test_an_error_rate_says_how_many_requests_are_missing() -> None:
    few = [trial("head", n, rate=100) for n in (1, 2)] + [trial("base", n) for n in (1, 2)]
    (one,) = found(gate(("head", "error_rate < 0.1 %")), few)
    assert one.outcome == "unclear" and one.missing is not None and 3000 < one.missing < 4000
    assert f"{one.missing:,} more requests without an error" in (one.reason or "")


def test_an_error_rate_is_broken_by_errors() -> None:
    failing = two(1.0, error_counts={"reset": 500})
    assert outcome("error_rate < 0.1 %", failing) == "broken"
    assert outcome("error_rate < 50 %", failing) == "kept"


# Warnings.


@pytest.mark.parametrize(
    ("kind", "subject", "metric", "expected"),
    [
        ("disturbed", "head", "cpu_per_request <= 2 of baseline", "kept"),
        ("disturbed", "run", "peak_memory <= 2 of baseline", "kept"),
        ("disturbed", "head", "throughput >= 0.5 of baseline", "unclear"),
        ("disturbed", "base", "throughput >= 0.5 of baseline", "unclear"),
        ("disturbed", "base", "p99 < 20 ms", "kept"),
        ("disturbed", "other", "throughput >= 0.5 of baseline", "kept"),
        ("counts differ", "run", "cpu_per_request <= 2 of baseline", "unclear"),
        ("counts differ", "run", "error_rate < 0.1 %", "unclear"),
        ("unequal bytes", "base", "cpu_per_request <= 2 of baseline", "unclear"),
        ("busy machine", "run", "cpu_per_request <= 2 of baseline", "unclear"),
        ("server-bound", "head", "throughput >= 0.5 of baseline", "unclear"),
        ("server-bound", "head", "cpu_per_request <= 2 of baseline", "kept"),
        ("instance lost", "nginx", "cpu_per_request <= 2 of baseline", "unclear"),
        ("unequal bytes", "other", "cpu_per_request <= 2 of baseline", "kept"),
        ("unequal settings", "head", "throughput >= 0.5 of baseline", "kept"),
    ],
)
def test_a_warning_leaves_the_metrics_undecided_that_it_clouds(
    kind: str, subject: str, metric: str, expected: str
) -> None:
    doubts = (Doubt(kind, subject, "what was seen", "what to do"),)
    (one,) = found(gate(("head", metric)), two(1.0), doubts=doubts)
    assert one.outcome == expected
    if expected == "unclear":
        assert (one.reason, one.more_helps) == (f"{kind}: what was seen", False)


def test_against_history_a_warning_about_the_baseline_says_nothing_about_others() -> None:
    doubts = (Doubt("unequal bytes", "base", "seen", "do"),)
    limits = gate(("head", "cpu_per_request <= 2 of baseline"), against="history")
    (one,) = found(limits, two(1.0), doubts=doubts)
    assert one.reason == "needs 10 earlier undisturbed runs of this series; there are 0"


def test_a_run_that_ended_before_its_first_round_has_no_findings() -> None:
    assert found(gate(("head", "p50 < 9 s")), [], state="interrupted") == []


def test_a_broken_limit_under_a_grave_warning_is_unclear() -> None:
    doubts = (Doubt("counts differ", "run", "seen", "do"),)
    assert outcome("throughput >= 2 of baseline", two(1.0), doubts=doubts) == "unclear"


def test_a_run_too_short_to_be_watched_decides_about_cpu_only() -> None:
    short = replace(WATCHED, length_ns=SECOND // 2)
    assert outcome("throughput >= 0.5 of baseline", two(1.0), other_load=short) == "unclear"
    assert outcome("cpu_per_request <= 2 of baseline", two(1.0), other_load=short) == "kept"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "unfinished", "other_load": None}, "the run is still going on, or was killed"),
        ({"state": "interrupted"}, "the run was interrupted"),
        ({"state": "stopped"}, "the run was stopped by its error budget"),
    ],
)
@pytest.mark.parametrize("text", ["error_rate < 50 %", "peak_memory < 1 GB", "p50 < 9 s"])
def test_a_run_that_is_not_complete_decides_nothing(
    changes: dict[str, Any], reason: str, text: str
) -> None:
    (one,) = found(gate(("head", text)), two(1.0), **changes)
    assert (one.outcome, one.reason) == ("unclear", reason)


def test_a_run_that_was_not_watched_decides_about_cpu_only() -> None:
    assert outcome("p50 < 9 s", two(1.0), other_load=None) == "unclear"
    assert outcome("cpu_per_request < 1 s", two(1.0), other_load=None) == "kept"


@pytest.mark.parametrize("text", ["error_rate < 50 %", "peak_memory < 1 GB"])
def test_a_client_that_fails_in_most_rounds_keeps_no_limit(text: str) -> None:
    dying = [
        replace(one, state="failed", reason="worker died")
        if one.label == "head" and one.round > 4
        else one
        for one in two(1.0)
    ]
    (one,) = found(gate(("head", text)), dying)
    assert (one.outcome, one.reason) == ("unclear", "only 4 of 10 rounds of head are complete")


def test_too_few_samples_beyond_a_percentile_leave_it_unclear() -> None:
    thin = [
        replace(one, service=histogram([1_000_000] * 100)) if one.label == "head" else one
        for one in two(1.0)
    ]
    (one,) = found(gate(("head", "p99 < 20 ms")), thin)
    assert one.outcome == "unclear" and "too few samples" in (one.reason or "")


def test_traced_requests_have_no_costs() -> None:
    traced = two(1.0, trace_share=0.1)
    assert outcome("throughput >= 0.5 of baseline", traced) == "unclear"


# Who is meant.

LABELS = [trial("base"), trial("head"), trial("httpx[http2]==0.28.1")]


@pytest.mark.parametrize(
    ("pattern", "labels"),
    [
        ("*", ["head", "httpx[http2]==0.28.1"]),
        ("head", ["head"]),
        ("h*", ["head", "httpx[http2]==0.28.1"]),
        ("httpx[http2]*", ["httpx[http2]==0.28.1"]),
        ("?ead", ["head"]),
    ],
)
def test_a_pattern_means_labels_and_never_the_baseline_itself(
    pattern: str, labels: list[str]
) -> None:
    limits = gate((pattern, "throughput >= 1 of baseline"))
    assert [one.label for one in applied(limits, LABELS, "base")] == labels


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("haed", "'haed' matches none of the clients; .* expects one of base, head, httpx"),
        ("base", "'base' matches only the baseline, 'base', itself; .* one of head, httpx"),
    ],
)
def test_a_rule_about_nobody_is_refused(pattern: str, expected: str) -> None:
    with pytest.raises(UsageError, match=f"^gate: {expected}"):
        applied(gate((pattern, "throughput >= 1 of baseline")), LABELS, "base")


def test_absolute_rules_are_about_the_baseline_too() -> None:
    limits = gate(("*", "p99 < 20 ms"))
    assert next(one.label for one in applied(limits, LABELS, "base")) == "base"


def test_each_condition_has_its_own_baseline() -> None:
    crossed = [
        trial(f"{name} c={level}", condition=f"c={level}")
        for level in (1, 16)
        for name in ("base", "head")
    ]
    pairs = [
        (one.label, one.baseline)
        for one in applied(gate(("head", "throughput >= 1 of baseline")), crossed, "base")
    ]
    assert pairs == [("head c=1", "base c=1"), ("head c=16", "base c=16")]


@pytest.mark.parametrize(
    ("operator", "value", "kept"),
    [("<", 1.0, False), ("<=", 1.0, True), (">", 1.0, False), (">=", 1.0, True)],
)
def test_a_limit_itself_keeps_it_if_it_is_included(operator: str, value: float, kept: bool) -> None:
    limit: Rule = rule("*", f"cpu_per_request {operator} 1 of baseline")
    assert limit.keeps(value) is kept
