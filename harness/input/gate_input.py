"""Parses a gate's file: TOML with limits as text, such as ``p99 < 20 ms``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from harness.errors import UsageError
from harness.paths import expanded
from harness.records.model import METRICS
from harness.redaction import quoted
from harness.scenario.gate import ERROR_RATE, Against, Gate, Operator, Rule, Unclear
from harness.scenario.numbers import MAX_DURATION_S, seconds
from harness.text import meant

__all__ = ["GATE_METRICS", "RuleError", "gate", "rule"]

FIELD = "gate"
MOST_BYTES = 1_000_000
MOST_RULES = 1_000
SETTINGS = ("unclear", "budget", "against", "thresholds")
GATE_METRICS = (*METRICS, ERROR_RATE)
_RULE = re.compile(
    r"\s*(?P<metric>[A-Za-z0-9_. -]+?)\s*(?P<operator><=|>=|==|!=|=|<|>)\s*"
    r"(?P<number>[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:_[0-9]{3})+|[0-9]+)"
    r"(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![0-9_,])\s*"
    r"(?P<unit>[^\s0-9]+)?(?P<relative>\s+of\s+(?P<whom>.+?))?\s*"
)
GREEK_MU_S = "\N{GREEK SMALL LETTER MU}s"  # looks like µs, which has the micro sign
_TIMES = {"ns": 1.0, "us": 1e3, "µs": 1e3, GREEK_MU_S: 1e3, "ms": 1e6, "s": 1e9}
_SIZES = {
    **{"B": 1.0, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9},
    **{"KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30},
}
_SHARES = {"%": 0.01}
_UNITS: Mapping[str, Mapping[str, float]] = {
    "throughput": {"/s": 1.0, "1/s": 1.0, "req/s": 1.0},
    "cpu_per_request": _TIMES,
    "p50": _TIMES,
    "p99": _TIMES,
    "peak_memory": _SIZES,
    ERROR_RATE: _SHARES,
}
_EXAMPLE = "'cpu_per_request <= 1.05 of baseline', 'p99 < 20 ms' or 'error_rate < 0.1 %'"


class RuleError(Exception):
    """A gate that is wrong: how, and what is accepted."""


def gate(name: str) -> Gate:
    """Read a gate. Raises UsageError with one line that names the file, the place and the value."""
    try:
        return _gate(_settings(name))
    except RuleError as error:
        raise UsageError(f"{quoted(name)} {error}", FIELD) from error


def _gate(settings: Mapping[str, Any]) -> Gate:
    for word in settings.keys() - {*SETTINGS}:
        guess = meant(word, SETTINGS)
        raise RuleError(f"has {quoted(word)} in [gate]; {guess}expected {', '.join(SETTINGS)}")
    return Gate(
        rules=tuple(_rules(settings.get("thresholds"))),
        unclear=cast("Unclear", _choice(settings, "unclear", get_args(Unclear))),
        budget_s=_budget_s(settings.get("budget", "3m")),
        against=cast("Against", _choice(settings, "against", get_args(Against))),
    )


def _settings(name: str) -> dict[str, Any]:
    """Return the table ``gate`` of the file."""
    try:
        path = expanded(name)
        if not path.is_file():
            raise RuleError("is no file; expected a TOML file with [gate.thresholds]")
        if path.stat().st_size > MOST_BYTES:
            raise RuleError(f"is larger than {MOST_BYTES:,} bytes")
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # also of text that is not UTF-8
        raise RuleError(f"cannot be read ({error})") from error
    found = document.get("gate")
    if not isinstance(found, dict):
        others = f"it has [{min(document)}]" if document else "it is empty"
        raise RuleError(f"has no [gate]; {others}")
    return found


def _choice(settings: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    value = settings.get(key, known[0])
    if value not in known:
        guess = meant(str(value), known)
        raise RuleError(f"{key} = {quoted(value)}; {guess}expected {', '.join(known)}")
    return str(value)


def _budget_s(value: Any) -> float:
    try:
        return seconds("budget", value, 1.0, MAX_DURATION_S)
    except UsageError as error:
        raise RuleError(f"budget: {error.problem}") from error


def _rules(thresholds: Any) -> Iterator[Rule]:
    if not isinstance(thresholds, dict) or not thresholds:
        raise RuleError('has no rules; expected [gate.thresholds] with "CLIENT" = ["RULE", …]')
    count = 0
    for pattern, texts in thresholds.items():
        listed = [texts] if isinstance(texts, str) else texts
        if not isinstance(listed, list) or not listed:
            raise RuleError(
                f"{quoted(pattern)} has no list of rules; expected such as [{_EXAMPLE}]"
            )
        for text in listed:
            count += 1
            if count > MOST_RULES:
                raise RuleError(f"has more than {MOST_RULES:,} rules")
            yield rule(pattern, text)


def rule(pattern: str, text: Any) -> Rule:
    """Parse one rule. Raises ``RuleError``: what is wrong with it, and what is accepted."""
    match = _RULE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise RuleError(f"{quoted(pattern)}: {quoted(text)} is not a rule; expected {_EXAMPLE}")
    where = f"{quoted(pattern)}: {quoted(text)}"
    metric = match["metric"].strip().lower().replace("-", "_").replace(" ", "_")
    if metric not in GATE_METRICS:
        guess = meant(metric, GATE_METRICS)
        raise RuleError(f"{where} names no metric; {guess}expected {', '.join(GATE_METRICS)}")
    if match["operator"] not in get_args(Operator):
        raise RuleError(f"{where} needs an interval on one side; expected <, <=, > or >=")
    relative = match["relative"] is not None
    if relative and match["whom"] != "baseline":
        raise RuleError(f"{where} is relative to {quoted(match['whom'])}; expected 'of baseline'")
    if relative and metric == ERROR_RATE:
        raise RuleError(f"{where}: error rates have no ratio; expected a share, such as < 0.1 %")
    units = _SHARES if relative else _UNITS[metric]
    bare = relative or metric in ("throughput", ERROR_RATE)
    limit = _number(match["number"]) * _factor(where, match["unit"], units, bare=bare)
    return Rule(
        pattern=pattern,
        metric=metric,
        operator=cast("Operator", match["operator"]),
        limit=_sensible(where, metric, limit, match["operator"]),
        relative=relative,
        text=" ".join(text.split()),
    )


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("_", ""))


def _factor(where: str, unit: str | None, units: Mapping[str, float], *, bare: bool) -> float:
    if unit is None and bare:
        return 1.0
    if unit is None or unit not in units:
        said = "has no unit" if unit is None else f"has the unit {quoted(unit)}"
        raise RuleError(
            f"{where} {said}; expected {', '.join(one for one in units if one != GREEK_MU_S)}"
        )
    return units[unit]


def _sensible(where: str, metric: str, limit: float, operator: str) -> float:
    """Refuse a limit that no measurement can show to be kept or broken."""
    if metric == ERROR_RATE:
        if operator in (">", ">="):
            raise RuleError(f"{where} demands errors; expected < or <=")
        if not 0 < limit < 1:
            raise RuleError(
                f"{where}: no number of requests shows that; expected a share above 0 % and below 100 %",
            )
    if not 0 < limit < float("inf"):
        raise RuleError(f"{where} has the limit {limit:g}; expected a number above 0")
    return limit
