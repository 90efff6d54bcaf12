"""Warnings on the answer's screen: one line per kind, with whom it concerns and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.records.model import Doubt
from harness.report.answer.warnings import Warned, warnings
from tests.examples import trial

LABELS = ("requests", "httpx:sync", "httpx:async", "aiohttp", "pycurl", "urllib3")


def doubt(
    subject: str, kind: str = "short slices", message: str = "it", remedy: str = "do"
) -> Doubt:
    return Doubt(kind, subject, message, remedy)


def competitors(labels: Sequence[str] = LABELS) -> list[CompetitorSummary]:
    return summarised([trial(label) for label in labels])


def texts(*doubts: Doubt, labels: Sequence[str] = LABELS, room: int = 0) -> list[str]:
    return [f"{one.kind}: {one.text}" for one in warnings(doubts, competitors(labels), room)]


def test_a_kind_is_one_line_however_often_it_was_noticed() -> None:
    found = texts(*(doubt(label) for label in LABELS[:3] for _ in range(5)))
    assert found == ["short slices: requests, httpx:sync, httpx:async: it; do"]


@pytest.mark.parametrize(
    ("subjects", "names"),
    [
        (("run",), ""),
        (LABELS[:1], "requests: "),
        (LABELS[1:4], "httpx:sync, httpx:async, aiohttp: "),
        (LABELS, "all: "),
    ],
)
def test_it_says_whom_it_concerns(subjects: Sequence[str], names: str) -> None:
    assert texts(*map(doubt, subjects)) == [f"short slices: {names}it; do"]


def test_the_only_client_is_named() -> None:
    assert texts(doubt("requests"), labels=["requests"]) == ["short slices: requests: it; do"]


def test_a_wider_screen_names_more_clients() -> None:
    kinds = [doubt(label, "disturbed", f"{label} lost time") for label in LABELS[:5]]
    (narrow,), (wide,) = texts(*kinds), texts(*kinds, room=400)
    assert " others: " in narrow
    assert ", ".join(LABELS[:5]) + ": " in wide


def test_grave_kinds_come_first_and_notes_only_where_they_say_what_is_compared() -> None:
    kinds = ("too few samples", "rows lost", "unequal settings", "paced as asked")
    found = list(warnings([doubt("requests", kind) for kind in kinds], competitors()))
    assert [(one.kind, one.severity) for one in found] == [
        ("rows lost", "grave"),
        ("too few samples", "worth knowing"),
        ("paced as asked", "note"),
    ]


def test_a_kind_of_another_version_keeps_its_words() -> None:
    theirs = [doubt("requests", "of tomorrow", "a", "b"), doubt("aiohttp", "of tomorrow", "c")]
    (told,) = warnings(theirs, competitors())
    assert told == Warned("of tomorrow", "requests, aiohttp: a; b", told.severity)
