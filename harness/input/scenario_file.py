"""Reads scenario files: TOML with whatever the options say, and endpoints; or another tool's file.

A mistake is told with file, line, key and what is accepted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError, create_model

from harness.errors import UsageError
from harness.input.declaration import declared
from harness.input.file_lines import line_of
from harness.input.foreign_kinds import kind_of
from harness.input.foreign_source import Source
from harness.input.options import OF_RECORDED, Options
from harness.input.recorded.reading import recorded_file
from harness.input.scenario_texts import (
    FIELD,
    EndpointText,
    ScenarioFile,
    Strict,
    VariableText,
)
from harness.option_names import option
from harness.paths import expanded
from harness.redaction import quoted
from harness.scenario.allocation import MIXINGS
from harness.scenario.factors import CLIENT, FACTORS
from harness.text import meant

__all__ = ["json_schema", "merged", "read"]

MOST_BYTES = 10_000_000
MOST_ENDPOINTS = 1_000
# found beside this one
OF_FILES = frozenset({"ca", "cert", "key", "unix", "lock", "constraint", "adapter"})
# What a file says of these fields, an option that says the same in another way takes the place of.
REPLACED: Mapping[str, tuple[str, ...]] = {
    "duration": ("requests",),
    "requests": ("duration",),
    "start": ("max_in_flight",),
    "target": ("url",),
    "url": ("target",),
}
NOT_INSIDE = frozenset({"scenario", "gate", *OF_RECORDED})
Value = str | int | float


class CompetitorText(Strict):
    """One competitor of several."""

    client: str = Field(description="As on the command line: NAME[==VERSION][:MODE][+LOOP]…")
    alias: str | None = Field(default=None, description="Its name in tables.")


class OfFiles(Strict):
    """Keys for which there is no option, or for which it is an argument."""

    clients: list[str] = Field(default=[], description="The clients to compare, as typed.")
    url: str | None = Field(default=None, description="The server, or a path on the target.")
    name: str | None = Field(default=None, description="What to call the run.")
    tag: list[str] = Field(default=[], description="Stored with the run: pr=123.")
    mix: str | None = Field(default=None, description=f"One of {', '.join(MIXINGS)}.")
    endpoint: list[EndpointText] = Field(
        default=[], max_length=MOST_ENDPOINTS, description="One kind of request each."
    )
    variables: dict[str, VariableText] = Field(default={}, description="Values in requests.")
    competitor: list[CompetitorText] = Field(default=[], description="Instead of clients.")
    gate: dict[str, Any] | None = Field(default=None, description="Limits, as in a gate's file.")


def read(name: str) -> ScenarioFile:
    """Read a scenario file, or recorded traffic. Raises UsageError with one line."""
    path = expanded(name)
    recorded = recorded_file(name, path)
    if recorded is not None:
        return recorded
    text = _text(name, path)
    other = kind_of(source := Source(name, path, text))
    if other is not None:
        return other.read(source)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{quoted(name)} is no TOML ({error})", FIELD) from error
    try:
        model = _model().model_validate(document)
    except ValidationError as error:
        problem, place = _told(error)
        line = line_of(text, place)
        raise UsageError(f"{quoted(name)} line {line}: {problem}", FIELD) from None
    own = OfFiles.model_fields.keys() - {"clients", "url", "name", "tag"}
    given = model.model_dump(exclude_unset=True, exclude=set(own))
    typed = {field: _beside(path, field, value) for field, value in given.items()}
    if "gate" in document:
        typed["gate"] = str(path)
    found = ScenarioFile(name, text, path, typed, model.mix, tuple(model.endpoint), model.variables)
    counts = [one.requests for one in model.endpoint if one.requests is not None]
    if counts:
        if "requests" in typed:
            found.refuse("has requests, and endpoints too; expected one of them", "requests")
        typed["requests"] = sum(counts)
    if model.competitor:
        if "clients" in typed:
            found.refuse("has both clients and [[competitor]]; expected one of them", "clients")
        typed["clients"] = [_selector(one) for one in model.competitor]
    return found


def merged(file: ScenarioFile, typed: Mapping[str, Any]) -> tuple[dict[str, Any], ScenarioFile]:
    """Return what a file and a command line say together; the command line goes first."""
    usual = {one.name: one.default for one in declared(Options)}
    given = {
        name: value
        for name, value in typed.items()
        if value not in (None, (), []) and value is not usual.get(name)
    }
    replaced = {field for name in given for field in REPLACED.get(name, ())}
    kept = {name: value for name, value in file.typed.items() if name not in replaced}
    return {**typed, **kept, **given}, replace(file, overridden=frozenset(given))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of scenario files."""
    made: dict[str, Any] = _model().model_json_schema()
    return made


