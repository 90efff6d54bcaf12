"""The parts of a run's page, as values that a template fills in. Pure but for the pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.analysis.doubts.kinds import severity
from harness.analysis.summaries import CompetitorSummary
from harness.records.conditions import by_condition
from harness.records.model import RunRecord
from harness.report import competitor_figures, environments, figures, gate, notes, verdicts, view
from harness.report.answer.columns import BAR, LEGEND, SIGNS, Column, columns
from harness.report.answer.facts import Facts
from harness.report.answer.warnings import warnings
from harness.report.endpoints import by_endpoint
from harness.report.headline import heading
from harness.report.html.repeating import citation, commands
from harness.report.listings import SHORT_ID
from harness.report.pictures.catalogue import PICTURES, inline
from harness.report.pictures.picture import Missing, Picture, Table
from harness.report.statuses import unexpected_statuses

__all__ = ["RunPage", "run_page"]

ROOM = 100_000  # characters of a warning: a page has room for all names
FEW_ROWS = 40  # a longer table is folded
KINDS = {"faster": "good", "slower": "bad", "inconclusive": "doubt"}
OF_STYLES = {"green": "good", "red": "bad", "yellow": "doubt", "bold": "strong"}
GATE = {"kept": ("✓", "good"), "broken": ("✗", "bad"), "unclear": ("?", "doubt")}
WORDS = {
    "faster": "better",
    "slower": "worse",
    "equivalent": "equivalent",
    "inconclusive": "inconclusive",
}


@dataclass(frozen=True)
class Said:
    """A line about something, with a sign and a word, whose colour is that of the kind."""

    text: str
    sign: str = ""
    kind: str = ""
    label: str = ""
    word: str = ""


@dataclass(frozen=True)
class Part:
    """A heading, a picture or why there is none, and tables."""

    name: str
    title: str
    lead: str
    pictures: tuple[str, ...]  # markup: wide, narrow
    why: str
    tables: Sequence[Table]


@dataclass(frozen=True)
class RunPage:
    """Everything that a run's page says, in its order."""

    prefix: str  # of the names of its parts, which are unique in a page
    name: str
    run: str  # the beginning of its id
    when: str
    asked: str
    answer: Sequence[str]
    trust: Said
    entries: Sequence[Said]
    legend: str
    overview: Sequence[Table]
    gate: Sequence[Said]  # what is said of the limits; none without them
    limits: Sequence[Table]
    grave: Sequence[Said]
    warnings: Sequence[Said]
    parts: Sequence[Part]
    matrix: Sequence[Table]
    troubles: Sequence[str]
    outcomes: Sequence[Table]
    provenance: Sequence[tuple[str, str]]
    repeat: Sequence[str]
    cite: str
    figures: Sequence[tuple[str, Sequence[str]]]


def run_page(facts: Facts, *, prefix: str = "", with_matrix: bool = False) -> RunPage:
    """Return the parts of a run's page. Raises UnusableError without matplotlib."""
    run, trials = facts.run, facts.trials
    warned = list(_warned(facts))
    return RunPage(
        prefix=prefix,
        name=run.name,
        run=run.id[:SHORT_ID],
        when=f"{run.started_at[:16].replace('T', ' ')} UTC",
        asked=heading(run, trials),
        answer=facts.results(),
        trust=Said(
            facts.trust_line(), kind={"good": "good", "none": "bad"}.get(facts.trust.level, "doubt")
        ),
        entries=[_entry(facts, one) for one in facts.summaries],
        legend=LEGEND,
        overview=[
            _overview(facts, name, own) for name, own in by_condition(facts.summaries).items()
        ],
        gate=list(_gate(run)),
        limits=[_limits(run)] if run.gate else [],
        grave=[one for one in warned if one.kind == "bad"],
        warnings=[one for one in warned if one.kind != "bad"],
        parts=[_part(picture, facts) for picture in PICTURES.values()],
        matrix=_matrix(facts) if with_matrix else (),
        troubles=view.troubles(trials),
        outcomes=_outcomes(facts),
        provenance=list(_provenance(facts)),
        repeat=commands(run),
        cite=citation(run),
        figures=[
            (one.label, list(competitor_figures.lines(one, facts.summaries)))
            for one in facts.summaries
        ],
    )


def _entry(facts: Facts, one: CompetitorSummary) -> Said:
    """Say in one sentence how an entry did."""
    if one.state == "failed":
        return Said("; ".join(one.reasons), "✗", "bad", one.label, "failed")
    measured = ", ".join(_measured(one))
    deciding = facts.run.deciding_metric
    own = (c for c in facts.comparisons if c.label == one.label and c.metric == deciding)
    found = next(own, None)
    if found is None:
        is_baseline = one.name == facts.run.baseline and len(facts.summaries) > 1
        return Said(f"{measured}.", "", "", one.label, "baseline" if is_baseline else "")
    if found.verdict is None:
        why = f" ({found.reason})" if found.reason else ""
        return Said(f"{measured}{why}.", "", "", one.label, "no verdict")
    ratio = figures.significant(found.ratio) + figures.TIMES
    return Said(
        f"{ratio} the {verdicts.NAMES[deciding]} of {found.baseline} "
        f"({verdicts.LEVEL} CI {figures.interval(found)}); {measured}.",
        SIGNS[found.verdict],
        KINDS.get(found.verdict, ""),
        one.label,
        WORDS[found.verdict],
    )


