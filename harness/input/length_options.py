"""What a command line says about how long to measure."""

from __future__ import annotations

from dataclasses import dataclass

from harness.input.typed import typed

__all__ = ["LengthOptions"]


@dataclass(frozen=True, slots=True)
class LengthOptions:
    """What a command line says about it, as it was typed."""

    quick: bool = typed("Shorter: 5 rounds, 5 s.", default=False)
    thorough: bool = typed("Longer: 30 rounds, 60 s.", default=False)
    precision: str | None = typed(
        "As many rounds as it takes for ratios to be known to ± this: 2%."
    )
    metric: str | None = typed(
        "Of --precision: throughput, cpu-per-request, p50, p99, peak-memory. [throughput]"
    )
    budget: str | float | None = typed("Of --precision: the longest its rounds may take. [5m]")

    @property
    def is_named(self) -> bool:
        """Whether a flag says how much is measured, so that no default of the environment does."""
        return self.quick or self.thorough or self.precision is not None
