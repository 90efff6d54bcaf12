"""The result in one sentence, for every outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.analysis.summaries import summarised
from harness.records.confidence import Verdict
from harness.records.model import Comparison, TrialSummary
from harness.report.answer.columns import ranked
from harness.report.answer.result import sentences
from tests.examples import failed, run, trial

A, B, C = "aiohttp", "httpx", "pycurl"


def one(label: str, verdict: Verdict | None, ratio: float = 2.0) -> Comparison:
    reason = None if verdict else "short slices"
    return Comparison(
        label, "requests", "throughput", ratio, ratio / 1.1, ratio * 1.1, 5, verdict, reason
    )


def said(compared: Sequence[Comparison], made: Sequence[TrialSummary] = ()) -> str:
    rates = {"requests": 1000, A: 2000, B: 500, C: 4000}
    labels = ["requests", *(two.label for two in compared)]
    trials = made or [trial(label, 1, rate=rates[label]) for label in labels]
    record = run()
    (sentence,) = sentences(record, ranked(record, summarised(trials)), compared)
    return sentence


def test_two_clients() -> None:
    assert said([one(A, "faster")]) == (
        "aiohttp has 2.00× the throughput of requests (95 % CI 1.82–2.20)."
    )
    assert said([one(A, "equivalent", 1.0)]).startswith(
        "aiohttp and requests have equivalent throughput (95 % CI "
    )
    assert said([one(A, "inconclusive", 1.01)]).startswith(
        "No difference between aiohttp and requests is established: 1.01× the throughput (95 % CI "
    )
    assert said([one(A, None)]) == "No verdict on throughput: short slices."


def test_the_best_of_many_and_how_the_others_fare() -> None:
    compared = [one(A, "faster"), one(B, "slower", 0.5), one(C, "faster", 4.0)]
    assert said(compared) == (
        "pycurl comes first, with 4.00× the throughput of requests (95 % CI 3.64–4.40). "
        "Against requests: 2 better, 1 worse."
    )


def test_the_baseline_may_be_best() -> None:
    compared = [one(B, "slower", 0.5), one(A, "slower", 0.9)]
    made = [trial("requests", 1, rate=9000), trial(A, 1), trial(B, 1, rate=500)]
    assert said(compared, made) == "requests comes first. Against requests: 2 worse."


def test_who_has_no_verdict_is_counted() -> None:
    assert said([one(A, "faster"), one(B, None), one(C, None)]) == (
        "pycurl comes first, without a verdict. Against requests: 1 better, 2 without a verdict."
    )


def test_a_failed_client_is_never_first() -> None:
    made = [failed(C), trial("requests"), trial(A, 1, rate=2000)]
    compared = [one(A, "faster"), one(C, None)]
    assert said(compared, made).startswith("aiohttp comes first, with 2.00×")
    silent = [replace(two, verdict=None, reason="failed") for two in compared]
    assert said(silent, made) == "No verdict on throughput: failed."


def test_the_first_of_many_may_differ_too_little() -> None:
    compared = [one(A, "inconclusive", 1.01), one(B, "slower", 0.5)]
    assert said(compared).startswith(
        "aiohttp comes first (inconclusive), with 1.01× the throughput"
    )
