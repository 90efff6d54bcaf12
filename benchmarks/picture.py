"""The picture of README: throughput, CPU per request and peak memory of a stored run, as SVG.

``clientbench results show latest --json | python -m benchmarks.picture > docs/picture.svg``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from harness.report.figures import significant

__all__ = ["Bar", "bars", "picture"]

Row = Mapping[str, Any]

NAMES, BARS, GAP = 110, 170, 90  # px: names of clients, the longest bar, room for its figure
LINE, HEAD = 26, 58
WIDTH = NAMES + 3 * (BARS + GAP)
STYLE = """
  text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #24292f }
  .title { font-weight: bold } .small { font-size: 11px; fill: #57606a }
  rect { fill: #3f72af } .baseline { fill: #8c959f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } rect { fill: #6ea8fe }
  }
"""


class Bar(NamedTuple):
    """One figure of one client."""

    share: float  # relative to the longest bar of its panel, 0 to 1
    text: str


def picture(document: Row) -> str:
    """The SVG of the JSON document of a run, clients sorted by throughput."""
    rows = sorted(
        (one for one in document["competitors"] if one["requests_per_second"]),
        key=lambda one: -float(one["requests_per_second"]),
    )
    height = HEAD + LINE * len(rows) + 28
    body = "\n".join([*_names(rows), *_panels(document, rows)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(_title(document))}">\n<style>{STYLE}</style>\n'
        f'<text class="title" x="0" y="16">{escape(_title(document))}</text>\n{body}\n'
        f'<text class="small" x="0" y="{height - 6}">{escape(_place(document["run"]))}</text>\n'
        "</svg>\n"
    )


def bars(rows: Sequence[Row], key: str, scale: float) -> list[Bar]:
    """The figure ``key`` of each row, in units of ``scale``; a row without one has an empty bar."""
    values = [float(one[key] or 0) / scale for one in rows]
    longest = max(values, default=0)
    return [Bar(value / longest if longest else 0, significant(value)) for value in values]


def _panels(document: Row, rows: Sequence[Row]) -> list[str]:
    baseline = document["run"]["baseline"]
    panels = (
        ("requests/s", bars(rows, "requests_per_second", 1)),
        ("CPU per request, µs", bars(rows, "cpu_per_request_ns", 1e3)),
        ("peak memory, MB", bars(rows, "peak_rss_bytes", 1e6)),
    )
    lines, bottom = [], HEAD + LINE * len(rows)
    for number, (title, panel) in enumerate(panels):
        left = NAMES + number * (BARS + GAP)
        lines.append(f'<text class="small" x="{left}" y="{HEAD - 14}">{title}</text>')
        for row, bar, top in zip(rows, panel, range(HEAD, bottom, LINE), strict=True):
            kind = ' class="baseline"' if row["label"] == baseline else ""
            width = max(1, round(BARS * bar.share))
            lines.append(f'<rect{kind} x="{left}" y="{top - 5}" width="{width}" height="16"/>')
            lines.append(f'<text x="{left + width + 6}" y="{top + 8}">{bar.text}</text>')
    return lines


def _names(rows: Sequence[Row]) -> list[str]:
    return [
        f'<text x="0" y="{HEAD + LINE * number + 8}">{escape(row["label"])}</text>'
        for number, row in enumerate(rows)
    ]


def _title(document: Row) -> str:
    first = document["competitors"][0]
    return (
        f"{first['http_method']}, concurrency {first['concurrency']}, "
        f"{first['rounds']} rounds (baseline: {document['run']['baseline']})"
    )


def _place(run: Row) -> str:
    machine = run["environment"]
    return (
        f"measured {run['started_at'][:10]}: {machine['cpu']}, {machine['cpus']} CPUs, "
        f"Python {machine['python']}"
    )


def main() -> None:
    """Read the document of a run from standard input and write its picture."""
    sys.stdout.write(picture(json.load(sys.stdin)))


if __name__ == "__main__":
    main()
