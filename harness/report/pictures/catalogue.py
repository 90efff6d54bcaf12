"""All pictures by name, in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from harness.errors import UnusableError
from harness.report.answer.facts import Facts
from harness.report.headline import heading
from harness.report.pictures.conditions import CONDITIONS
from harness.report.pictures.costs import COSTS
from harness.report.pictures.forest import FOREST
from harness.report.pictures.latency import LATENCY
from harness.report.pictures.meanwhile import MEANWHILE
from harness.report.pictures.open_loop import OPEN_LOOP
from harness.report.pictures.picture import Missing, Picture
from harness.report.pictures.rounds import ROUNDS
from harness.report.pictures.sheet import NARROW, WIDE, Sheet, standalone
from harness.report.pictures.traces import TRACES

__all__ = ["PICTURES", "SIGN", "Form", "inline", "to_png", "to_svg"]

Form = Literal["svg", "png"]
PICTURES: Mapping[str, Picture] = MappingProxyType(
    {
        one.name: one
        for one in (*(FOREST, COSTS, LATENCY, CONDITIONS, OPEN_LOOP, TRACES, ROUNDS, MEANWHILE),)
    }
)
SIGN = "a picture of a run, made by clientbench"


def inline(picture: Picture, facts: Facts) -> tuple[str, str] | Missing:
    """Return the picture for wide and for narrow screens, as elements for a page; or why not.

    Raises UnusableError without matplotlib.
    """
    found = picture.find(facts)
    if isinstance(found, Missing):
        return found
    try:
        return _drawn(picture, facts, found, WIDE), _drawn(picture, facts, found, NARROW)
    except (ArithmeticError, ValueError) as error:  # a database may hold any number
        return Missing(f"It cannot be drawn: its figures are out of all range ({error}).")


def to_svg(picture: Picture, facts: Facts) -> str:
    """Return it as a file. Raises UnusableError if it cannot be drawn, and says why."""
    return standalone(_drawn(picture, facts, _found(picture, facts), WIDE), SIGN)


def to_png(picture: Picture, facts: Facts) -> bytes:
    """Return it as a file, on white paper. Raises UnusableError likewise."""
    found = _found(picture, facts)
    with Sheet.opened(WIDE) as sheet:
        picture.draw(found, sheet)
        return sheet.png(SIGN)


def _found(picture: Picture, facts: Facts) -> object:
    found = picture.find(facts)
    if isinstance(found, Missing):
        raise UnusableError(f"the picture {picture.name!r} cannot be drawn: {found.why}")
    return found


def _drawn(picture: Picture, facts: Facts, found: object, width: int) -> str:
    with Sheet.opened(width) as sheet:
        picture.draw(found, sheet)
        name = f"{picture.title}: {heading(facts.run, facts.trials)}"
        return sheet.svg(name, picture.name)
