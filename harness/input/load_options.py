"""What a command line says about an open loop."""

from __future__ import annotations

from dataclasses import dataclass

from harness.input.typed import typed

__all__ = ["LoadOptions"]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What a command line says about an open loop, as it was typed."""

    rate: str | float | None = typed(
        "Open loop: requests started per second, whatever the answers do."
    )
    stage: tuple[str, ...] = typed(
        "Open loop by stages: RATE:SECONDS or FROM-TO:SECONDS; repeatable.", default=()
    )
    arrivals: str | None = typed("uniform, poisson or burst. [uniform]")
    start: str | None = typed("fixed-workers: --concurrency of them; per-request. [fixed-workers]")
    max_in_flight: str | int | None = typed("Limit of --start per-request; more are dropped. [100]")
