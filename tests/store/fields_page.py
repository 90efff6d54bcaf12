"""The tables of fields in docs/results.md; ``python -m tests.store.fields_page`` writes them anew."""

from __future__ import annotations

from pathlib import Path

from harness.analysis.competitor_columns import COMPETITOR_COLUMNS
from harness.records.field import Field
from harness.records.fields import BESIDE, COLUMNS

PAGE = Path(__file__).parents[2] / "docs" / "results.md"
END = "<!-- end of what is made -->\n"


def begin(source: str) -> str:
    """The line before what is made of this file."""
    return f"<!-- made of {source} by python -m tests.store.fields_page -->\n"


def trials() -> str:
    """Every column in its order, and what JSON has beside them."""
    lines = [
        "| column | type | unit | meaning | JSON | CSV |",
        "|---|---|---|---|---|---|",
        *map(_row, COLUMNS),
        "",
        "JSON also has:",
        "",
        *(f"* `{one.json_key}`: {one.meaning}" for one in BESIDE),
        "",
    ]
    return "\n".join(lines) + "\n"


def competitors() -> str:
    """Every column of ``competitor_results`` in its order."""
    lines = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    for one in COMPETITOR_COLUMNS:
        cells = (f"`{one.name}`", one.kind.column or "", one.kind.unit, one.meaning)
        lines.append("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|")
    return "\n".join(lines) + "\n\n"


TABLES = {
    "harness/records/fields.py": trials,
    "harness/analysis/competitor_columns.py": competitors,
}


def _row(field: Field) -> str:
    names = (_name(field.name, other) for other in (field.json_key, field.csv_heading))
    cells = (f"`{field.name}`", field.kind.column, field.kind.unit, field.meaning, *names)
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _name(column: str, other: str) -> str:
    """What JSON or CSV calls the column; nothing where they do not have it."""
    return "same" if other == column else f"`{other}`" if other else ""


def parts(page: str, source: str) -> tuple[str, str, str]:
    """What stands before the table of a source, the table, and what stands after it."""
    before, _, rest = page.partition(begin(source))
    made, _, after = rest.partition(END)
    return before, made, after


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    for source, table in TABLES.items():
        before, _, after = parts(page, source)
        page = before + begin(source) + table() + END + after
    PAGE.write_text(page, "utf-8")
