"""What is said of comparisons: sentences, a table of the other metrics, a matrix."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from harness.analysis.comparison import compare, matrix
from harness.records.model import METRICS, Comparison, TrialSummary
from harness.report import terminal, verdicts
from harness.report.csv_file import to_csv
from harness.report.exporters import FORMATS, Exporter
from harness.report.json_document import to_json
from harness.report.markdown import to_markdown
from harness.report.notes import verdict_lines
from harness.report.text_file import to_text
from tests.examples import failed, finished, histogram, trial, two_clients

AIOHTTP = Comparison(
    *("aiohttp", "httpx:async", "throughput", 4.41, 4.2, 4.62, 5), verdict="faster", family=1
)

WIDER = (
    "intervals in the matrix are wider because there are more of them; a verdict against the "
    "baseline may be inconclusive there"
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "aiohttp has 4.41× the throughput of httpx:async (95 % CI 4.20–4.62)"),
        (
            {"ratio": 0.5, "low": 0.4, "high": 0.6, "verdict": "slower"},
            "aiohttp has 0.500× the throughput of httpx:async (95 % CI 0.400–0.600)",
        ),
        (
            {"low": 0.97, "high": 1.04, "verdict": "inconclusive"},
            "httpx:async and aiohttp: throughput inconclusive (0.970–1.04)",
        ),
        (
            {"low": 0.99, "high": 1.01, "verdict": "equivalent"},
            "httpx:async and aiohttp: throughput equivalent within 2 % (0.990–1.01)",
        ),
    ],
)
def test_a_verdict_is_a_sentence(changes: dict[str, object], sentence: str) -> None:
    assert verdicts.sentences([replace(AIOHTTP, **changes)]) == [sentence]


def test_intervals_that_hold_together_say_so() -> None:
    alone = verdicts.sentences([AIOHTTP])
    among = verdicts.sentences([replace(AIOHTTP, family=3)])
    assert among == [
        *alone,
        "intervals are simultaneous: 95 % for all 3 ratios of a metric together",
    ]


def test_a_matrix_has_a_family_of_its_own() -> None:
    pairs = [replace(AIOHTTP, family=10)]
    assert verdicts.sentences([replace(AIOHTTP, family=4)], pairs)[1:] == [
        "intervals are simultaneous: 95 % for all 4 ratios of a metric together,"
        " and for all 10 pairs together",
        WIDER,
    ]
    assert verdicts.sentences([], pairs) == [
        "intervals are simultaneous: 95 % for all 10 pairs together"
    ]


@pytest.mark.parametrize("number", [2, 3, 4])
def test_of_three_and_more_the_same_pair_may_have_two_verdicts_and_that_is_said(
    number: int,
) -> None:
    made = several(number)
    run = finished(made)
    said = "\n".join(verdict_lines(run, made, with_matrix=True))
    for text in (said, *(export(run, made, with_matrix=True) for export in (to_text, to_markdown))):
        assert text.count(WIDER) == (number > 2)
    assert WIDER not in to_text(run, made)


def test_one_reason_is_one_line_however_much_it_concerns() -> None:
    made = [trial("requests"), trial("httpx"), failed("pycurl")]
    assert verdicts.sentences(compare(made, "requests")) == [
        "no verdict on throughput, CPU per request, p50, p99, peak memory of httpx:"
        " fewer than 2 complete rounds",
        "no verdict on throughput, CPU per request, p50, p99, peak memory of pycurl:"
        " no round in which both are complete",
    ]


def test_nothing_is_said_of_nothing() -> None:
    assert verdicts.sentences([]) == []
    assert verdicts.cells([]) == []
    assert verdicts.cells(compare([trial("requests"), failed("httpx")], "requests")) == []
    assert terminal.verdict_tables(finished([trial()]), [trial()], with_matrix=True) == []


def test_the_other_metrics_have_a_row_per_competitor() -> None:
    compared = compare(two_clients(), "requests")
    assert verdicts.headings(compared)[0] == "ratio to requests"
    assert verdicts.headings(compared, open_loop=True)[2:4] == ("response p50", "response p99")
    assert verdicts.cells(compared) == [
        (
            "aiohttp:async",
            "0.250× (0.250–0.250)",
            "≈ 1.00× (1.00–1.00)",
            "[1.00× (1.00–1.00)]",
            "≈ 1.00× (1.00–1.00)",
        )
    ]


def rendered(made: list[TrialSummary], width: int) -> str:
    text = io.StringIO()
    console = Console(file=text, width=width, color_system=None, legacy_windows=False)
    for table in terminal.verdict_tables(finished(made), made, width, with_matrix=True):
        console.print(table)
    return text.getvalue()


def several(number: int) -> list[TrialSummary]:
    labels = ["requests", *(f"client-{index}:async" for index in range(1, number))]
    return [
        trial(label, round, rate=2000 * (index + 1) + 37 * ((round * (index + 3)) % 5))
        for round in (1, 2, 3)
        for index, label in enumerate(labels)
    ]


@pytest.mark.parametrize("number", [2, 4, 9])
@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_cut(number: int, width: int) -> None:
    text = rendered(several(number), width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    for index in range(1, number):
        assert f"client-{index}:async" in text
    assert "nan" not in text


def test_the_matrix_is_a_square_where_it_fits_and_else_a_list_of_pairs() -> None:
    assert "row ÷ column" in rendered(several(4), 80)
    assert "row ÷ column" not in rendered(several(9), 80)
    # once in the table of ratios, and in a pair with each other, for each metric with verdicts
    assert rendered(several(9), 80).count("client-8:async") == 1 + 5 * 8


def test_both_halves_of_the_matrix_agree() -> None:
    (made, *others) = verdicts.by_metric(matrix(two_clients()))
    assert [one[0].metric for one in others] == ["cpu_per_request", "p50", "peak_memory"]
    assert verdicts.matrix_headings(made)[1:] == ("requests", "aiohttp:async")
    assert verdicts.matrix_cells(made) == [
        ("requests", "", "0.250× (0.250–0.250)"),
        ("aiohttp:async", "4.00× (4.00–4.00)", ""),
    ]


def unsampled(number: int) -> list[TrialSummary]:
    """No p99 has 20 samples beyond it."""
    return [replace(made, service=histogram([1_000_000] * 100)) for made in several(number)]


def test_the_matrix_says_why_a_pair_has_no_verdict() -> None:
    made = unsampled(3)
    said = verdict_lines(finished(made), made, with_matrix=True)
    (pair,) = [line for line in said if "÷" in line]
    assert pair.startswith("no verdict on p99 of client-2:async ÷ client-1:async: too few samples")
    assert "÷" not in "".join(verdict_lines(finished(made), made))


def test_reasons_of_pairs_are_grouped_and_none_is_given_twice() -> None:
    made = [*several(3), *(failed("pycurl", round) for round in (1, 2, 3))]
    compared, pairs = compare(made, "client-1:async"), matrix(made)
    all_metrics = "no verdict on throughput, CPU per request, p50, p99, peak memory of"
    reason = "no round in which both are complete"
    assert verdicts.sentences([], pairs)[0] == (
        f"{all_metrics} pycurl ÷ requests, pycurl ÷ client-1:async, pycurl ÷ client-2:async: {reason}"
    )
    (said,) = [line for line in verdicts.sentences(compared, pairs) if "pycurl ÷" in line]
    assert said == f"{all_metrics} pycurl ÷ requests, pycurl ÷ client-2:async: {reason}"


@pytest.mark.parametrize("export", [to_text, to_markdown])
def test_files_have_the_matrix_where_it_is_asked_for(export: Exporter) -> None:
    made = unsampled(3)
    run = finished(made)
    plain, squared = export(run, made), export(run, made, with_matrix=True)
    assert "÷" not in plain
    for metric in ("throughput", "CPU per request", "p50", "peak memory"):
        assert f"{metric}: row ÷ column" in squared
    assert "p99: row" not in squared
    assert "for all 3 pairs together" in squared
    assert "no verdict on p99 of client-2:async ÷ client-1:async: too few samples" in squared


def test_a_json_file_has_the_matrix_and_csv_has_no_place_for_it() -> None:
    made = several(3)
    run = finished(made)
    export, plain = FORMATS[".json"].write, json.loads(to_json(run, made))
    squared = json.loads(export(run, made, with_matrix=True))
    assert len(squared.pop("matrix")) == 3 * len(METRICS)
    assert squared == plain
    assert to_csv(run, made, with_matrix=True) == to_csv(run, made)


def narrow(rows: list[tuple[str, ...]]) -> list[str]:
    """The lines of a table of ratios on a terminal of 80 columns."""
    text = io.StringIO()
    titles = verdicts.headings(compare(two_clients(), "requests"))
    Console(file=text, width=80, color_system=None).print(terminal.ratios_table(titles, rows, 80))
    return text.getvalue().splitlines()


def test_intervals_that_need_all_digits_fit_too() -> None:
    rows = [("some-client:async", *["inconclusive (0.99997–1.0204)"] * 4)] * 2
    lines = narrow(rows)
    assert max(map(len, lines)) <= 80
    assert sum(line.count("(0.99997–1.0204)") for line in lines) == 8


def test_intervals_that_need_more_than_that_are_broken_between_their_ends() -> None:
    rows = [("some-client:async", *["inconclusive (0.99999997–1.00000004)"] * 4)] * 2
    lines = narrow(rows)
    assert max(map(len, lines)) <= 80
    for end in ("(0.99999997–", "1.00000004)"):
        assert sum(line.count(end) for line in lines) == 8


def test_columns_align_whatever_digits_bounds_have() -> None:
    made = several(2)
    odd = replace(
        finished(made),
        comparisons=tuple(
            replace(AIOHTTP, label=label, low=low, metric=metric)
            for metric in METRICS
            for label, low in (("requests", 1.0004), ("client-1:async", 0.97))
        ),
    )
    text = to_text(odd, made)
    first, second = (line for line in text.splitlines() if line.count("4.41× (") == 4)
    assert first.rindex(")") == second.rindex(")")


def test_files_have_the_verdicts_too() -> None:
    run = finished(two_clients())
    sentence = "aiohttp:async has 4.00× the throughput of requests (95 % CI 4.00–4.00)"
    assert sentence in to_text(run, two_clients())
    assert f"- {sentence}" in to_markdown(run, two_clients())
    assert "| ratio to requests | CPU per request |" in to_markdown(run, two_clients())


def test_runs_stored_before_there_were_verdicts_are_judged_anew() -> None:
    run = finished(two_clients())
    old = [replace(one, verdict=None, family=None) for one in run.comparisons[:1]]
    assert to_text(replace(run, comparisons=tuple(old)), two_clients()) == to_text(
        run, two_clients()
    )
