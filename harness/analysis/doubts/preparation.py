"""Doubts of the preparation: clients that sent other bytes than asked for, or were given different answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.records.model import Doubt

__all__ = ["Answered", "bytes_doubt", "differ", "unseen_bytes_doubt", "work_doubts"]

# A page that varies is no difference between clients, unless they differ by far more.
BEYOND_SPREAD = 10


@dataclass(frozen=True)
class Answered:
    """What a client handed over."""

    status: int
    length: int  # bytes of body
    decompressed: bool = False  # it does that to whatever is compressed


# By label, in the order in which they came; none is empty.
Answers = Mapping[str, Sequence[Answered]]


def bytes_doubt(label: str, found: Sequence[str]) -> Doubt:
    """A client that does not send the request as it was asked for."""
    return Doubt(
        "unequal bytes",
        label,
        "; ".join(found),
        "the server may treat it differently: leave this client out, or ask for what all of them send alike",
    )


def unseen_bytes_doubt(label: str) -> Doubt:
    """A client of which our own server got no request."""
    return Doubt(
        "not checked",
        label,
        "whether it sends the request that was asked for: none of it came to clientbench's own server",
        "look at what the target receives",
    )


def differ(answers: Answers) -> bool:
    """Whether not all were given the same."""
    return len({(one.status, one.length) for given in answers.values() for one in given}) > 1


def work_doubts(answers: Answers) -> list[Doubt]:
    """Clients that hand over another answer than most of the others do.

    Where they were asked twice, and a client's own two answers differ, the page varies by itself.
    """
    if not differ(answers):
        return []
    reference, usual = _usual(answers)
    spread = max(abs(given[-1].length - given[0].length) for given in answers.values())
    return [
        _work_doubt(label, given[-1], reference, usual)
        for label, given in answers.items()
        if given[-1].status != usual.status
        or abs(given[-1].length - usual.length) > BEYOND_SPREAD * spread
    ]


def _usual(answers: Answers) -> tuple[str, Answered]:
    """What most of them were given, and the first of those by its label."""
    last = {label: given[-1] for label, given in answers.items()}
    counts = Counter((one.status, one.length) for one in last.values())
    most, _ = counts.most_common(1)[0]
    return next((label, one) for label, one in last.items() if (one.status, one.length) == most)


def _work_doubt(label: str, got: Answered, reference: str, usual: Answered) -> Doubt:
    return Doubt(
        "unequal work",
        label,
        f"it hands over {_shown(got)}, {reference} {_shown(usual)} for the same request",
        "the two do different work: leave one out, or ask for what all of them are given alike",
    )


def _shown(answer: Answered) -> str:
    how = ", decompressed" if answer.decompressed else ""
    return f"{answer.length:,} bytes (status {answer.status}{how})"
