"""The facts of an answer before its layout: the ranking, the result, the trust in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from harness.analysis.compared import comparisons_of
from harness.analysis.groups import number_of_groups
from harness.analysis.summaries import CompetitorSummary, summarised
from harness.analysis.trust import Trust, trust
from harness.records.conditions import by_condition
from harness.records.model import Comparison, RunRecord, TrialSummary
from harness.report.answer import alone, result, trusting
from harness.report.answer.columns import ranked
from harness.report.answer.warnings import listed

__all__ = ["Facts"]

NAMES = 40  # characters of a list of names
NOT_COMPARED = "No verdict: there is nothing to compare, or requests were traced, which costs time."


@dataclass(frozen=True)
class Facts:
    """A run with all that follows from it, computed once."""

    run: RunRecord
    trials: Sequence[TrialSummary]
    summaries: Sequence[CompetitorSummary]  # the best of each condition first
    comparisons: Sequence[Comparison]
    trust: Trust

    @classmethod
    def of(cls, run: RunRecord, trials: Sequence[TrialSummary]) -> Self:
        """Compute them."""
        groups = by_condition(summarised(trials)).values()
        summaries = [one for own in groups for one in ranked(run, own)]
        compared = comparisons_of(run, trials)
        return cls(run, trials, summaries, compared, trust(run, compared))

    def results(self) -> list[str]:
        """Return a paragraph with the result; for a single client, one about its figures."""
        if len(self.summaries) == 1:
            return [alone.sentence(self.run, self.summaries[0], self.trials)]
        if self.summaries and not self.comparisons:
            return [NOT_COMPARED]
        distrusted = {*self.trust.distrusted}
        ranked = [one for one in self.summaries if one.label not in distrusted]
        compared = [one for one in self.comparisons if one.label not in distrusted]
        return list(result.sentences(self.run, ranked, compared))

    def groups(self) -> str:
        """Say in how many groups the run was measured; empty if all shared their blocks."""
        number = number_of_groups(self.trials)
        if number < 2:
            return ""
        repeated = any(one.groups for one in self.trials)
        how = ", the baseline in each" if repeated else ""
        return f"{len(self.summaries)} entries in {number} groups{how}"

    def trust_line(self) -> str:
        """Say how far the figures can be trusted, and what to do if they cannot."""
        disturbed = any(one.kind == "disturbed" for one in self.run.doubts)
        compares = len(self.summaries) > 1
        said = trusting.line(
            self.trust,
            compares=compares,
            disturbed=disturbed,
            by_precision=self.run.ending is not None,
        )
        if self.trust.level == "none" or not self.trust.distrusted:
            return said
        names = listed(self.trust.distrusted, self.summaries, NAMES)
        return f"do not trust {names}; the others: {said}"
