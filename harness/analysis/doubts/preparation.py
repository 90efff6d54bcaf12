"""Warnings from the preparation: clients that sent other bytes, or got different responses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.records.model import Doubt

__all__ = ["Answered", "bytes_doubt", "differ", "unseen_bytes_doubt", "work_doubts"]

# A page that varies by itself explains differences between clients up to this many times its
# variation.
BEYOND_SPREAD = 10


@dataclass(frozen=True)
class Answered:
    """A response as the client returned it."""

    status: int
    length: int  # bytes of body
    decompressed: bool = False  # the client decompresses bodies


# By label, in the order of arrival; none is empty.
Answers = Mapping[str, Sequence[Answered]]


def bytes_doubt(label: str, found: Sequence[str]) -> Doubt:
    """Warn of a client whose request on the wire differs from the specified one."""
    return Doubt(
        "unequal bytes",
        label,
        "; ".join(found),
        "leave this client out, or choose a request that all clients send alike",
    )


def unseen_bytes_doubt(label: str) -> Doubt:
    """Note that our own server received no request of the client."""
    return Doubt(
        "not checked",
        label,
        "no test request reached clientbench's own server, so the bytes it sends are not known",
        "check what the target receives",
    )


def differ(answers: Answers) -> bool:
    """Say whether responses differ between clients, or between the two of one client."""
    return len({(one.status, one.length) for given in answers.values() for one in given}) > 1


def work_doubts(answers: Answers) -> list[Doubt]:
    """Warn of clients that return a different response than most others do.

    If the two responses to one client differ, the page varies by itself.
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
    """Return the most common response, and the label of the first client that got it."""
    last = {label: given[-1] for label, given in answers.items()}
    counts = Counter((one.status, one.length) for one in last.values())
    most, _ = counts.most_common(1)[0]
    return next((label, one) for label, one in last.items() if (one.status, one.length) == most)


def _work_doubt(label: str, got: Answered, reference: str, usual: Answered) -> Doubt:
    return Doubt(
        "unequal work",
        label,
        f"for the same request it gets {_shown(got)}, {reference} {_shown(usual)}",
        "they do different work: leave one out, or choose a URL that answers all alike",
    )


def _shown(answer: Answered) -> str:
    how = ", decompressed" if answer.decompressed else ""
    return f"{answer.length:,} bytes (status {answer.status}{how})"
