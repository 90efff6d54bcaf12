"""``--help``: examples first, options under headings, nothing cut on any terminal, and at once."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from harness.cli.commands import app
from harness.cli.examples import EXAMPLES
from harness.cli.help import HEADINGS
from harness.cli.main import run

WIDTHS = (60, 80, 120)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command and group of commands, by its words."""

    def walk(words: tuple[str, ...], command: Any) -> Iterator[tuple[str, Any]]:
        yield " ".join(words), command
        for name, one in getattr(command, "commands", {}).items():
            yield from walk((*words, name), one)

    return walk((), typer.main.get_command(app))


ALL = dict(commands())


def shown(
    words: str, columns: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run([*words.split(), "--help"]) == 0
    return capfd.readouterr().out


@pytest.mark.parametrize("command", ["compare", "load"])
def test_every_option_of_a_measurement_has_a_group(command: str) -> None:
    general = {HEADINGS[""], None}
    without = {
        one.opts[0]
        for one in ALL[command].params
        if one.param_type_name == "option" and one.rich_help_panel in general
    }
    assert without == set()  # declare(..., group=...), or about(..., group=...)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("words", ALL)
def test_nothing_is_cut(
    words: str, columns: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    out = shown(words, columns, monkeypatch, capfd)
    assert max(map(len, out.splitlines())) <= columns
    flat = " ".join(out.split())
    for one in ALL[words].params:
        assert " ".join(one.help.split()) in flat
    for one in getattr(ALL[words], "commands", {}).values():
        first = " ".join(one.help.partition("\n\n")[0].split()).removesuffix(".")
        assert first in flat


@pytest.mark.parametrize("words", ["compare", "load"])
def test_headings_come_in_their_order_after_the_examples(
    words: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    out = shown(words, 80, monkeypatch, capfd)
    found = re.findall(r"^(\S.*):$", out, re.MULTILINE)
    titles = [title for title in HEADINGS.values() if title != HEADINGS[""]]
    assert found == ["Examples", "Arguments", *titles]


@pytest.mark.parametrize("words", ALL)
@pytest.mark.parametrize("columns", WIDTHS)
def test_three_examples_stand_first_and_whole(
    words: str, columns: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = shown(words, columns, monkeypatch, capfd).splitlines()
    headings = [line for line in lines if re.fullmatch(r"\S.*:", line)]
    assert headings[0] == "Examples:"
    assert len(EXAMPLES[words]) == 3
    for command, meaning in EXAMPLES[words]:
        assert any(line == f"  {command}" or line.startswith(f"  {command}  ") for line in lines)
        assert any(line.endswith(meaning) for line in lines)


@pytest.mark.parametrize("command", sorted({c for found in EXAMPLES.values() for c, _ in found}))
def test_an_example_is_a_command_with_options_that_it_has(
    command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    program, *words = shlex.split(command)
    assert program == "clientbench"
    assert run([*words, "--help"]) == 0, capfd.readouterr().err


def test_what_may_be_repeated_is_marked(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for words, command in ALL.items():
        out = shown(words, 80, monkeypatch, capfd)
        marked = {*re.findall(r"^  (?:-o, )?(--[a-z-]+) \S+…(?: |$)", out, re.MULTILINE)}
        assert marked == {
            one.opts[-1] if one.opts[0] == "-o" else one.opts[0]
            for one in command.params
            if one.param_type_name == "option" and one.multiple
        }


def test_help_loads_nothing_that_is_slow(tmp_path: Path) -> None:
    source = (
        "import sys\nfrom harness.cli.main import run\nrun(['compare', '--help'])\n"
        "print({'rich', 'numpy', 'scipy', 'sqlite_utils', 'docker'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("set()\n"), done.stdout[-200:]
