"""Makes the endpoints and variables of a scenario from those of a scenario file."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.input.request_input import content_type, literal_body, parse_body, parse_headers
from harness.input.scenario_texts import EndpointText, ScenarioFile, VariableText
from harness.redaction import quoted
from harness.scenario.allocation import MIXINGS, Mixing
from harness.scenario.destination import Destination, parse_url
from harness.scenario.endpoints import Endpoint
from harness.scenario.methods import BODY_METHODS, METHODS
from harness.scenario.numbers import seconds
from harness.scenario.recording import Recording
from harness.scenario.scenario import Profile
from harness.scenario.statuses import parse_statuses
from harness.scenario.templates import Escape, filled, names
from harness.scenario.variables import (
    Choice,
    Constant,
    Counter,
    Integer,
    RowOrder,
    Rows,
    Uuid,
    Variable,
)
from harness.text import meant

__all__ = ["Mixture", "mixture"]

KINDS = ("counter", "choice", "integer", "uuid", "env", "csv")
BODIES = ("body", "body_file", "json_body")
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Mixture:
    """The endpoints of a scenario, their order, and the variables in them."""

    endpoints: tuple[Endpoint, ...] = ()
    mixing: Mixing = "shuffled"
    variables: Mapping[str, Variable] = field(default_factory=dict)
    recording: Recording | None = None


def mixture(
    file: ScenarioFile | None,
    destination: Destination,
    common: Mapping[str, str],
    profile: Profile,
) -> Mixture:
    """Return the mixture of a file; an empty one if it has no endpoints. Raises ``UsageError``.

    ``common`` are the headers of all endpoints.
    """
    if file is None or not file.endpoints:
        return Mixture()
    if file.mix is not None and file.mix not in MIXINGS:
        guess = meant(file.mix, MIXINGS)
        file.refuse(f"mix = {quoted(file.mix)}; {guess}expected {', '.join(MIXINGS)}", "mix")
    variables = {name: _variable(file, name, one) for name, one in file.variables.items()}
    making = _Making(file, destination, common, profile, variables)
    weights = _weights(file)
    endpoints = tuple(
        making.endpoint(number, one, weights[number]) for number, one in enumerate(file.endpoints)
    )
    _check_names(file, endpoints)
    return Mixture(endpoints, file.mix or "shuffled", variables)


def _weights(file: ScenarioFile) -> list[Decimal]:
    """Return the weight of each endpoint, from whichever way the file says it."""
    ways = {
        way: [getattr(one, way) for one in file.endpoints]
        for way in ("requests", "share", "weight")
    }
    used = [way for way, given in ways.items() if any(value is not None for value in given)]
    if not used:
        return [Decimal(1)] * len(file.endpoints)
    if len(used) > 1:
        file.refuse(f"endpoints have {' and '.join(used)}; expected one of them", "endpoint", 0)
    (way,) = used
    values = ways[way]
    if way != "weight":
        for number, value in enumerate(values):
            if value is None:
                file.refuse(f"has no {way}; expected one for every endpoint", "endpoint", number)
    found = [_decimal(file, number, way, value) for number, value in enumerate(values)]
    if way == "share" and sum(found) != HUNDRED:
        file.refuse(f"shares sum to {sum(found)} %; expected 100 %", "endpoint", 0, "share")
    return found


def _decimal(file: ScenarioFile, number: int, way: str, value: Any) -> Decimal:
    if value is None:
        return Decimal(1)
    try:
        found = Decimal(str(value).strip().removesuffix("%").strip())
    except InvalidOperation:
        found = Decimal(-1)
    if not 0 < found <= (HUNDRED if way == "share" else Decimal("Infinity")):
        accepted = "a percentage above 0, such as 12.5" if way == "share" else "a number above 0"
        file.refuse(f"{way} = {quoted(str(value))}; expected {accepted}", "endpoint", number, way)
    return found


@dataclass(frozen=True)
class _Making:
    """The maker of the endpoints of a file."""

    file: ScenarioFile
    destination: Destination
    common: Mapping[str, str]
    profile: Profile
    variables: Mapping[str, Variable]

    def endpoint(self, number: int, one: EndpointText, weight: Decimal) -> Endpoint:
        """Return one endpoint; a mistake in it is told with its place."""
        try:
            return self._endpoint(number, one, weight)
        except UsageError as error:
            field = error.fields[-1] if error.fields else ""
            key = {"header": "headers"}.get(field, field)
            subject = " ".join(filter(None, (key, error.value)))
            told = ": ".join(filter(None, (f"endpoint {number + 1}", subject, error.problem)))
            self.file.refuse(told, "endpoint", number, key)

    def _endpoint(self, number: int, one: EndpointText, weight: Decimal) -> Endpoint:
        method = one.method.strip().upper()
        if method not in METHODS:
            raise UsageError(
                f"{quoted(one.method)}; {meant(method, METHODS)}expected {', '.join(METHODS)}",
                "method",
            )
        body, escape = self._body(one, method)
        url, path, authorization = self._place(one)
        if one.expect is not None:
            parse_statuses(str(one.expect))
        made = Endpoint(
            name=one.name or f"{method} {path}",
            method=method,
            url=url,
            path=path,
            headers=self._headers(one, body, authorization),
            body=body,
            escape=escape,
            weight=weight,
            expect=None if one.expect is None else str(one.expect),
            timeout_s=None
            if one.timeout is None
            else seconds("timeout", one.timeout, 0.001, 3600.0),
        )
        self._check_variables(made)
        return made

    def _place(self, one: EndpointText) -> tuple[str | None, str, str | None]:
        """Return URL, path, and the value of Authorization that the URL's user-info is."""
        if one.url is not None and one.path is not None:
            raise UsageError("both name the place; expected one of them", "url", "path")
        if one.url is not None:
            found = self._parsed(one.url)
            if found.url is None:
                raise UsageError("is a path; expected http://HOST/PATH, or path instead", "url")
            return found.url, found.path, found.authorization
        if not (one.path or "/").startswith("/"):
            raise UsageError("begins without /; expected one, or url instead of path", "path")
        found, base = self._parsed(one.path or "/"), self.destination
        if base.url is None:
            return None, found.path, None
        return base.url.rstrip("/") + found.path, found.path, base.authorization

    def _parsed(self, text: str) -> Destination:
        """Parse a URL or path that may have variables in it; they stay."""
        if not self.variables:
            return parse_url(text)
        # what is not allowed in a URL would be escaped, braces too
        marks = {name: f"variable{number}z" for number, name in enumerate(names(text))}
        found = parse_url(filled(text, marks))
        url, path = found.url, found.path
        if url is not None and any(mark in urlsplit(url).netloc for mark in marks.values()):
            raise UsageError("has a variable in its host; expected it in the path", "url")
        for name, mark in marks.items():
            place = f"{{{{{name}}}}}"
            url, path = url and url.replace(mark, place), path.replace(mark, place)
        return replace(found, url=url, path=path)

    def _body(self, one: EndpointText, method: str) -> tuple[bytes | None, Escape]:
        """Return the body, and how values are written into it."""
        given = [name for name in BODIES if getattr(one, name) is not None]
        if not given:
            return None, "none"
        if len(given) > 1:
            raise UsageError("both are its body; expected one of them", *given)
        if method not in BODY_METHODS:
            raise UsageError(
                f"{method} has none; expected one of {', '.join(BODY_METHODS)}", given[0]
            )
        if one.body_file is not None:
            return parse_body(f"@{self.file.beside(one.body_file)}"), "none"
        if one.body is not None:
            return literal_body(one.body), "none"
        return json.dumps(one.json_body, ensure_ascii=False).encode(), "json"

    def _headers(
        self, one: EndpointText, body: bytes | None, authorization: str | None
    ) -> dict[str, str]:
        """Return all headers: its own go before those of the run."""
        variables = [f"{name}={variable}" for name, variable in one.header_env.items()]
        own = parse_headers(
            [],
            json.dumps(one.headers) if one.headers else None,
            authorization,
            variables,
            os.environ,
        )
        wanted = dict(self.common)
        if body is not None and self.profile == "parity":
            wanted["Content-Type"] = (
                "application/json" if one.json_body is not None else content_type(body)
            )
        given = {name.lower() for name in own}
        return {n: value for n, value in wanted.items() if n.lower() not in given} | own

    def _check_variables(self, endpoint: Endpoint) -> None:
        known = [shown for name, one in self.variables.items() for shown in _shown(name, one)]
        for name in sorted(endpoint.names) if self.variables else ():
            if name not in known:
                raise UsageError(
                    f"{quoted('{{' + name + '}}')} has no value; "
                    f"{meant(name, known)}expected {', '.join(known)}"
                )


