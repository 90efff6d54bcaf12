"""Warnings on the answer's screen: one line for each kind, with all competitors it concerns. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.analysis.doubts.kinds import KINDS, Kind, Severity, severity
from harness.records.model import Doubt

__all__ = ["warnings"]

SHOWN: tuple[Severity, ...] = ("grave", "worth knowing")  # notes are among the details
LARGEST_LIST = 4  # names in a line


def warnings(doubts: Sequence[Doubt], names: Sequence[str]) -> Iterator[tuple[str, str, Severity]]:
    """The kind, the rest of the line, and how much it matters; the grave ones first.

    ``names`` are all competitors of the run. The rest says whom it concerns, what happened, what to do.
    """
    of_kind: dict[str, list[Doubt]] = {}
    for doubt in doubts:
        of_kind.setdefault(doubt.kind, []).append(doubt)
    for weight in SHOWN:
        for kind, own in of_kind.items():
            if severity(kind) == weight:
                yield kind, _line(KINDS.get(kind), own, names), weight


def _line(kind: Kind | None, doubts: Sequence[Doubt], names: Sequence[str]) -> str:
    """In the words of the warning itself where there is one only, or they are all alike."""
    messages = {one.message for one in doubts}
    message = messages.pop() if len(messages) == 1 or kind is None else kind.means
    remedies = {one.remedy for one in doubts}
    remedy = remedies.pop() if len(remedies) == 1 or kind is None else kind.remedy
    who = _subjects([one.subject for one in doubts if one.subject != "run"], names)
    return f"{who}{message}; {remedy}"


def _subjects(labels: Sequence[str], names: Sequence[str]) -> str:
    own = list(dict.fromkeys(labels))
    if not own:
        return ""
    if len(own) == len(names) > 1:
        return "all: "
    more = len(own) - LARGEST_LIST
    listed = own if more <= 1 else [*own[:LARGEST_LIST], f"{more} more"]
    return f"{', '.join(listed)}: "
