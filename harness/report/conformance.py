"""The output of ``clients check`` and ``targets check``: claims, and whether they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.records.checked import Checked
from harness.report.cells import cell, grid
from harness.report.figures import plural

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["heading", "plain", "summary", "table"]

_SHOWN = {
    "passed": "passed",
    "failed": "FAILED",
    "known failure": "FAILED (known)",
    "does not apply": "–",
    "not checked": "not checked",
}


def heading(one: Checked) -> str:
    """Return the name and version of the checked client or target."""
    return f"{one.label} {one.version or ''}".rstrip()


def table(one: Checked) -> Table:
    """Return a row for each claim, with a line below one that fails or holds with exceptions."""
    from rich.padding import Padding  # noqa: PLC0415  dear to import

    found = grid(("claim", "result"), [], right=(), folding=(0, 1))
    for result in one.results:
        found.add_row(cell(result.sentence), cell(_SHOWN[result.state]))
        if result.reason and result.state != "not checked":
            found.add_row(Padding(cell(result.reason), (0, 0, 0, 4)), "")
    return found


def summary(one: Checked) -> str:
    """``requests 2.32.3: 34 of 36 claims passed, 1 failed (no-redirects), 1 does not apply``."""
    failed = [result.name for result in one.results if result.state == "failed"]
    asked = len(one.results) - one.count("does not apply")
    pieces = [f"{one.count('passed')} of {asked} {plural('claim', asked)} passed"]
    if failed:
        pieces.append(f"{len(failed)} failed ({', '.join(failed)})")
    known = [result.name for result in one.results if result.state == "known failure"]
    if known:
        pieces.append(f"{len(known)} known to fail ({', '.join(known)})")
    left = [result for result in one.results if result.state == "not checked"]
    if left:
        pieces.append(f"{len(left)} not checked ({left[0].reason})")
    if one.count("does not apply"):
        pieces.append(f"{one.count('does not apply')} not asked, by what it declares")
    return f"{heading(one)}: {', '.join(pieces)}"


def plain(found: Sequence[Checked]) -> dict[str, Any]:
    """Return all results as one plain JSON document."""
    return {
        "passed": all(one.passed for one in found),
        "checked": [{"passed": one.passed, **_document(one)} for one in found],
    }


def _document(one: Checked) -> dict[str, Any]:
    fields = asdict(one)
    return {"label": fields["label"], "version": fields["version"], "claims": fields["results"]}
