"""Environment variables, and how numbers are read wherever a user writes one.

Precedence is flag, environment, file, default (DESIGN §8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.redaction import refusal

__all__ = [
    "MAX_DURATION_S",
    "VARIABLES",
    "Defaults",
    "database_path",
    "from_environment",
    "seconds",
    "whole_number",
]

VARIABLES = {
    "concurrency": "HTTP_BENCHMARK_DEFAULT_CONCURRENCY",
    "duration": "HTTP_BENCHMARK_DEFAULT_DURATION_SECONDS",
    "max_concurrency": "HTTP_BENCHMARK_MAX_CONCURRENCY",
    "database": "HTTP_BENCHMARK_SQLITE_DB_PATH",
    "sampling_interval": "HTTP_BENCHMARK_RESOURCE_MONITORING_INTERVAL",
}
DATABASE_NAME = "benchmark_results.db"
MAX_DURATION_S = 7 * 24 * 3600.0
# One asyncio task or thread each: more than this no machine of today carries.
_MAX_MAX_CONCURRENCY = 1_000_000

_WHOLE = re.compile(r"[0-9]{1,18}")
_SECONDS = re.compile(r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)\s*(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What applies where no flag says otherwise.

    ``compare_duration_s`` is the environment's duration when that variable is set; otherwise, and where a
    flag names one, ``compare`` has lengths of its own (harness.precision_input). ``duration_s`` serves
    ``load`` and the old flag form.
    """

    concurrency: int = 10
    duration_s: float = 30.0
    compare_duration_s: float | None = None
    max_concurrency: int = 10_000
    database: Path | None = None
    sampling_interval_s: float = 0.1


def from_environment(environ: Mapping[str, str]) -> Defaults:
    """The defaults of this environment.

    Without a variable of its own the default concurrency is 10, or the maximum where that is lower.
    Raises ``UsageError`` naming the variable, its value and what is accepted.
    """
    base = Defaults()
    names = VARIABLES
    given = {field: environ[name] for field, name in names.items() if name in environ}
    maximum = whole_number(
        names["max_concurrency"],
        given.get("max_concurrency", base.max_concurrency),
        1,
        _MAX_MAX_CONCURRENCY,
    )
    concurrency = given.get("concurrency", min(base.concurrency, maximum))
    duration_s = _variable_seconds(given, "duration", base.duration_s, 0.001, MAX_DURATION_S)
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
        sampling_interval_s=_variable_seconds(
            given, "sampling_interval", base.sampling_interval_s, 0.01, 60.0
        ),
    )


def database_path(flag: str | None, defaults: Defaults, cwd: Path) -> Path:
    """Where results go: ``--db``, the environment, ``results/`` if there is one, else ``cwd``."""
    if flag is not None:
        return cwd / _path("--db", flag)
    if defaults.database is not None:
        return cwd / defaults.database
    folder = cwd / "results"
    return (folder if folder.is_dir() else cwd) / DATABASE_NAME


def whole_number(field: str, value: str | int, low: int, high: int, note: str = "") -> int:
    """``value`` as an integer of ``low..high``; ``note`` ends the message of the ``UsageError``."""
    text = str(value).strip()
    if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
        raise refusal(field, value, f"a whole number from {low} to {high}{note}")
    return int(text)


def seconds(field: str, value: str | float, low: float, high: float) -> float:
    """``value`` in seconds, written ``10``, ``10s``, ``500ms``, ``2m`` or ``1h``.

    Raises ``UsageError`` for anything else, NaN and infinities included, and outside ``low..high``.
    """
    match = _SECONDS.fullmatch(str(value).strip().lower())
    number = float(match[1]) * _UNITS[match[2]] if match else -1.0
    if not low <= number <= high:
        raise refusal(field, value, f"seconds from {low:g} to {high:g}, such as 10, 500ms or 2m")
    return number


def _variable_seconds(
    given: Mapping[str, str], name: str, default: float, low: float, high: float
) -> float:
    return seconds(VARIABLES[name], given[name], low, high) if name in given else default


def _path(field: str, text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise refusal(field, text, "the path of a database file")
    return Path(text)