def _text(name: str, path: Path) -> str:
    try:
        if not path.is_file():
            raise UsageError(f"{quoted(name)} is no file; expected a scenario in TOML", FIELD)
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{quoted(name)} is larger than {MOST_BYTES:,} bytes", FIELD)
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"{quoted(name)} cannot be read ({error})", FIELD) from error


def _selector(one: CompetitorText) -> str:
    return one.client if one.alias is None else f"{one.alias}={one.client}"


def _beside(path: Path, field: str, value: Any) -> Any:
    """Return an option's value; files are found beside the scenario, not where we are."""
    if field not in OF_FILES:
        return value
    if isinstance(value, list):
        return [str(path.parent / expanded(one)) for one in value]
    return str(path.parent / expanded(value))


@cache
def _model() -> Any:
    """Return the model of a whole file: a key for every option, and ``OfFiles``."""
    fields: dict[str, Any] = {}
    for factor in FACTORS.values():
        if factor is not CLIENT:
            told = Field(default=None, alias=_key(factor.name), description=factor.help)
            fields[factor.name] = (Value | list[Value] | None, told)
    for one in declared(Options):
        if one.name not in NOT_INSIDE:
            fields[one.name] = (_kind(one.default), _field(one.name, one.default, one.help))
    return create_model("Scenario", __base__=OfFiles, **fields)


def _field(name: str, default: Any, help_: str) -> Any:
    return Field(default=default, alias=_key(name), description=help_)


def _kind(default: Any) -> Any:
    if isinstance(default, bool):
        return bool
    return list[str] if default == () else Value | None


def _key(field: str) -> str:
    """Return the key that sets a field: that of its option, without the dashes before it."""
    return "verify" if field == "verify" else option(field).removeprefix("--")


def _told(error: ValidationError) -> tuple[str, tuple[str | int, ...]]:
    """Return the first problem and its place."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = tuple(part for part in first["loc"] if not _is_of_union(part))
    shown = ".".join(str(part) if isinstance(part, str) else f"[{part + 1}]" for part in place)
    shown = shown.replace(".[", "[")
    if first["type"] == "extra_forbidden":
        known = _known_at(place)
        word = str(place[-1])
        return f"{shown} is not known; {meant(word, known)}expected {_listed(known)}", place
    if first["type"] == "missing":
        return f"{shown} is missing", place[:-1]
    return f"{shown}: {first['msg'][0].lower()}{first['msg'][1:]}", place


def _is_of_union(part: str | int) -> bool:
    return isinstance(part, str) and (part in ("str", "int", "float") or part.startswith("list["))


def _known_at(place: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the table at a place may have."""
    models = {"endpoint": EndpointText, "variables": VariableText, "competitor": CompetitorText}
    model: type[BaseModel] = models.get(str(place[0]), _model()) if len(place) > 1 else _model()
    return [one.alias or name for name, one in model.model_fields.items()]


def _listed(known: list[str]) -> str:
    return ", ".join(known) if len(known) < 20 else "a key of `clientbench scenario schema`"
