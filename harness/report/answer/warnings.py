"""Warnings on the answer's screen: one line per kind, with all competitors it concerns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.analysis.doubts.kinds import KINDS, SOME_PERCENTILES, Kind, Severity, severity
from harness.analysis.summaries import CompetitorSummary
from harness.records.model import Doubt

__all__ = ["Warned", "listed", "warnings"]

SHOWN: tuple[Severity, ...] = ("grave", "worth knowing")
# Notes are among the details, except these: they say what the comparison means.
SHOWN_NOTES = frozenset({"not checked", "paced as asked"})
LEAST_ROOM = 142  # characters: two lines of a terminal with 80 columns
PERCENTILE = re.compile(r"\bp[0-9]{1,3}(?:\.[0-9]+)?\b")
LEAST_NAMES = 20  # characters of a list of names


class Warned(NamedTuple):
    """One kind of warning, and how much it matters."""

    kind: str
    text: str  # whom it concerns, what happened, what to do
    severity: Severity


def warnings(
    doubts: Sequence[Doubt], competitors: Sequence[CompetitorSummary], room: int = LEAST_ROOM
) -> Iterator[Warned]:
    """Yield all kinds, grave ones first; ``competitors``: all of the run.

    A text is longer than ``room`` (characters, at least two short lines) only where what to do
    and one name are; it names as many competitors as fit, and the number of the others.
    """
    room = max(room, LEAST_ROOM)
    of_kind: dict[str, list[Doubt]] = {}
    for doubt in doubts:
        of_kind.setdefault(doubt.kind, []).append(doubt)
    for weight in SHOWN:
        for kind, own in of_kind.items():
            if severity(kind) == weight:
                yield Warned(kind, _text(kind, own, competitors, room), weight)
    for kind in of_kind.keys() & SHOWN_NOTES:
        yield Warned(kind, _text(kind, of_kind[kind], competitors, room), "note")


def _text(
    kind: str, doubts: Sequence[Doubt], competitors: Sequence[CompetitorSummary], room: int
) -> str:
    """Use the warnings' own text if they are alike and short enough, else that of their kind."""
    subjects = list(dict.fromkeys(one.subject for one in doubts if one.subject != "run"))
    known = KINDS.get(kind)
    messages, remedies = {one.message for one in doubts}, {one.remedy for one in doubts}
    if len(messages) == len(remedies) == 1:
        own = f"{messages.pop()}; {remedies.pop()}"
        who = _whose(subjects, competitors, room)
        if known is None or len(kind) + 2 + len(who) + len(own) <= room:
            return who + own
    general = _general(known, doubts)
    return _whose(subjects, competitors, room - len(kind) - len(general) - 2) + general


def _general(kind: Kind | None, doubts: Sequence[Doubt]) -> str:
    if kind is None:  # of another version
        return f"{doubts[0].message}; {doubts[0].remedy}"
    named = {name for one in doubts for name in PERCENTILE.findall(one.message)}
    means = kind.means
    if named:
        means = means.replace(SOME_PERCENTILES, ", ".join(sorted(named, key=_percent)))
    return f"{means}; {kind.remedy}"


def _percent(name: str) -> float:
    return float(name.removeprefix("p"))


def _whose(subjects: Sequence[str], competitors: Sequence[CompetitorSummary], room: int) -> str:
    names = listed(subjects, competitors, room - 2)
    return f"{names}: " if names else ""


def listed(subjects: Sequence[str], competitors: Sequence[CompetitorSummary], room: int) -> str:
    """List as many names as there is room for, at least one, and the number of the others."""
    if not subjects:
        return ""
    if len(subjects) == len(competitors) > 1:
        return "all"
    subjects = _merged(subjects, competitors)
    shown = len(subjects)
    while shown > 1 and len(_names(subjects, shown)) > max(room, LEAST_NAMES):
        shown -= 1
    return _names(subjects, shown)


def _merged(subjects: Sequence[str], competitors: Sequence[CompetitorSummary]) -> list[str]:
    """Name a condition for all clients in it, and a client for all conditions."""
    whole: dict[str, set[str]] = {}
    for one in competitors:
        if one.condition is not None:
            whole.setdefault(one.condition, set()).add(one.label)
            whole.setdefault(one.name, set()).add(one.label)
    named: list[str] = []
    told: set[str] = set()
    for name, labels in whole.items():
        if len(labels) > 1 and labels <= {*subjects} and not labels <= told:
            named.append(name)
            told |= labels
    return [*named, *(one for one in subjects if one not in told)]


def _names(subjects: Sequence[str], shown: int) -> str:
    more = len(subjects) - shown
    others = f" and {more} other{'s' * (more > 1)}" if more else ""
    return f"{', '.join(subjects[:shown])}{others}"
