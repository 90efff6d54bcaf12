"""Variables of a scenario: what stands in requests for ``{{NAME}}``, drawn before the run. Pure.

Each request that names a variable takes its next value, whichever endpoint it is of. The same seed
gives the same values.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, cycle
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field

from harness.scenario.plain import Plain

__all__ = [
    "Choice",
    "Constant",
    "Counter",
    "Integer",
    "RowOrder",
    "Rows",
    "Uuid",
    "Variable",
    "ran_out",
    "told",
    "values",
]

RowOrder = Literal["in-order", "random", "once"]


class Counter(Plain):
    """``start``, ``start + step``, …"""

    kind: Literal["counter"] = "counter"
    start: int = 1
    step: int = 1


class Choice(Plain):
    """One of ``among``, each as likely as the others."""

    kind: Literal["choice"] = "choice"
    among: tuple[str, ...] = Field(min_length=1)


class Integer(Plain):
    """A whole number from ``low`` to ``high``, both included."""

    kind: Literal["integer"] = "integer"
    low: int
    high: int


class Uuid(Plain):
    """A random UUID of version 4."""

    kind: Literal["uuid"] = "uuid"


class Constant(Plain):
    """A value from the environment, which is kept secret."""

    kind: Literal["constant"] = "constant"
    value: str = Field(repr=False)


class Rows(Plain):
    """A row of a table, of which ``NAME.COLUMN`` is one cell.

    ``order`` "in-order" begins again after the last row; "once" has no row twice.
    """

    kind: Literal["rows"] = "rows"
    file: str  # its name, for messages
    columns: tuple[str, ...] = Field(min_length=1)
    rows: tuple[tuple[str, ...], ...] = Field(min_length=1, repr=False)
    order: RowOrder = "in-order"


Variable = Annotated[
    Counter | Choice | Integer | Uuid | Constant | Rows, Field(discriminator="kind")
]
Values = Mapping[str, str]  # of one variable, by the name that stands in texts


def values(name: str, variable: Variable, seed: int) -> Iterator[Values]:
    """Yield one value after the other; only rows that are used once come to an end."""
    draw = random.Random(f"{seed}/variable/{name}")
    if isinstance(variable, Rows):
        names = [f"{name}.{column}" for column in variable.columns]
        return (dict(zip(names, row, strict=True)) for row in _rows(variable, draw))
    return ({name: text} for text in _texts(variable, draw))


def ran_out(name: str, variable: Variable, needed: int) -> str | None:
    """Return the problem if so many values cannot be drawn."""
    if not isinstance(variable, Rows) or variable.order != "once" or needed <= len(variable.rows):
        return None
    return (
        f"{variable.file} has {len(variable.rows):,} rows, and the run needs {needed:,} for "
        f"{name}; expected more rows, fewer requests, or another order than once"
    )


def told(variable: Variable) -> dict[str, Any]:
    """Return a variable as plain JSON: of rows only how many, of a constant nothing."""
    data: dict[str, Any] = variable.model_dump(mode="json", exclude={"value", "rows"})
    return data | ({"rows": len(variable.rows)} if isinstance(variable, Rows) else {})


def _rows(variable: Rows, draw: random.Random) -> Iterator[Sequence[str]]:
    if variable.order == "once":
        return iter(variable.rows)
    if variable.order == "random":
        return (draw.choice(variable.rows) for _ in count())
    return cycle(variable.rows)


def _texts(
    variable: Counter | Choice | Integer | Uuid | Constant, draw: random.Random
) -> Iterator[str]:
    match variable:
        case Counter():
            return map(str, count(variable.start, variable.step))
        case Choice():
            return (draw.choice(variable.among) for _ in count())
        case Integer():
            return (str(draw.randint(variable.low, variable.high)) for _ in count())
        case Uuid():
            return (str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in count())
        case Constant():
            return (variable.value for _ in count())
        case _:
            assert_never(variable)
