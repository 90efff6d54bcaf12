"""Access logs: common and combined format, with or without a virtual host, and nginx's JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.input.recorded.traffic import MOST_REQUESTS, SECOND_NS, Recorded, Traffic, place
from harness.input.scenario_texts import FIELD
from harness.redaction import quoted
from harness.scenario.methods import METHODS

__all__ = ["access_log", "is_line"]

LONGEST_LINE = 1 << 20  # characters
MOST_BROKEN = Decimal("0.01")
_LINE = re.compile(
    r"(?:(?P<vhost>[^\s:]+:[0-9]+) )?\S+ \S+ .*?\[(?P<time>[^\]]+)\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3}|-) (?:[0-9]+|-)(?:\s.*)?'
)
_REQUEST = re.compile(r"([A-Z][A-Z_-]*) (.*) HTTP/[0-9](?:\.[0-9])?", re.DOTALL)
_TIME = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? ([+-])(\d\d)(\d\d)"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ESCAPED = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")
# Names that nginx's variables have, and those that logs give to them.
_ENTRY = {
    "method": ("request_method", "method"),
    "target": ("request_uri", "uri", "path", "url"),
    "time": ("msec", "time_iso8601", "time_local", "time", "@timestamp", "timestamp", "ts"),
    "host": ("http_host", "host", "server_name"),
}
NO_REQUEST, NOT_OURS = "without a request that can be sent", "with another method"


def access_log(name: str, path: Path) -> Traffic:
    """Read an access log. Raises ``UsageError`` with one line."""
    found: list[Recorded] = []
    left_out: Counter[str] = Counter()
    broken: list[int] = []
    lines = 0
    for number, line in _lines(path):
        lines += 1
        try:
            one = _parsed(number, line)
        except ValueError:
            broken.append(number)
            continue
        if isinstance(one, str):
            left_out[one] += 1
        else:
            found.append(one)
        if len(found) > MOST_REQUESTS:
            raise UsageError(
                f"{quoted(name)} has more than {MOST_REQUESTS:,} requests; expected a part of it",
                FIELD,
            )
    if len(broken) > MOST_BROKEN * lines:
        percent = f"{100 * len(broken) / lines:.3g}"
        raise UsageError(
            f"{quoted(name)} line {broken[0]} is no line of an access log, like {len(broken):,} of "
            f"{lines:,} ({percent} %); expected at most {100 * MOST_BROKEN:.0f} % in common, "
            "combined or nginx's JSON format",
            FIELD,
        )
    if broken:
        left_out[f"that cannot be read, such as line {broken[0]}"] = len(broken)
    if not found:
        raise UsageError(f"{quoted(name)} has no request that can be sent", FIELD)
    notes = tuple(f"left out: lines {why} × {count:,}" for why, count in left_out.items())
    return Traffic.of(found, "line", notes)


def is_line(line: str) -> bool:
    """Say whether this is a line of an access log."""
    try:
        _parsed(0, line)
    except ValueError:
        return False
    return True


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield lines that are not empty, with their numbers."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), ""), 1):
            if text := line.strip():
                yield number, text


def _parsed(number: int, line: str) -> Recorded | str:
    """Return the request of a line, or why it is left out. Raises ``ValueError``."""
    return _of_json(number, line) if line.startswith("{") else _of_text(number, line)


def _of_text(number: int, line: str) -> Recorded | str:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(line)
    time_ns = _local_time_ns(match["time"])
    request = _REQUEST.fullmatch(_ESCAPED.sub(_unescaped, match["request"]))
    if request is None:
        return NO_REQUEST
    status = None if match["status"] == "-" else int(match["status"])
    return _made(number, request[1], request[2], time_ns, status, match["vhost"])


def _of_json(number: int, line: str) -> Recorded | str:
    try:
        entry = json.loads(line)
    except RecursionError as error:
        raise ValueError(line) from error
    if not isinstance(entry, dict):
        raise ValueError(line)
    given = {key: _first(entry, names) for key, names in _ENTRY.items()}
    method, target = given["method"], given["target"]
    if "request" in entry:
        request = _REQUEST.fullmatch(str(entry["request"]))
        if request is None:
            return NO_REQUEST
        method, target = request[1], request[2]
    if not isinstance(method, str) or not isinstance(target, str):
        raise ValueError(line)
    if "request" not in entry and "request_uri" not in entry and entry.get("args"):
        target = f"{target}?{entry['args']}"
    time_ns = None if given["time"] is None else _time_ns(given["time"])
    if time_ns is not None and "request_time" in entry:  # logs are written when a request ends
        time_ns -= _seconds_ns(entry["request_time"])
    status = str(entry.get("status", ""))
    host = given["host"] if isinstance(given["host"], str) else None
    return _made(number, method, target, time_ns, int(status) if status.isdecimal() else None, host)


def _made(
    number: int, method: str, target: str, time_ns: int | None, status: int | None, host: str | None
) -> Recorded | str:
    if method not in METHODS:
        return NOT_OURS
    found = place(target)
    if found is None:
        return NO_REQUEST
    return Recorded(
        number=number,
        method=METHODS[METHODS.index(method)],  # one string for all
        path=found[1],
        host=found[0] or (host and host.lower()),
        time_ns=time_ns,
        status=status,
    )


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((entry[name] for name in names if entry.get(name) not in (None, "")), None)


def _unescaped(match: re.Match[str]) -> str:
    """Return a byte that was escaped in a log, as ``surrogateescape`` has it."""
    if match[1] is not None:
        return bytes([int(match[1], 16)]).decode("utf-8", "surrogateescape")
    return str(match[2])


def _time_ns(value: Any) -> int:
    """Return a time since the epoch: seconds, ISO 8601, or as in the common format."""
    if isinstance(value, int | float | str):
        text = str(value)
        if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text):
            return _seconds_ns(text)
        return _local_time_ns(text) if _TIME.fullmatch(text) else _iso_time_ns(text)
    raise ValueError(value)


def _seconds_ns(value: Any) -> int:
    try:
        found = Decimal(str(value).partition(",")[0].strip())
    except InvalidOperation as error:
        raise ValueError(value) from error
    if not found.is_finite() or not 0 <= found < 10**11:
        raise ValueError(value)
    return int(found * SECOND_NS)


@lru_cache(1 << 12)
def _local_time_ns(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        raise ValueError(text)
    day, name, year, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    month = _MONTHS.index(name) + 1
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    whole = datetime(
        int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=timezone(offset)
    )
    return round(whole.timestamp()) * SECOND_NS + int((fraction or "0").ljust(9, "0"))


def _iso_time_ns(text: str) -> int:
    found = datetime.fromisoformat(text)
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(found.timestamp() * 1e6) * 1000
