"""The rounds of a run that was measured elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.text import canonical_json

if TYPE_CHECKING:
    from harness.records.model import RunRecord, TrialSummary

__all__ = ["rounds"]

UNFINISHED = "unfinished"


def rounds(
    run: RunRecord, trials: Sequence[TrialSummary]
) -> Iterator[tuple[dict[str, Any], list[TrialSummary]]]:
    """Yield the row of each round, and its trials; a document has no rounds of its own."""
    numbers = sorted({one.round for one in trials})
    for number in numbers:
        made = [one for one in trials if one.round == number]
        is_last = number == numbers[-1] and run.state == UNFINISHED  # then the run ended with it
        yield (
            {
                "run_id": run.id,
                "round": number,
                "started_at": min(one.started_at for one in made),
                "ended_at": run.ended_at if is_last else max(one.ended_at for one in made),
                "competitors": canonical_json([one.label for one in made]),
            },
            made,
        )
