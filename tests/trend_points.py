"""Points of lines, made by hand: a run every day, its ratios and its values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from harness.records.trend import Ratio, TrendPoint

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)


def noise(number: int, deviation: float = 0.02, seed: int = 1) -> list[float]:
    """Factors of runs that scatter by so much."""
    drawn = deviation * np.random.default_rng(seed).standard_normal(number)
    return [float(one) for one in np.exp(drawn)]


def stepped(before: int, after: int, ratio: float, seed: int = 1) -> list[float]:
    """Factors with a step."""
    return [
        one * (ratio if number >= before else 1)
        for number, one in enumerate(noise(before + after, seed=seed))
    ]


def point(number: int, cpu: float = 1.0, speed: float = 1.0, **changes: Any) -> TrendPoint:
    """The run of a day: CPU per request is 100 µs × ``cpu``, throughput 1,000/s × ``speed``."""
    values: dict[str, Any] = {
        "run_id": f"{number:032x}",
        "run_name": f"nightly {number}",
        "started_at": (FIRST + timedelta(days=number)).isoformat(timespec="seconds"),
        "machine": "here",
        "series": "5e71e5",
        "label": "httpx",
        "name": "httpx",
        "condition": None,
        "client_library": "httpx",
        "client_type": "sync",
        "client_version": "0.27.2",
        "python_version": "3.11.7",
        "software": "50f7a4e",
        "kernel": "6.1.0",
        "commit": "a" * 40,
        "branch": "main",
        "dirty": False,
        "http_method": "GET",
        "url": "http://127.0.0.1/json",
        "concurrency": 10,
        "target": "embedded",
        "baseline": "requests",
        "baseline_version": "2.32.3",
        "baseline_software": "ba5e",
        "rounds": 5,
        "values": {"throughput": 1000 * speed, "cpu_per_request": 1e5 * cpu},
        "ratios": {
            "throughput": Ratio(1.5 * speed, 1.4 * speed, 1.6 * speed),
            "cpu_per_request": Ratio(0.5 * cpu, 0.45 * cpu, 0.55 * cpu),
        },
        "unused": (),
    }
    return TrendPoint(**(values | changes))


def points(costs: Sequence[float], **changes: Any) -> list[TrendPoint]:
    """A run for each factor of CPU per request; throughput scatters by itself."""
    speeds = noise(len(costs), seed=7)
    return [
        point(number, cost, speed, **changes)
        for number, (cost, speed) in enumerate(zip(costs, speeds, strict=True))
    ]
