"""Figures derived from counts and times, for one trial as for all of a competitor: each formula
once.

Views of the database have the same formulas in SQL; ``tests/store/test_formulas.py`` compares them.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Totals", "per_request"]


class Totals:
    """Totals over windows; a class with these fields gets the figures below."""

    window_ns: int
    completed: int  # responses and errors ending in windows
    correct: int  # correct ones among them
    population: int  # requests whose intended start lies in a window, errors included
    cpu_ns: int  # used by workers between the edges of the windows
    cpu_requests: int  # between the same edges, as ``SliceRecord`` counts them
    error_counts: Mapping[str, int]  # in the population, by kind

    @property
    def requests_per_second(self) -> float | None:
        """Throughput: correct responses ending inside the windows ÷ total window time.

        None where nothing ended in them, not even an error: that is not measured, and not zero.
        """
        return self._per_second(self.correct)

    @property
    def completions_per_second(self) -> float | None:
        """All completions, errors included ÷ total window time; None as above."""
        return self._per_second(self.completed)

    @property
    def cpu_per_request_ns(self) -> float | None:
        """User+system time of the workers ÷ ``cpu_requests``, gross."""
        return per_request(self.cpu_ns, self.cpu_requests)

    @property
    def errors(self) -> int:
        """Failed requests of the population, all kinds."""
        return sum(self.error_counts.values())

    @property
    def error_rate(self) -> float | None:
        """Failed requests ÷ population, 0 to 1; None without any request."""
        return self.errors / self.population if self.population else None

    def _per_second(self, count: int) -> float | None:
        return count * 1e9 / self.window_ns if self.window_ns and self.completed else None


def per_request(cost: int | None, requests: int) -> float | None:
    """A cost ÷ the requests it was for; None where it is not known, or there were none."""
    return None if cost is None or not requests else cost / requests
