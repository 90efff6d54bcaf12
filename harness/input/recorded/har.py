"""HAR files, as browsers and proxies write them (HTTP Archive 1.2).

They are read entry by entry: the answers in them, which nobody needs here, may be very large.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

from harness.errors import UsageError
from harness.input.recorded.traffic import MOST_REQUESTS, Recorded, Traffic, place
from harness.input.scenario_texts import FIELD
from harness.redaction import quoted
from harness.scenario.methods import BODY_METHODS, METHODS

__all__ = ["har", "is_har"]

MOST_VALUE = 64 << 20  # characters of one entry
MOST_BODIES = 256 << 20  # bytes of all different ones
PART = 1 << 20  # characters that are read at once
_BEGIN = re.compile(r"\ufeff?\s*\{\s*\"log\"\s*:")
_BLANK = re.compile(r"[ \t\r\n]*")
NO_REQUEST = "whose URL is not http or https"
NOT_OURS = "with another method"
CACHED = "that a cache answered"
NO_BODY = "whose body was not recorded"


def is_har(head: str) -> bool:
    """Say whether a file that begins so is a HAR file."""
    return _BEGIN.match(head) is not None


def har(name: str, path: Path) -> Traffic:
    """Read a HAR file. Raises ``UsageError`` with one line."""
    found: list[Recorded] = []
    left_out: Counter[str] = Counter()
    bodies, number = _Bodies(), 0
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, entry in enumerate(_entries(_Values(file)), 1):
                one = _recorded(number, entry, bodies)
                if isinstance(one, str):
                    left_out[one] += 1
                else:
                    found.append(one)
                if len(found) > MOST_REQUESTS:
                    raise ValueError(f"it has more than {MOST_REQUESTS:,} requests")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        why = str(error) if type(error) is ValueError else "it is no HAR file, or incomplete"
        near = f" near entry {number}" if number else ""
        raise UsageError(f"{quoted(name)} cannot be read{near}: {why}", FIELD) from None
    if not found:
        raise UsageError(f"{quoted(name)} has no request that can be sent", FIELD)
    notes = tuple(f"left out: entries {why} × {count:,}" for why, count in left_out.items())
    return Traffic.of(found, "entry", notes)


def _recorded(number: int, entry: Any, bodies: _Bodies) -> Recorded | str:
    """Return the request of an entry, or why it is left out."""
    request = entry["request"]
    method, url = str(request["method"]).upper(), str(request["url"])
    found = place(url)
    if found is None or found[0] is None:
        return NO_REQUEST
    if entry.get("_fromCache"):
        return CACHED
    if method not in METHODS:
        return NOT_OURS
    body = _body(request)
    if method not in BODY_METHODS:
        body = None
    elif body is None and (request.get("bodySize") or 0) > 0:
        return NO_BODY
    status = (entry.get("response") or {}).get("status")
    headers = tuple((str(one["name"]), str(one["value"])) for one in request.get("headers") or ())
    return Recorded(
        number=number,
        method=method,
        path=found[1],
        host=found[0],
        time_ns=_time_ns(entry.get("startedDateTime")),
        status=status if isinstance(status, int) and status else None,
        headers=_with_type(headers, request),
        body=None if body is None else bodies.kept(body),
    )


def _body(request: Any) -> bytes | None:
    data = request.get("postData")
    if not isinstance(data, dict):
        return None
    if data.get("text"):
        return str(data["text"]).encode("utf-8", "surrogatepass")
    pairs = [(one.get("name", ""), one.get("value", "")) for one in data.get("params") or ()]
    is_form = "urlencoded" in str(data.get("mimeType"))
    return urlencode(pairs).encode() if pairs and is_form else None


def _with_type(headers: tuple[tuple[str, str], ...], request: Any) -> tuple[tuple[str, str], ...]:
    """Return headers with the type of the body, which some programs tell only there."""
    kind = (request.get("postData") or {}).get("mimeType")
    if not kind or any(name.lower() == "content-type" for name, _ in headers):
        return headers
    return (*headers, ("Content-Type", str(kind)))


def _time_ns(text: Any) -> int | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError("its time is not as in ISO 8601") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(found.timestamp() * 1e6) * 1000


def _entries(values: _Values) -> Iterator[Any]:
    """Yield the entries of a HAR file."""
    for key in values.members():
        if key != "log":
            values.value()
            continue
        for inner in values.members():
            if inner == "entries":
                yield from values.items()
            else:
                values.value()


class _Bodies:
    """Different bodies; equal ones are kept once."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        self._bytes = 0

    def kept(self, body: bytes) -> bytes:
        """Return the known one, or this. Raises ``ValueError`` if there are too many."""
        known = self._known.setdefault(body, body)
        if known is body:
            self._bytes += len(body)
        if self._bytes > MOST_BODIES:
            raise ValueError(f"its bodies have more than {MOST_BODIES >> 20} MiB")
        return known


class _Values:
    """The values of a JSON text, of which only the current one is in memory."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._text, self._at, self._is_whole = "", 0, False
        self._decoder = json.JSONDecoder()

    def members(self) -> Iterator[str]:
        """Yield the keys of the object that follows; the value of each has to be taken."""
        self._expect("{")
        if self._next() == "}":
            self._at += 1
            return
        while True:
            key = self.value()
            self._expect(":")
            yield str(key)
            if self._expect(",}") == "}":
                return

    def items(self) -> Iterator[Any]:
        """Yield the items of the list that follows."""
        self._expect("[")
        if self._next() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self._expect(",]") == "]":
                return

    def value(self) -> Any:
        """Return the value that follows."""
        self._next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._read():
                    raise
                continue
            if end == len(self._text) and self._read():
                continue  # a number may go on
            self._at = end
            return value

    def _expect(self, accepted: str) -> str:
        found = self._next()
        if found not in accepted:
            raise json.JSONDecodeError(f"expected {accepted}", self._text, self._at)
        self._at += 1
        return found

    def _next(self) -> str:
        """Return the character that follows; it is not taken."""
        while True:
            match = _BLANK.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read():
                raise json.JSONDecodeError("incomplete", self._text, self._at)

    def _read(self) -> bool:
        """Read on: as much as there is already, so that a long value is not parsed often."""
        if self._is_whole:
            return False
        self._text, self._at = self._text[self._at :], 0
        if len(self._text) > MOST_VALUE:
            raise ValueError(f"an entry has more than {MOST_VALUE >> 20} MiB")
        more = self._file.read(max(PART, len(self._text)))
        self._is_whole = not more
        self._text += more
        return bool(more)
