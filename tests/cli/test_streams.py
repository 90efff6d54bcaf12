"""What is written in encodings that lack characters, in odd surroundings, and while a signal comes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.streams import ERRORS
from harness.report.answer.columns import SIGNS
from harness.store import Store
from tests.examples import failed, finished, save, two_clients
from tests.terminal import CLIENTBENCH, Terminal

pytestmark = pytest.mark.long

STEERING = "\x1b]0;owned\x07\x1b[31mred\x9b32m\u202e\x7f"
SHOW = ("results", "show", "latest", "--details")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a stored run, whose reasons steer terminals and use letters that many encodings lack."""
    trials = [
        *two_clients(),
        *(failed("httpx:async", round, f"naïve → «ж» {STEERING}") for round in (1, 2, 3)),
    ]
    with Store.open(tmp_path / "benchmark_results.db") as store:
        save(store, finished(trials), trials)
        store.finish(finished(trials))
    return tmp_path


def shown(folder: Path, *words: str, **environ: str) -> bytes:
    """What a real command writes on a pipe; it must succeed and say nothing on standard error."""
    ended = subprocess.run(
        [*CLIENTBENCH, *words],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    return ended.stdout


def test_characters_that_an_encoding_lacks_become_plain_ones() -> None:
    text = "4.0× (3.9–4.1) · 81 µs → ██▌ … ≥ naïve ж \udc80"
    plain = r"4.0x (3.9-4.1) - 81 us -> ### ... >= na\xefve \u0436 \udc80"
    assert text.encode("ascii", ERRORS) == plain.encode()
    assert text.encode("latin-1", ERRORS).decode("latin-1") == (
        r"4.0× (3.9-4.1) · 81 µs -> ### ... >= naïve \u0436 \udc80"
    )
    assert "\udc80".encode("utf-8", ERRORS) == rb"\udc80"


def test_the_signs_of_verdicts_take_one_plain_column_each() -> None:
    plain = "".join(SIGNS.values()).encode("ascii", ERRORS)
    assert len(set(plain)) == len(plain) == len(SIGNS)


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "latin-1", "cp1252", "utf-16"])
def test_a_run_is_shown_in_any_encoding(encoding: str, folder: Path) -> None:
    text = shown(folder, *SHOW, PYTHONIOENCODING=encoding).decode(encoding.partition(":")[0])
    assert "(4.00" in text and "4,000" in text
    assert r"\u0436" in text or "ж" in text
    if "ascii" in encoding:
        assert "4.00x" in text and "4.00-4.00" in text and "us/req" in text
        assert r"na\xefve -> \xab\u0436\xbb" in text


@pytest.mark.parametrize("words", [("--help",), ("compare", "--help"), ("targets",), ("presets",)])
def test_help_and_lists_are_plain_as_well(words: tuple[str, ...], folder: Path) -> None:
    assert shown(folder, *words, PYTHONIOENCODING="ascii").isascii()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_json_is_valid_in_any_encoding(encoding: str, folder: Path) -> None:
    document = json.loads(shown(folder, *SHOW[:3], "--json", PYTHONIOENCODING=encoding))
    assert "ж" in document["trials"][-1]["reason"]


@pytest.mark.parametrize(
    ("value", "widest"), [("²", 80), ("0", 80), ("-5", 80), ("9" * 5000, 80), ("1", 40)]
)
def test_a_width_that_is_none_is_no_failure(value: str, widest: int, folder: Path) -> None:
    text = shown(folder, *SHOW, COLUMNS=value, LINES=value).decode()
    # narrow details have no tables, so look at a paragraph that fills the width
    trust = next(line for line in text.splitlines() if line.startswith("trust "))
    assert widest - 20 < len(trust) <= widest


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"CI": "true"}, False),
        ({"CI": "true", "FORCE_COLOR": "1"}, True),
        ({"CI": "false", "NO_COLOR": ""}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_a_terminal_is_steered_as_variables_ask_and_never_by_a_server(
    environ: dict[str, str], coloured: bool, folder: Path
) -> None:
    neutral = {"CI": "", "NO_COLOR": "", "FORCE_COLOR": ""}
    with Terminal(columns=150, rows=50) as terminal:
        words = [*CLIENTBENCH, *SHOW]
        assert terminal.run(words, cwd=folder, environ={**neutral, **environ}) == 0
        assert any("\x1b" in line for line in terminal.screen(escapes=True)) == coloured
        text = terminal.text()
        assert r"\x1b]0;owned\x07\x1b[31mred\x9b32m\u202e\x7f" in text
        assert terminal.title != "owned"
        assert max(map(len, terminal.screen())) > 80  # a dumb terminal may be wide as well


def test_colours_can_be_had_without_a_terminal(folder: Path) -> None:
    assert b"\x1b[" not in shown(folder, *SHOW, TERM="xterm")
    assert b"\x1b[" in shown(folder, *SHOW, TERM="xterm", FORCE_COLOR="1")


# A signal takes effect where something is called or a call has come back, so it is sent at the first of these
# places, then at the second, and so on through all that happen while one line is written.
STRUCK_EVERYWHERE = """
import contextlib, signal, sys, threading
from harness.cli import streams

def strikes_at(place, text):
    seen = [0]

    def strike(frame, event, _):
        seen[0] += event != "return"
        if seen[0] == place and event != "return":
            signal.raise_signal(signal.SIGINT)

    streams.guard()
    with contextlib.suppress(KeyboardInterrupt):
        try:
            sys.setprofile(strike)
            print(text, file=sys.stderr)
        finally:
            sys.setprofile(None)
        for later in threading.enumerate()[1:]:  # a signal that was put off
            later.join()
    sys.stderr.flush()
    return seen[0] >= place

place = 1
while strikes_at(place, f"line {place}"):
    place += 1
print(place)
"""


def test_a_line_is_written_once_wherever_a_signal_strikes() -> None:
    """CI met it: what had been written was written again when a signal came before that was known."""
    words = [sys.executable, "-c", STRUCK_EVERYWHERE]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    places = int(ended.stdout)
    lines = ended.stderr.splitlines()

    assert places > 50
    assert len(set(lines)) == len(lines)
    assert len(lines) > places / 2  # else nothing was written where the signal came first
