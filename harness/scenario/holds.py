"""Requests that are held at a point of their connection, and released on the clock. Pure."""

from __future__ import annotations

from harness.scenario.plain import Plain
from harness.worker.job import Hold

__all__ = ["HeldLoad"]

SECOND_NS = 10**9


class HeldLoad(Plain):
    """Held requests, as ``harness.worker.job.Hold`` has them, in seconds."""

    point: str
    delay_s: float
    size: int = 1
    limit: int = 1
    paced: bool = False
    once: bool = False
    starts: tuple[tuple[int, float], ...] = ()  # (count, beginning)

    @property
    def most(self) -> int:
        """Requests that may be held at the same time."""
        counts = [count for count, _ in self.starts] or [self.limit if self.paced else self.size]
        return max(counts)

    @property
    def longest_s(self) -> float:
        """Longest hold of a request: its batch's delays, and the time to prepare the others."""
        return self.delay_s * self.most + PREPARATION_S + PREPARATION_EACH_S * self.most

    def hold(self) -> Hold:
        """The same for a worker."""
        return Hold(
            point=self.point,
            delay_ns=round(self.delay_s * SECOND_NS),
            size=self.size,
            limit=self.limit,
            paced=self.paced,
            once=self.once,
            starts=tuple((count, round(at_s * SECOND_NS)) for count, at_s in self.starts),
        )


PREPARATION_S, PREPARATION_EACH_S = 10.0, 0.2
