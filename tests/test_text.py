"""What others wrote steers no terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text import json_text, one_line, shortened, split_url, visible

NASTY = (
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x9b31m",
    "\x9d0;c1\x9c",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\r",
    "\b",
    "\0",
    "\x7f",
    "\u2028",
    "\udc80",
)
texts = st.text(st.one_of(st.characters(), st.sampled_from("".join(NASTY)))) | st.sampled_from(
    NASTY
)


@given(texts)
def test_what_is_shown_is_printable(text: str) -> None:
    shown = visible(text)

    assert shown.isprintable()
    assert visible(shown) == shown
    assert (shown == text) == text.isprintable()
    assert one_line(text).isprintable()


@pytest.mark.parametrize("char", ["a", "µ", "–", "…", "漢", "😀", "\\"])
def test_ordinary_text_stays(char: str) -> None:
    assert visible(char) == char


def test_escapes_are_those_of_python() -> None:
    assert visible("\x1b[0m\n\u202e") == r"\x1b[0m\n\u202e"
    assert visible("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@given(texts)
def test_json_is_ascii_without_control_characters_and_means_the_same(text: str) -> None:
    written = json_text({"text": text})

    assert written.isascii() and written.replace("\n", "").isprintable()
    assert json.loads(written) == {"text": text}


@given(st.text(), st.integers(8, 100))
def test_what_is_too_long_keeps_its_beginning_and_its_end(text: str, limit: int) -> None:
    short = shortened(text, limit)

    end = limit // 4
    assert len(short) <= limit
    assert short == text or (short[-end:], short[: limit - end - 3]) == (
        text[-end:],
        text[: limit - end - 3],
    )


@pytest.mark.parametrize("url", ["http://[::1/get", "a://]", "http://[v1.x", ""])
def test_a_url_that_is_none_is_all_path(url: str) -> None:
    parts = split_url(url)
    assert (parts.path, parts.hostname) == (url, None)


def test_a_url_has_parts() -> None:
    assert split_url("http://[::1]:80/get?a=1").hostname == "::1"
