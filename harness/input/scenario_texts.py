"""A scenario file as it is written, before its parts are checked together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field

from harness.errors import UsageError
from harness.input.file_lines import line_of
from harness.option_names import option
from harness.paths import expanded
from harness.redaction import quoted

if TYPE_CHECKING:
    from harness.input.recorded.traffic import Traffic

__all__ = ["FIELD", "EndpointText", "Place", "ScenarioFile", "Strict", "VariableText"]

FIELD = "scenario"

Value = str | int | float


class Strict(BaseModel):
    """A table without unknown keys; messages do not repeat values, which may be secrets."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class EndpointText(Strict):
    """One kind of request."""

    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        description="Its name in tables. [method and path]",
    )
    url: str | None = Field(default=None, description="A URL; its host may be another one.")
    path: str | None = Field(default=None, description="A path on the server. [/]")
    method: str = Field(default="GET", description="GET POST PUT PATCH DELETE HEAD OPTIONS.")
    headers: dict[str, str] = Field(default={}, description="In addition to those of the run.")
    header_env: dict[str, str] = Field(
        default={}, description="Headers whose values are those of environment variables."
    )
    body: str | None = Field(default=None, description="Its body as text.")
    body_file: str | None = Field(default=None, description="A file with its body, sent as it is.")
    json_body: Any = Field(default=None, alias="json", description="Its body as JSON.")
    expect: Value | None = Field(default=None, description="Statuses that count as successful.")
    weight: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Its part of all weights. [1]"
    )
    share: Value | None = Field(default=None, description="Its percent of all requests.")
    requests: int | None = Field(default=None, ge=1, description="Exactly so many requests.")
    timeout: Value | None = Field(default=None, description="Longest service time, in seconds.")


class VariableText(Strict):
    """A variable: one of the first six keys says what it is."""

    counter: int | None = Field(default=None, description="The first of consecutive numbers.")
    choice: list[Value] | None = Field(default=None, min_length=1, description="One of these.")
    integer: tuple[int, int] | None = Field(default=None, description="Lowest and highest.")
    uuid: bool | None = Field(default=None, description="true: a random UUID.")
    env: str | None = Field(default=None, description="The value of an environment variable.")
    csv: str | None = Field(default=None, description="A file; NAME.COLUMN is one of its cells.")
    step: int | None = Field(default=None, description="With counter: the difference. [1]")
    order: str | None = Field(default=None, description="With csv: in-order, random or once.")


Place = tuple[str | int, ...]  # keys of a scenario in TOML, and places in its lists


def _line(text: str, place: Place) -> str:
    return f"line {line_of(text, place)}"


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario file: ``typed`` has options by field, as a command line would have them.

    Files of other tools are such scenarios too: ``told`` then says where in the file something is,
    ``client`` is the one that sends if nobody names one, and ``notes`` are lines for the user.
    """

    name: str
    text: str
    path: Path
    typed: Mapping[str, Any]
    mix: str | None
    endpoints: tuple[EndpointText, ...]
    variables: Mapping[str, VariableText]
    overridden: Collection[str] = ()  # options that the command line has as well
    told: Callable[[str, Place], str] = _line
    client: str | None = None
    notes: tuple[str, ...] = ()
    recorded: Traffic | None = None  # recorded requests, instead of endpoints

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Name the place in the file for errors in the block about what it says."""
        try:
            yield
        except UsageError as error:
            field = error.fields[0].partition(".")[0] if error.fields else ""
            if field not in self.typed or field in self.overridden:
                raise
            key = option(field).removeprefix("--")
            self.refuse(": ".join(filter(None, (key, error.value, error.problem))), key)

    def refuse(self, problem: str, *place: str | int) -> NoReturn:
        """Raise UsageError for what is at ``place``."""
        raise UsageError(f"{quoted(self.name)} {self.told(self.text, place)}: {problem}", FIELD)

    def beside(self, name: str) -> Path:
        """Return the path of a file that it names."""
        return self.path.parent / expanded(name)