def _shown(name: str, variable: Variable) -> list[str]:
    """Return the names that texts may have for a variable."""
    if isinstance(variable, Rows):
        return [f"{name}.{column}" for column in variable.columns]
    return [name]


def _check_names(file: ScenarioFile, endpoints: Sequence[Endpoint]) -> None:
    known: set[str] = set()
    for number, one in enumerate(endpoints):
        if one.name in known:
            file.refuse(
                f"two endpoints are called {quoted(one.name)}; expected a name for each",
                "endpoint",
                number,
                "name",
            )
        known.add(one.name)


def _variable(file: ScenarioFile, name: str, one: VariableText) -> Variable:
    given = [kind for kind in KINDS if getattr(one, kind) is not None]
    if len(given) != 1:
        said = "nothing" if not given else " and ".join(given)
        file.refuse(f"{name} has {said}; expected one of {', '.join(KINDS)}", "variables", name)
    for detail, kind in (("step", "counter"), ("order", "csv")):
        if getattr(one, detail) is not None and kind not in given:
            file.refuse(f"{name}: {detail} needs {kind}", "variables", name)
    if one.counter is not None:
        return Counter(start=one.counter, step=1 if one.step is None else one.step)
    if one.choice is not None:
        return Choice(among=tuple(map(str, one.choice)))
    if one.integer is not None:
        low, high = one.integer
        if low > high:
            file.refuse(f"{name}: from {low} to {high} is no number", "variables", name)
        return Integer(low=low, high=high)
    if one.env is not None:
        if one.env not in os.environ:
            file.refuse(f"{name}: the environment has no {one.env}", "variables", name)
        return Constant(value=os.environ[one.env])
    return _rows(file, name, one) if one.csv is not None else Uuid()


