"""The picture of README is drawn from the JSON document of a run, and says what that says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.picture import bars, picture
from harness.report.figures import significant
from harness.report.json_document import to_json
from tests.examples import finished, two_clients

SVG = "{http://www.w3.org/2000/svg}"
PICTURE = Path(__file__).parents[2] / "docs" / "picture.svg"


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_it_has_every_client_with_its_figures_the_fastest_first() -> None:
    document = json.loads(to_json(finished(two_clients()), two_clients()))
    document["competitors"][0]["label"] = "<requests>"
    document["run"]["environment"] = {"cpu": "a CPU", "cpus": 2, "python": "3.11.7"}
    shown = texts(picture(document))
    rows = sorted(document["competitors"], key=lambda one: -one["requests_per_second"])
    labels = [row["label"] for row in rows]
    assert [text for text in shown if text in labels] == labels
    for row in rows:
        for figure in (
            row["requests_per_second"],
            row["cpu_per_request_ns"] / 1e3,
            row["peak_rss_bytes"] / 1e6,
        ):
            assert significant(figure) in shown


def test_bars_are_as_long_as_their_figures() -> None:
    rows = [{"x": 500.0}, {"x": 2000.0}, {"x": None}]
    assert [bar.share for bar in bars(rows, "x", 10)] == [0.25, 1.0, 0.0]
    assert [bar.text for bar in bars(rows, "x", 10)] == ["50.0", "200", "0"]


@pytest.mark.parametrize("text", ["http://", "https://", "@import", "<script", "<image"])
def test_the_one_of_readme_loads_nothing(text: str) -> None:
    drawn = PICTURE.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert text not in drawn
    assert ElementTree.fromstring(PICTURE.read_text("utf-8")).tag == f"{SVG}svg"


def test_the_one_of_readme_shows_the_figures_of_its_listing() -> None:
    readme = (PICTURE.parent.parent / "README.md").read_text("utf-8")
    shown = texts(PICTURE.read_text("utf-8"))
    # client, req/s, its ratio, and whatever follows up to CPU and MB
    rows = re.findall(
        r"^(\S+) +([\d,]+) +(?:[▲▼≈?] [\d.,]+×|baseline) .* (\S+) +(\S+)$", readme, re.MULTILINE
    )
    labels = [label for label, *_ in rows]
    assert len(labels) > 1
    assert [text for text in shown if text in labels] == labels  # the best first, in both
    for row in rows:
        assert set(row) <= set(shown), row
