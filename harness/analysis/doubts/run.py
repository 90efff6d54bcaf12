"""Warnings about a run as a whole: its processors, its targets, its environment."""

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
    """Warn if there are too few CPUs to separate clients, target and orchestrator."""
    if processors.shortage is None:
        return []
    remedy = "use a machine with more cores" if pinned else "results may vary more"
    return [Doubt("few processors", "run", processors.shortage, remedy)]


def count_doubt(round_number: int, sent: int, responses: int, counted: int) -> Doubt | None:
    """Warn if clients and target disagree on the number of requests.

    ``counted`` is the target's count in the round: at least the responses, at most the requests
    sent.
    """
    if responses <= counted <= sent:
        return None
    return Doubt(
        "counts differ",
        "run",
        f"in round {round_number} clients sent {sent:,} HTTP requests and got {responses:,} "
        f"responses, but the target counted {counted:,}",
        "keep other traffic off the target, or look for hidden retries",
    )


def target_doubt(message: str) -> Doubt:
    """Warn that the target ended during the run."""
    return Doubt("target lost", "run", message, "find out why it ended, and measure again")


def instance_doubt(target: str, round_number: int, message: str) -> Doubt:
    """Warn that one of the servers behind a proxy ended during the run, and the others went on."""
    return Doubt(
        "instance lost",
        target,
        f"in round {round_number}, {message}",
        "later rounds had one server less: measure again",
    )


def contamination_doubts(found: Iterable[Contamination]) -> list[Doubt]:
    """Warn of packages that another package overwrote, if a competitor uses them.

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
