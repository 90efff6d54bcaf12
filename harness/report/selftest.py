"""The self-test for people and programs, and the line in which a comparison cites it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import groupby
from typing import Any

from harness.records.figure import Figure
from harness.records.model import SelftestNote
from harness.records.selftest_result import SelfTest
from harness.report import documents, environments
from harness.report.wrapping import wrapped

__all__ = ["citation", "lines", "to_json"]

VERDICT = 7  # columns
NAMED = 2  # failed figures named in the line below a comparison


def lines(selftest: SelfTest, width: int) -> Iterator[str]:
    """Yield the machine, the figures by part, and the conclusion."""
    yield from wrapped(environments.line(selftest.environment), width, 0, 2)
    for part in selftest.parts:
        yield from ("", part.name)
        for subject, figures in groupby(part.figures, _subject):
            if subject:
                yield from wrapped(subject, width, 2, 4)
            indent = 4 if subject else 2
            for figure in figures:
                text = str(replace(figure, name=figure.name.removeprefix(f"{subject}: ")))
                yield from wrapped(text, width, indent, indent + VERDICT)
    yield ""
    yield from wrapped(_conclusion(selftest), width, 0, 2)


def _subject(figure: Figure) -> str:
    """Return the part of the figure's name before a colon, if there is one."""
    return figure.name.rpartition(": ")[0]


def _conclusion(selftest: SelfTest) -> str:
    resolution = _resolution(selftest)
    if selftest.passed:
        return f"passed: {resolution}"
    failed = "; ".join(selftest.failed)
    return f"FAILED: {failed} ({resolution}); `clientbench doctor` looks for the cause"


def citation(note: SelftestNote | None) -> str:
    """Return the line about the machine's last self-test below a comparison."""
    if note is None:
        return "self-test: machine not yet self-tested (2 min): `clientbench selftest`"
    when = note.ended_at[:16].replace("T", " ")
    return f"self-test {when} UTC: {_outcome(note)}{_resolution(note)}"


def _outcome(note: SelftestNote) -> str:
    if note.passed:
        return "passed, "
    more = len(note.failed) - NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"failed: {'; '.join(note.failed[:NAMED])}{rest}; "


def to_json(selftest: SelfTest) -> str:
    """Return one JSON document; missing values are null."""
    parts = [
        {"name": part.name, "figures": [_figure(figure) for figure in part.figures]}
        for part in selftest.parts
    ]
    made = {
        "id": selftest.id,
        "started_at": selftest.started_at,
        "ended_at": selftest.ended_at,
        "environment": dict(selftest.environment),
        "full": selftest.full,
        "passed": selftest.passed,
        "failed": list(selftest.failed),
        "resolution": _finite(selftest.resolution),
        "parts": parts,
    }
    return documents.to_json("selftest", made)


def _figure(figure: Figure) -> dict[str, Any]:
    return asdict(figure) | {"value": _finite(figure.value), "missed": figure.missed}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _resolution(of: SelfTest | SelftestNote) -> str:
    known = math.isfinite(of.resolution)
    return f"resolution ± {100 * of.resolution:.1f} %" if known else "resolution unknown"
