"""The table of a trial's fields in docs/results.md; ``python -m tests.store.fields_page`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from harness.records.field import Field
from harness.records.fields import BESIDE, COLUMNS

PAGE = Path(__file__).parents[2] / "docs" / "results.md"
BEGIN = "<!-- made of harness/records/fields.py by python -m tests.store.fields_page -->\n"
END = "<!-- end of what is made -->\n"


def table() -> str:
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


def _row(field: Field) -> str:
    names = (_name(field.name, other) for other in (field.json_key, field.csv_heading))
    cells = (f"`{field.name}`", field.kind.column, field.kind.unit, field.meaning, *names)
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _name(column: str, other: str) -> str:
    """What JSON or CSV calls the column; nothing where they do not have it."""
    return "same" if other == column else f"`{other}`" if other else ""


def parts(page: str) -> tuple[str, str, str]:
    """What stands before the table, the table, and what stands after it."""
    before, _, rest = page.partition(BEGIN)
    made, _, after = rest.partition(END)
    return before, made, after


if __name__ == "__main__":
    before, _, after = parts(PAGE.read_text("utf-8"))
    PAGE.write_text(before + BEGIN + table() + END + after, "utf-8")
