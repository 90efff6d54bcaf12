"""The result in one sentence, for every outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.analysis.summaries import summarised
from harness.records.confidence import Verdict
from harness.records.model import Comparison, Doubt, OpenLoop, TrialSummary
from harness.report.answer.columns import ranked
from harness.report.answer.result import sentences
from tests.examples import failed, histogram, run, trial

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


# Open loops --------------------------------------------------------------------------------------


def paced(label: str, ms: int, *, failed: int = 0, dropped: int = 0) -> TrialSummary:
    """A round of an open loop of 1000 requests that take so long each."""
    times = histogram([ms * 1_000_000] * (1000 - failed - dropped))
    loop = OpenLoop(1000, dropped, 0, 0, times, 1e6, times, times)
    errors = {"status": failed} if failed else {}
    return trial(label, 1, rate=1000 - dropped, open_loop=loop, error_counts=errors)


def ranking(*made: TrialSummary, doubts: tuple[Doubt, ...] = ()) -> tuple[list[str], str]:
    """Who comes first, second and so on, and the sentence about it."""
    record = replace(run(), scenario={"open_load": {"rate": 1000}}, doubts=doubts)
    compared = [
        replace(one(label, "faster", 0.5), metric="p99")
        for label in (two.label for two in made)
        if label != "requests"
    ]
    in_order = ranked(record, summarised(made))
    (sentence,) = sentences(record, in_order, compared)
    return [two.name for two in in_order], sentence


def test_in_an_open_loop_failed_requests_never_win() -> None:
    names, sentence = ranking(paced("requests", 9), paced(A, 1, failed=500), paced(B, 20))
    assert names == ["requests", B, A]
    assert sentence.startswith("requests comes first. ")
    assert sentence.endswith(
        " aiohttp does not hold the rate: 50 % of its HTTP requests failed or were never sent."
    )


def test_nor_do_requests_that_were_never_sent() -> None:
    names, sentence = ranking(
        paced("requests", 9), paced(A, 1, dropped=300), paced(B, 2, failed=5, dropped=6)
    )
    assert names == ["requests", B, A]
    assert sentence.endswith(
        " These do not hold the rate, with the share of HTTP requests that failed or were never "
        "sent: httpx 1.1 %, aiohttp 30 %."
    )


def test_a_few_failures_are_accepted() -> None:
    names, sentence = ranking(paced("requests", 9), paced(A, 1, failed=5, dropped=5))
    assert names == [A, "requests"]
    assert "hold" not in sentence


def test_a_client_that_lags_behind_where_null_does_not_never_wins() -> None:
    saturated = Doubt("client-saturated", A, "it cannot keep this rate, null can", "lower --rate")
    names, sentence = ranking(paced("requests", 9), paced(A, 1, dropped=2), doubts=(saturated,))
    assert names == ["requests", A]
    assert sentence.endswith(
        "aiohttp does not hold the rate: 0.20 % of its HTTP requests failed or were never sent."
    )


def test_where_nobody_holds_the_rate_nobody_comes_first() -> None:
    _, sentence = ranking(paced("requests", 9, failed=20), paced(A, 1, failed=500))
    assert sentence == (
        "Nobody comes first. These do not hold the rate, with the share of HTTP requests that "
        "failed or were never sent: requests 2.0 %, aiohttp 50 %."
    )


def test_a_client_that_failed_is_last() -> None:
    names, _ = ranking(failed(C), paced("requests", 9), paced(A, 1, failed=500))
    assert names == ["requests", A, C]