def _rows(file: ScenarioFile, name: str, one: VariableText) -> Rows:
    """Read a CSV file with a line of headings."""
    known = get_args(RowOrder)
    order = one.order or known[0]
    if order not in known:
        file.refuse(
            f"{name}: order = {quoted(order)}; expected {', '.join(known)}", "variables", name
        )
    assert one.csv is not None
    path = file.beside(one.csv)
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            columns, *rows = csv.reader(lines)
    except (OSError, ValueError, csv.Error) as error:
        why = "it is empty" if isinstance(error, ValueError) and "unpack" in str(error) else error
        file.refuse(f"{name}: {quoted(one.csv)} cannot be read ({why})", "variables", name)
    rows = [row for row in rows if row]
    uneven = next((n for n, row in enumerate(rows, 2) if len(row) != len(columns)), None)
    if uneven is not None:
        file.refuse(
            f"{name}: {quoted(one.csv)} line {uneven} has not {len(columns)} values",
            "variables",
            name,
        )
    if not rows:
        file.refuse(f"{name}: {quoted(one.csv)} has no row below its headings", "variables", name)
    return Rows(
        file=path.name,
        columns=tuple(column.strip() for column in columns),
        rows=tuple(map(tuple, rows)),
        order=cast("RowOrder", order),
    )
