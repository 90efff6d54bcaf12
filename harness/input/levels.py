"""Reads the values of factors, as users write them."""

from __future__ import annotations

from typing import Any

from harness.input.options import Options
from harness.scenario.factors import Factor, Limits

__all__ = ["parsed", "parsed_all"]

_USUAL = Limits()


def parsed(factor: Factor, value: str | int, limits: Limits = _USUAL) -> Any:
    """One value. Raises ``UsageError``."""
    return factor.parse(str(value), limits)


def parsed_all(factor: Factor, options: Options, limits: Limits = _USUAL) -> tuple[Any, ...]:
    """All values that were typed; none if it was not given. Raises ``UsageError``."""
    return tuple(parsed(factor, value, limits) for value in options.values(factor))
