"""The plan of a scenario before it is run. Builds plain values and renderables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.redaction import redact_url
from harness.report import figures
from harness.report.cells import Step, cell, fitted
from harness.scenario.plan import Plan
from harness.scenario.scenario import Scenario
from harness.scenario.sequence import Sequence

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["ScenarioPlan"]

HEADINGS = ("endpoint", "method", "share %", "requests", "per s", "body B", "URL")
RIGHT = frozenset(HEADINGS[2:6])
STEPS: tuple[Step, ...] = (("fold", "URL"), ("fold", "endpoint"))


@dataclass(frozen=True)
class ScenarioPlan:
    """A scenario, its plan, and the sequence of its requests."""

    scenario: Scenario
    plan: Plan
    sequence: Sequence

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        scenario, plan = self.scenario, self.plan
        rate = None if plan.load is None else plan.load.rate
        return {
            "competitors": [one.label for one in scenario.competitors],
            "rounds": plan.number,
            "duration_s": scenario.duration_s,
            "requests": plan.total,
            "rate": rate,
            "mixing": scenario.mixing,
            "connections": max(one.concurrency for one in scenario.competitors),
            "expected_s": plan.announced_s,
            "repeats_after": self._repeats_after,
            "endpoints": list(self._endpoints()),
        }

    def shown(self, width: int) -> Iterator[RenderableType]:
        """Yield a table of the endpoints, and lines about the whole."""
        told = self.document()
        rows = [
            (
                one["name"],
                one["method"],
                figures.significant(100 * one["share"]),
                _whole(one["requests"]),
                figures.significant(one["per_second"]),
                _whole(one["body_bytes"]),
                one["url"],
            )
            for one in told["endpoints"]
        ]
        yield fitted(HEADINGS, rows, STEPS, right=RIGHT, width=width)
        yield cell("")
        length = "" if told["duration_s"] is None else f"{told['duration_s']:g} s, "
        total = "" if told["requests"] is None else f"{told['requests']:,} requests, "
        rounds = f"{told['rounds']} {figures.plural('round', told['rounds'])}"
        load = "closed loop" if self.plan.load is None else "open loop"
        load = load if told["rate"] is None else f"{told['rate']:g} requests/s"
        yield cell(
            f"each client  {total}{length}{rounds}, {load}, up to {told['connections']} connections"
        )
        yield cell(f"clients      {', '.join(told['competitors'])}")
        yield cell(f"order        {told['mixing']}, seed {self.scenario.seed}{self._repeated}")
        yield cell(f"takes        about {told['expected_s']:.0f} s in all")
        yield cell("uncounted    a probe of each endpoint, first requests and warm-up come on top")

    def _endpoints(self) -> Iterator[dict[str, Any]]:
        sequence, total = self.sequence, self.plan.total
        numbers = Counter(sequence.requests[index].endpoint for index in sequence.order)
        seconds = self.scenario.duration_s
        for number, one in enumerate(self.scenario.endpoints):
            share = numbers[number] / numbers.total()
            requests = None if total is None else round(total * share)
            per_second = None if requests is None or not seconds else requests / seconds
            yield {
                "name": one.name,
                "method": one.method,
                "url": redact_url(one.url or one.path),
                "share": share,
                "requests": requests,
                "per_second": per_second,
                "body_bytes": None if one.body is None else len(one.body),
            }

    @property
    def _repeats_after(self) -> int | None:
        """Return after how many requests the sequence begins again; None if it does not."""
        length, total = len(self.sequence.order), self.plan.total
        return None if total is not None and total <= length else length

    @property
    def _repeated(self) -> str:
        after = self._repeats_after
        return "" if after is None else f"; repeated after {after:,} requests"


def _whole(number: int | None) -> str:
    return figures.NOTHING if number is None else f"{number:,}"
