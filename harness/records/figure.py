"""One measured value, and the bound it must keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Figure"]


@dataclass(frozen=True)
class Figure:
    """One measured value and the bound it must keep; without a bound it is for orientation."""

    name: str
    value: float
    bound: float | None
    better: Literal["higher", "lower"]
    unit: str
    detail: str = ""

    @property
    def missed(self) -> bool:
        """Say whether the bound is missed; a value that is not a number misses every bound."""
        if self.bound is None:
            return False
        kept = self.value >= self.bound if self.better == "higher" else self.value <= self.bound
        return not kept

    def __str__(self) -> str:
        sign = "≥" if self.better == "higher" else "≤"
        bound = "" if self.bound is None else f" (must be {sign} {_written(self.bound)})"
        verdict = "MISSED" if self.missed else "ok" if self.bound is not None else ""
        detail = f"  {self.detail}" if self.detail else ""
        value = f"{_written(self.value)} {self.unit}".rstrip()
        return f"{verdict:6} {self.name}: {value}{bound}{detail}"


def _written(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
