"""What ``clients check`` and ``targets check`` print: claims, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.records.checked import Checked
from harness.report.figures import plural
from harness.report.listings import rows_table

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["heading", "plain", "summary", "table"]

_SHOWN = {
    "passed": "passed",
    "failed": "FAILED",
    "does not apply": "–",
    "not checked": "not checked",
}


def heading(one: Checked) -> str:
    """Who was checked."""
    return f"{one.label} {one.version or ''}".rstrip()


def table(one: Checked) -> Table:
    """A row for each claim, and below one that does not hold why."""
    return rows_table(("claim", "result"), list(_rows(one)))


def summary(one: Checked) -> str:
    """``requests 2.32.3: 34 of 36 claims passed, 1 failed (no-redirects), 1 does not apply``."""
    failed = [result.name for result in one.results if result.state == "failed"]
    asked = len(one.results) - one.count("does not apply")
    pieces = [f"{one.count('passed')} of {asked} {plural('claim', asked)} passed"]
    if failed:
        pieces.append(f"{len(failed)} failed ({', '.join(failed)})")
    if one.count("not checked"):
        pieces.append(f"{one.count('not checked')} not checked")
    if one.count("does not apply"):
        pieces.append(f"{one.count('does not apply')} not asked, by what it declares")
    return f"{heading(one)}: {', '.join(pieces)}"


def plain(found: Sequence[Checked]) -> dict[str, Any]:
    """All of it as one document."""
    return {
        "passed": all(one.passed for one in found),
        "checked": [{"passed": one.passed, **_document(one)} for one in found],
    }


def _document(one: Checked) -> dict[str, Any]:
    fields = asdict(one)
    return {"label": fields["label"], "version": fields["version"], "claims": fields["results"]}


def _rows(one: Checked) -> Iterator[tuple[str, str]]:
    for result in one.results:
        yield result.sentence, _SHOWN[result.state]
        if result.state == "failed" and result.reason:
            yield f"    {result.reason}", ""
