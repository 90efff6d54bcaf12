"""A gate for CI services: JUnit XML, GitHub's summary and annotations. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from harness.errors import UsageError
from harness.option_names import option
from harness.records.gate_result import GateFinding
from harness.records.model import RunRecord, TrialSummary
from harness.report import gate
from harness.report.markdown import table_lines
from harness.text import visible

__all__ = ["step_summary", "to_junit", "workflow_commands"]

SUITE = "clientbench"
# What GitHub reads as the end of a message or of a property.
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def to_junit(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    """Return JUnit XML: a test case per limit; broken is a failure, unclear is skipped.

    Raises UsageError for a run without a gate.
    """
    if not run.gate:
        raise UsageError(
            f"has limits as test cases, and the run has none; expected {option('gate')} with it,"
            f" or `clientbench gate RUN {option('output')} FILE`",
            "output",
        )
    suite = ET.Element(
        "testsuite",
        name=SUITE,
        tests=str(len(run.gate)),
        failures=str(sum(one.outcome == "broken" for one in run.gate)),
        errors="0",
        skipped=str(sum(one.outcome == "unclear" for one in run.gate)),
        timestamp=run.started_at[:19],
    )
    for one in run.gate:
        case = ET.SubElement(suite, "testcase", classname=_plain(one.label), name=_plain(one.rule))
        if one.outcome != "kept":
            kind = "failure" if one.outcome == "broken" else "skipped"
            ET.SubElement(case, kind, message=_plain(gate.sentence(one)))
        ET.SubElement(case, "system-out").text = _plain(gate.measured(one))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _plain(text: str) -> str:
    """Return text with what XML cannot hold as escapes."""
    return visible(text)


def step_summary(run: RunRecord) -> str:
    """Return Markdown for GitHub's step summary: the conclusion, and a table of all limits."""
    return "\n".join(
        [
            f"### clientbench: {gate.conclusion(run.gate)}",
            "",
            *table_lines(gate.CELLS, gate.cells(run.gate)),
            "",
            "",
        ]
    )


def workflow_commands(found: Sequence[GateFinding]) -> Iterator[str]:
    """Yield GitHub's workflow commands: an error per broken limit, a warning per unclear one."""
    for one in found:
        if one.outcome != "kept":
            level = "error" if one.outcome == "broken" else "warning"
            title = _escaped(f"{one.label}: {one.rule}", _PROPERTY)
            yield f"::{level} title={title}::{_escaped(gate.sentence(one), _MESSAGE)}"


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(sign, sign) for sign in visible(text))
