"""The live line, in words that fit."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness.cli.progress import pieces
from harness.cli.streams import ERRORS
from harness.measure.rounds import Status


def stream(encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=ERRORS)


def status(**changes: Any) -> Status:
    values = {"round": 3, "rounds": 20, "label": "httpx:async", "left_s": 83.2}
    return Status(**{**values, "requests_per_second": 12_345.6, **changes})


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (200, "round 3/20 · httpx:async · 12,346 requests/s so far · 1:23 left"),
        (62, "3/20 · httpx:async · 12,346/s · 1:23 left"),
        (40, "3/20 · httpx:asy… · 12,346/s · 1:23 left"),
        (24, "3/20 · 12,346/s · 1:23 l"),
    ],
)
def test_a_narrow_line_has_shorter_words_then_less_of_the_label(columns: int, line: str) -> None:
    assert "".join(pieces(status(), columns, stream())) == line


def test_how_many_rounds_there_will_be_may_be_open() -> None:
    line = "".join(pieces(status(rounds=None, requests_per_second=None), 100, stream()))
    assert line == "round 3 · httpx:async · warming up · 1:23 left at most"


@given(
    st.builds(
        Status,
        round=st.integers(1, 999),
        rounds=st.none() | st.integers(1, 999),
        label=st.text(max_size=60),
        requests_per_second=st.none() | st.floats(0, 999_999),
        left_s=st.floats(0, 36_000),
    ),
    st.integers(40, 200),
    st.sampled_from(["utf-8", "ascii", "latin-1"]),
)
def test_the_line_fits_and_no_figure_is_cut(shown: Status, columns: int, encoding: str) -> None:
    line = "".join(pieces(shown, columns, stream(encoding)))
    assert cell_len(line) <= columns
    assert line.isprintable()
    assert line.encode(encoding)
    left_s = round(shown.left_s)
    assert f" {left_s // 60}:{left_s % 60:02d} left" in line
    if shown.requests_per_second is not None:
        assert re.search(rf" {shown.requests_per_second:,.0f}(/s| requests/s so far) ", line)