def _measured(one: CompetitorSummary) -> Iterator[str]:
    yield f"{figures.significant(one.requests_per_second)} req/s"
    yield f"p99 {figures.with_unit(one.response_percentile(99))}"
    yield f"{figures.with_unit(one.cpu_per_request_ns)} of CPU per request"
    yield f"{figures.megabytes(one.peak_rss_bytes)} MB"


def _overview(facts: Facts, condition: str | None, own: Sequence[CompetitorSummary]) -> Table:
    """Return the answer's table, all of its columns."""
    made = columns(facts.run, facts.trials, own, facts.comparisons)
    shown = [one for one in made if one.key != BAR]
    return Table(
        tuple(one.heading for one in shown),
        [tuple(_cell(column, row) for column in shown) for row in range(len(own))],
        condition or "",
        texts=[number for number, one in enumerate(shown) if one.is_text],
    )


def _gate(run: RunRecord) -> Iterator[Said]:
    """Say what the gate found, and why limits are unclear."""
    if run.gate:
        yield Said(gate.conclusion(run.gate), *GATE[gate.outcome(run.gate)])
        yield from (Said(one, *GATE["unclear"]) for one in gate.reasons(run.gate))


def _limits(run: RunRecord) -> Table:
    """Return every limit of the gate, with its outcome as a word and a sign."""
    rows: list[tuple[Any, ...]] = []
    for one, (_, *rest, _) in zip(run.gate, gate.cells(run.gate), strict=True):
        sign, kind = GATE[one.outcome]
        rows.append((Said(f"{sign} {one.outcome}", kind=kind), *rest))
    return Table(gate.CELLS[:-1], rows, "Limits of the gate", texts=range(len(gate.CELLS)))


def _cell(column: Column, row: int) -> Any:
    found = column.cells[row]
    return Said(found.text, kind=OF_STYLES.get(found.style, ""))


def _warned(facts: Facts) -> Iterator[Said]:
    for one in warnings(facts.run.doubts, facts.summaries, room=ROOM):
        kind = {"grave": "bad", "note": ""}.get(one.severity, "doubt")
        yield Said(one.text, {"bad": "✗", "doubt": "!"}.get(kind, "·"), kind, one.kind)
    told = {one.kind for one in warnings(facts.run.doubts, facts.summaries)}
    for doubt in facts.run.doubts:
        if severity(doubt.kind) == "note" and doubt.kind not in told:
            yield Said(f"{doubt.subject}: {doubt.message}; {doubt.remedy}", "·", "", doubt.kind)


def _part(picture: Picture, facts: Facts) -> Part:
    found = inline(picture, facts)
    is_missing = isinstance(found, Missing)
    return Part(
        picture.name,
        picture.title,
        "" if is_missing else picture.lead,
        () if isinstance(found, Missing) else found,
        found.why if isinstance(found, Missing) else "",
        picture.tables(facts),
    )


def _matrix(facts: Facts) -> list[Table]:
    pairs = view.matrix_of(facts.run, facts.trials)
    return [
        Table(verdicts.matrix_headings(one), verdicts.matrix_cells(one), one[0].condition or "")
        for one in verdicts.by_metric(pairs)
    ]


def _outcomes(facts: Facts) -> list[Table]:
    """Return how many requests had each status and each kind of error, and one bad response."""
    rows = [
        (
            one.label,
            f"{one.population:,}",
            _counts(one.status_counts),
            figures.error_count(one),
            _counts(one.error_counts),
        )
        for one in facts.summaries
    ]
    headings = ("entry", "counted", "statuses", "failed", "errors by kind")
    found = [Table(headings, rows, "Requests by status and by kind of error", texts=(0, 2, 4))]
    answers = [
        (one.label, str(one), str(one.answer.status), one.answer.beginning)
        for one in unexpected_statuses(facts.run, facts.trials)
        if one.answer is not None
    ]
    if answers:
        titles = ("entry", "unexpected statuses", "status", "beginning of such a response")
        found.append(Table(titles, answers, "Responses that were not expected", texts=range(4)))
    endpoints = by_endpoint(facts.run, facts.summaries)
    return [
        *found,
        *(Table(titles, rows, title, texts=(0, 2)) for title, titles, rows in endpoints),
    ]


def _counts(counts: Any) -> str:
    told = (f"{key} {figures.TIMES} {count:,}" for key, count in sorted(counts.items()))
    return ", ".join(told) or figures.NOTHING


def _provenance(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield names and values: machine, software, commit, CI job, tags, targets."""
    run = facts.run
    for line in (*environments.lines(run), *_other_notes(facts)):
        name, colon, rest = line.partition(": ")
        yield (name, rest) if colon else ("note", line)
    for name, value in _asked_plainly(run.scenario):
        yield f"asked: {name}", value


def _other_notes(facts: Facts) -> list[str]:
    """Return the notes that are not warnings, which the page has above."""
    weights = tuple(f"{weight}: " for weight in notes.WEIGHTS.values())
    return [one for one in notes.notes(facts.run, facts.trials) if not one.startswith(weights)]


def _asked_plainly(scenario: Any) -> Iterator[tuple[str, str]]:
    for name, value in scenario.items():
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            yield name, str(value)
        elif name == "headers" and isinstance(value, dict):
            yield name, ", ".join(f"{key}: {text}" for key, text in value.items())
