"""Reads defaults from environment variables.

Precedence is flag, environment, file, default (DESIGN §8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.redaction import refusal
from harness.scenario.numbers import MAX_CONCURRENCY, MAX_DURATION_S, seconds, whole_number

__all__ = [
    "VARIABLES",
    "Defaults",
    "database_path",
    "from_environment",
]

VARIABLES = {
    "concurrency": "HTTP_BENCHMARK_DEFAULT_CONCURRENCY",
    "duration": "HTTP_BENCHMARK_DEFAULT_DURATION_SECONDS",
    "max_concurrency": "HTTP_BENCHMARK_MAX_CONCURRENCY",
    "database": "HTTP_BENCHMARK_SQLITE_DB_PATH",
    "sampling_interval": "HTTP_BENCHMARK_RESOURCE_MONITORING_INTERVAL",
}
DATABASE_NAME = "benchmark_results.db"


@dataclass(frozen=True, slots=True)
class Defaults:
    """Values that apply unless a flag overrides them.

    ``compare_duration_s`` is the environment's duration if that variable is set. Otherwise, and
    where a flag names a length, ``compare`` has its own (harness.scenario.precision).
    ``duration_s`` serves ``load`` and the old flag form.
    """

    concurrency: int = 10
    duration_s: float = 30.0
    compare_duration_s: float | None = None
    max_concurrency: int = 10_000
    database: Path | None = None
    sampling_interval_s: float = 0.1


def from_environment(environ: Mapping[str, str]) -> Defaults:
    """Return the defaults of this environment.

    Without its variable the default concurrency is 10, or the maximum if that is lower. Raises
    ``UsageError`` naming the variable, its value and what is accepted.
    """
    base = Defaults()
    names = VARIABLES
    given = {field: environ[name] for field, name in names.items() if name in environ}
    maximum = whole_number(
        names["max_concurrency"],
        given.get("max_concurrency", base.max_concurrency),
        1,
        MAX_CONCURRENCY,
    )
    concurrency = given.get("concurrency", min(base.concurrency, maximum))
    duration = given.get("duration", base.duration_s)
    duration_s = seconds(names["duration"], duration, 0.001, MAX_DURATION_S)
    interval = given.get("sampling_interval", base.sampling_interval_s)
    return Defaults(
        concurrency=whole_number(
            names["concurrency"],
            concurrency,
            1,
            maximum,
            f" ({names['max_concurrency']}={maximum})",
        ),
        duration_s=duration_s,
        compare_duration_s=duration_s if "duration" in given else None,
        max_concurrency=maximum,
        database=_path(names["database"], given["database"]) if "database" in given else None,
        sampling_interval_s=seconds(names["sampling_interval"], interval, 0.01, 60.0),
    )


def database_path(flag: str | None, defaults: Defaults, cwd: Path) -> Path:
    """Return the database: ``--db``, the environment, ``results/`` if it exists, else ``cwd``."""
    if flag is not None:
        return cwd / _path("database", flag)
    if defaults.database is not None:
        return cwd / defaults.database
    folder = cwd / "results"
    return (folder if folder.is_dir() else cwd) / DATABASE_NAME


def _path(field: str, text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise refusal(field, text, "the path of a database file")
    return Path(text)
