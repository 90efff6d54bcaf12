"""The answer's screen: as it was looked at, at any width, with any run."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from harness.records.gate_result import WITHIN
from harness.records.model import Doubt, Ending, RunRecord, TrialSummary
from harness.report import figures
from harness.report.answer.columns import BAR, columns
from harness.report.answer.facts import Facts
from harness.report.answer.screen import answer, tables
from harness.report.details import details
from tests.examples import FINDING, failed, finished, run, runs, trial, trials, two_clients
from tests.report.answer.examples import (
    CLIENTS,
    GOLDEN,
    QUIET,
    client,
    eight_clients,
    sixty_clients,
)

WIDTHS = st.integers(40, 200)
PLACE = "results/benchmark_results.db"


def screen(record: RunRecord, made: list[TrialSummary], width: int) -> list[str]:
    return [line.plain for line in answer(Facts.of(record, made), width, PLACE)]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_eight_clients_as_they_were_looked_at(width: int) -> None:
    lines = screen(*eight_clients(), width)
    assert "\n".join(lines) + "\n" == (GOLDEN / f"eight_{width}.txt").read_text("utf-8")


@pytest.mark.parametrize("width", [80, 120])
def test_sixty_clients_as_they_were_looked_at(width: int) -> None:
    lines = screen(*sixty_clients(), width)
    assert "\n".join(lines) + "\n" == (GOLDEN / f"sixty_{width}.txt").read_text("utf-8")


def test_a_baseline_in_every_group_leaves_the_time_in_the_heading() -> None:
    """Its own time is longer; that of all others is still one."""
    first, *rest = screen(*sixty_clients(), 120)
    assert first.endswith("5 rounds · 5.00 s each")
    assert [line.strip() for line in rest if " groups" in line] == [
        "60 entries in 6 groups, the baseline in each"
    ]


def test_eight_clients_fit_on_a_terminal_of_24_lines_and_80_columns() -> None:
    lines = screen(*eight_clients(), 80)
    assert len(lines) <= 23  # and the prompt
    assert lines[-1].startswith("results ")


@pytest.mark.long
@given(WIDTHS)
def test_no_line_is_wider_and_no_figure_is_cut_at_any_width(width: int) -> None:
    record, made = eight_clients()
    lines = screen(record, made, width)
    assert max(map(cell_len, lines)) <= width
    assert_figures_are_whole(record, made, lines)


def assert_figures_are_whole(record: RunRecord, made: list[TrialSummary], lines: list[str]) -> None:
    """What stands in a row after its name is what its columns have, as far as they are there."""
    facts = Facts.of(record, made)
    ranked = facts.summaries
    shown = [one for one in columns(record, made, ranked, facts.comparisons) if one.key != BAR]
    for number, one in enumerate(ranked):
        start = next(index for index, line in enumerate(lines) if line.startswith(one.name))
        row = lines[start] if lines[start].strip() != one.name else lines[start + 1]
        words = "".join(letter for letter in row if letter not in BLOCKS).split()
        known = {word for column in shown for word in column.cells[number].text.split()}
        assert set(words) <= known
        assert figures.significant(one.requests_per_second) in words


BLOCKS = "\u2588\u2589\u258a\u258b\u258c\u258d\u258e\u258f"


@given(runs(id="run-1"), st.lists(trials(id="t"), max_size=3), WIDTHS)
def test_any_run_has_a_screen_that_fits(
    record: RunRecord, made: list[TrialSummary], width: int
) -> None:
    for line in answer(Facts.of(record, made), width, PLACE):
        # words stay whole: a path, or an identifier, may be longer than the screen
        assert cell_len(line.plain) <= width or len(line.plain.split()) <= 2


def test_better_and_worse_are_told_by_colour_and_by_sign() -> None:
    record, made = eight_clients()
    text = io.StringIO()
    console = Console(file=text, width=80, force_terminal=True, color_system="standard")
    for line in tables(Facts.of(record, made), 80):
        console.print(line)
    assert "\x1b[32m\N{BLACK UP-POINTING TRIANGLE} 3.36×\x1b[0m" in text.getvalue()
    assert "\x1b[31m\N{BLACK DOWN-POINTING TRIANGLE} 0.454×\x1b[0m" in text.getvalue()
    assert "\x1b[1mbaseline\x1b[0m" in text.getvalue()


def test_a_ratio_without_a_verdict_is_no_ratio() -> None:
    made = [client(label, 1) for label in ("requests", "aiohttp")]
    lines = screen(finished(made), made, 120)
    assert not any("×" in line for line in lines)
    assert "(no verdict: fewer than 2 complete rounds; use --rounds 10)" in " ".join(
        " ".join(lines).split()
    )


def test_a_run_with_a_precision_is_not_asked_for_rounds() -> None:
    made = [client(label, 1) for label in ("requests", "aiohttp")]
    ending = Ending("budget", "throughput", 0.02, None, 1)
    said = " ".join(" ".join(screen(replace(finished(made), ending=ending), made, 120)).split())
    assert "(no verdict: fewer than 2 complete rounds)" in said
    assert "--rounds" not in said


def test_all_of_a_kind_is_one_line() -> None:
    doubts = tuple(
        Doubt("short slices", label, f"{label} has {number}", "measure longer")
        for number, label in enumerate(CLIENTS)
    )
    lines = screen(*eight_clients(doubts=doubts), 200)
    (line,) = [line for line in lines if "short slices" in line]
    assert line.startswith("warning  short slices: all: slices hold too few HTTP requests")


def test_a_warning_of_few_samples_names_the_percentiles() -> None:
    weak = {"requests": "p99", "httpx:async": "p95, p99"}
    doubts = tuple(
        Doubt("too few samples", label, f"a round of 390 samples is too short for {names}", "wait")
        for label, names in weak.items()
    )
    lines = screen(*eight_clients(doubts=doubts), 200)
    (line,) = [line for line in lines if "too few samples" in line]
    assert "rounds are too short for p95, p99; measure longer" in line


def test_grave_ones_come_first_and_say_who_is_not_trusted() -> None:
    record, made = eight_clients()
    grave = Doubt("unequal bytes", "pycurl", "it sends another header", "compare the others")
    lines = screen(replace(record, doubts=(*record.doubts, grave)), made, 200)
    assert any(
        line.startswith("trust    do not trust pycurl; the others: good for differences above")
        for line in lines
    )
    first = next(line for line in lines if line.startswith("warning"))
    assert first.startswith("warning  unequal bytes: pycurl: it sends another header")
    of_run = replace(grave, subject="run", kind="busy machine")
    lines = screen(replace(record, doubts=(grave, of_run, *record.doubts)), made, 200)
    assert any(
        line.startswith("trust    do not trust: it sends another header; compare") for line in lines
    )
    assert not any("busy machine" in line for line in lines)  # it is not told twice


def test_distrusted_clients_are_named_as_far_as_there_is_room() -> None:
    record, made = eight_clients()
    labels = [label for label in CLIENTS if label != "requests"][:6]
    grave = tuple(Doubt("unequal bytes", label, "it differs", "leave it out") for label in labels)
    lines = screen(replace(record, doubts=(*record.doubts, *grave)), made, 80)
    (line,) = [line for line in lines if line.startswith("trust")]
    assert line.startswith(
        "trust    do not trust httpx:sync, httpx:async and 4 others; the others:"
    )


def test_a_note_is_no_warning() -> None:
    record, made = eight_clients()
    notes = [one for one in record.doubts if one.kind == "unequal settings"]
    assert notes and not any("unequal" in line for line in screen(record, made, 200))


def test_failed_and_partial_competitors_say_why() -> None:
    made = [*two_clients(), *(failed("pycurl", number) for number in (1, 2, 3))]
    lines = screen(finished(made, other_load=QUIET), made, 80)
    assert "failed" in next(line for line in lines if line.startswith("pycurl"))
    assert "failed: pycurl: rounds 1, 2, 3: connection refused" in lines


def test_a_long_name_has_a_line_of_its_own_and_its_row_stays_whole() -> None:
    name = "httpx[http2]==0.28.1:async+uvloop@3.13"
    made = [one for number in (1, 2, 3) for one in (trial(name, number), trial("b", number))]
    lines = [line.plain for line in tables(Facts.of(finished(made, baseline="b"), made), 60)]
    assert name in lines
    assert lines[lines.index(name) + 1].split()[0] == "1,000"


@pytest.mark.long
@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("with_matrix", [False, True])
def test_names_wider_than_the_screen_cut_no_figure(width: int, with_matrix: bool) -> None:
    record, made = eight_clients()
    long = {"pycurl": "p" * 100, "requests": "r" * 70}
    made = [replace(one, label=long.get(one.label, one.label)) for one in made]
    made = [replace(one, client_version="9.8.7." + "v" * 70) for one in made]
    record = replace(finished(made), id=record.id, baseline=long["requests"])
    facts = Facts.of(record, made)

    def figures_at(columns: int) -> set[str]:
        text = io.StringIO()
        console = Console(file=text, width=columns, color_system=None, legacy_windows=False)
        for part in (
            *answer(facts, columns, PLACE),
            *details(record, made, columns, with_matrix=with_matrix),
        ):
            console.print(part)
        assert max(map(cell_len, text.getvalue().splitlines())) <= columns
        return set(re.findall(r"[0-9][0-9.,]*", text.getvalue()))

    assert figures_at(width) == figures_at(300)  # without room for a square of all pairs


def test_a_name_is_broken_within_its_column() -> None:
    record, made = two_long()
    lines = screen(record, made, 40)
    first = next(number for number, line in enumerate(lines) if line.startswith("result"))
    assert lines[first] == f"result   {'p' * 31}"
    assert lines[first + 1].startswith(f"         {'p' * 31}")


def two_long() -> tuple[RunRecord, list[TrialSummary]]:
    """A run of two clients, the better one with a name wider than a narrow screen."""
    made = [
        trial(label, number, rate=rate)
        for number in (1, 2, 3)
        for label, rate in (("requests", 1000), ("p" * 100, 2000))
    ]
    return finished(made), made


def test_errors_are_shown_only_where_there_are_any() -> None:
    made = two_clients()
    assert "errors" not in screen(finished(made), made, 80)[1]
    made[0] = replace(made[0], error_counts={"connect": 12})
    for width in (40, 80):
        lines = "\n".join(screen(finished(made), made, width))
        assert "errors" in lines and "12 (0.4" in lines


def test_a_run_without_trials_has_a_screen() -> None:
    assert screen(run(state="interrupted"), [], 80)[-1].startswith("results ")


def test_statuses_that_were_not_expected_are_told() -> None:
    made = two_clients()
    made[0] = replace(made[0], status_counts={200: 10, 403: 1060})
    lines = screen(finished(made), made, 80)
    assert "requests: status 403 × 1,060" in lines


def test_limits_that_more_rounds_could_decide_say_how() -> None:
    """``--quick`` and the like turn "measure" into "warn"."""
    unclear = replace(FINDING, outcome="unclear", reason=WITHIN)
    told = 'with unclear = "measure", and without --quick, --rounds, --duration, a run goes on'
    short = {"unclear": "warn", "against": "baseline"}
    for asked, found, is_told in (
        *((short, unclear, True), (short | {"unclear": "measure"}, unclear, False)),
        *((short, replace(unclear, reason="busy machine"), False), (short, FINDING, False)),
        (short | {"against": "history"}, unclear, False),
    ):
        record = finished(two_clients(), gate=(found,))
        record = replace(record, scenario={**record.scenario, "gate": asked})
        text = " ".join(" ".join(screen(record, two_clients(), 80)).split())
        assert (told in text) is is_told
