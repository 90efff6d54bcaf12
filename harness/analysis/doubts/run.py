"""Doubts about a run as a whole: its processors, its targets, its environment."""

from __future__ import annotations

from collections.abc import Iterable

from harness.clients.contamination import Contamination
from harness.machine.processors import Processors
from harness.records.model import Doubt

__all__ = [
    "contamination_doubts",
    "count_doubt",
    "instance_doubt",
    "processor_doubts",
    "target_doubt",
]


def processor_doubts(processors: Processors, pinned: bool) -> list[Doubt]:
    """Too few CPUs for what was asked."""
    if processors.shortage is None:
        return []
    remedy = "use a machine with more cores" if pinned else "results may vary more"
    return [Doubt("few processors", "run", processors.shortage, remedy)]


def count_doubt(round_number: int, sent: int, responses: int, counted: int) -> Doubt | None:
    """Clients and target must agree on how many requests there were.

    ``counted`` is what the target saw in the round; every response was a request it saw, and every
    request it saw was sent.
    """
    if responses <= counted <= sent:
        return None
    return Doubt(
        "counts differ",
        "run",
        f"in round {round_number} clients sent {sent} requests and got {responses} responses, "
        f"the target counted {counted}",
        "let nothing else use the target, or look for retries",
    )


def target_doubt(message: str) -> Doubt:
    """The target went away during the run."""
    return Doubt("target lost", "run", message, "find out why it ended and measure again")


def instance_doubt(target: str, round_number: int, message: str) -> Doubt:
    """One of the servers behind a proxy went away during the run, and the others went on."""
    return Doubt(
        "instance lost",
        target,
        f"in round {round_number}, {message}",
        "later rounds have one server less: measure again for figures of all of them",
    )


def contamination_doubts(found: Iterable[Contamination]) -> list[Doubt]:
    """Packages that are not what they are called, where a competitor uses them.

    ``clients`` of a contamination are labels of competitors here.
    """
    return [
        Doubt(
            "contaminated environment",
            one.clients[0] if len(one.clients) == 1 else "run",
            f"{one.message}; it is measured as {', '.join(one.clients)}",
            one.remedy,
        )
        for one in found
        if one.clients
    ]
