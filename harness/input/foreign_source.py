"""A scenario file of another tool: its text, its JSON, and the check of what is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import ConfigDict, ValidationError, model_validator

from harness.errors import UsageError
from harness.input.scenario_texts import FIELD, EndpointText, Strict
from harness.redaction import quoted, redact_url
from harness.scenario.destination import parse_url
from harness.scenario.methods import BODY_METHODS
from harness.text import meant, one_line, shortened

__all__ = ["Asked", "GoTable", "Source", "endpoint_texts"]

LONGEST_NAME = 80
LONGEST_PLACE = 100
_OBJECT = re.compile(r"\s*\{")
_OF_UNIONS = ("str", "dict[str,str]")
Table = TypeVar("Table", bound="GoTable")


class GoTable(Strict):
    """A table as Go's encoding/json reads it: keys in any case, null as if it were not there."""

    model_config = ConfigDict(strict=True)

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {key.lower(): key for key in cls.accepted()}
        found: dict[Any, Any] = {}
        for key, value in data.items():
            name = known.get(key.lower()) or key
            if name in found:
                raise ValueError(f"{name} is there twice; expected it once")
            found[name] = value
        return {key: value for key, value in found.items() if value is not None}

    @classmethod
    def accepted(cls) -> list[str]:
        """Return the keys that it may have."""
        return [str(field.alias or name) for name, field in cls.model_fields.items()]

    @classmethod
    def table_at(cls, key: str) -> type[GoTable] | None:
        """Return what is in the tables below one of its keys."""
        del key
        return None


@dataclass(frozen=True)
class Source:
    """A file that was named as a scenario."""

    name: str  # as typed
    path: Path
    text: str

    @property
    def is_json(self) -> bool:
        """Say whether it is meant to be JSON; a scenario of ours cannot begin like that."""
        return self.path.suffix.lower() == ".json" or _OBJECT.match(self.text) is not None

    @cached_property
    def document(self) -> Any:
        """The JSON in it. Raises ``UsageError``."""
        try:
            return json.loads(self.text, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{quoted(self.name)} is no JSON ({error})", FIELD) from None

    @property
    def keys(self) -> set[str]:
        """The keys at its top, in lower case."""
        found = self.document
        return {key.lower() for key in found} if isinstance(found, dict) else set()

    def refuse(self, place: str, problem: str) -> NoReturn:
        """Raise UsageError for what is at ``place``, such as ``Endpoints[2].URL``."""
        where = shortened(one_line(place), LONGEST_PLACE)
        raise UsageError(f"{quoted(self.name)} {where}: {problem}", FIELD)

    def checked(self, kind: type[Table]) -> Table:
        """Return its JSON as ``kind``. Raises ``UsageError`` with the first mistake in it."""
        try:
            return kind.model_validate(self.document)
        except ValidationError as error:
            place, problem = _told(error, kind)
            self.refuse(place, problem)


@dataclass(frozen=True)
class Asked:
    """One endpoint of such a file; ``place`` is where its URL is, ``body_place`` its body."""

    place: str
    url: str
    method: str
    headers: Mapping[str, str]
    body: str = ""
    body_place: str = ""
    share: int | None = None
    requests: int | None = None


def endpoint_texts(
    source: Source, asked: Sequence[Asked]
) -> tuple[str, tuple[EndpointText, ...], tuple[str, ...]]:
    """Return the server, its endpoints, and lines for the user.

    If all are of one server, they have paths on it: another ``--url`` then takes its place.
    """
    urls = [_url(source, one) for one in asked]
    origins = [_origin(url) for url in urls]
    alone = len({*origins}) == 1 and not any("@" in urlsplit(one.url).netloc for one in asked)
    made, notes = [], []
    known: dict[str, int] = {}
    for one, url, origin in zip(asked, urls, origins, strict=True):
        path = url.removeprefix(origin)
        method = one.method.strip().upper()
        body = one.body or None
        if body is not None and method not in BODY_METHODS:
            notes.append(f"{one.body_place}: not sent, since {method} has no body")
            body = None
        made.append(
            EndpointText(
                name=_name(f"{method} {redact_url(path if alone else url)}", known),
                url=None if alone else one.url,
                path=path if alone else None,
                method=method,
                headers=dict(one.headers),
                body=body,
                share=one.share,
                requests=one.requests,
            )
        )
    return origins[0], tuple(made), tuple(notes)


def _url(source: Source, one: Asked) -> str:
    try:
        found = parse_url(one.url).url
    except UsageError as error:
        source.refuse(one.place, error.problem)
    if found is None:
        source.refuse(one.place, "has no server; expected http://HOST[:PORT]/PATH or https://…")
    return found


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _name(text: str, known: dict[str, int]) -> str:
    """Return a name for tables that no other endpoint has."""
    name = shortened(text, LONGEST_NAME - len(" (1000)"))
    known[name] = known.get(name, 0) + 1
    return name if known[name] == 1 else f"{name} ({known[name]})"


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _told(error: ValidationError, kind: type[GoTable]) -> tuple[str, str]:
    """Return the place of the first problem, and the problem."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = [part for part in first["loc"] if part not in _OF_UNIONS]
    table: type[GoTable] = kind
    for part in where[:-1]:
        table = (table.table_at(part) or table) if isinstance(part, str) else table
    place = _place(where) or "(the whole)"
    if first["type"] == "extra_forbidden":
        known = table.accepted()
        return place, f"is not known; {meant(str(where[-1]), known)}expected {', '.join(known)}"
    if first["type"] == "missing":
        return place, "is missing"
    problem = first["msg"].removeprefix("Value error, ")
    return place, problem if first["type"] == "value_error" else problem[0].lower() + problem[1:]


def _place(parts: Iterable[str | int]) -> str:
    shown = ".".join(one if isinstance(one, str) else f"[{one + 1}]" for one in parts)
    return shown.replace(".[", "[")
