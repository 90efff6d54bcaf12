"""The stop rule for failed requests. Pure."""

from __future__ import annotations

import re

from harness.redaction import refusal
from harness.scenario.plain import Plain

__all__ = ["ErrorBudget", "parse_budget"]

ENOUGH = 100  # requests before a share is a share
_TEXT = re.compile(r"([0-9]{1,12})|([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%")


class ErrorBudget(Plain):
    """The most failed requests of one competitor: a number, or a share of those sent so far."""

    count: int | None = None
    share: float | None = None

    def is_spent(self, errors: int, requests: int) -> bool:
        """Say whether so many errors exceed the budget."""
        if self.count is not None:
            return errors > self.count
        return requests >= ENOUGH and errors > (self.share or 0.0) * requests

    def __str__(self) -> str:
        return f"{self.count}" if self.count is not None else f"{100 * (self.share or 0.0):g} %"


def parse_budget(text: str | int | None) -> ErrorBudget | None:
    """``10`` failed requests, or ``5%`` of them. Raises ``UsageError``."""
    if text is None:
        return None
    match = _TEXT.fullmatch(str(text).strip())
    if match is None or (match[2] and float(match[2]) >= 100):
        raise refusal("error_budget", text, "a number of failed requests, or a share below 100%")
    if match[1]:
        return ErrorBudget(count=int(match[1]))
    return ErrorBudget(share=float(match[2]) / 100)
