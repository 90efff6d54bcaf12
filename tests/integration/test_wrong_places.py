"""A secret typed in the wrong place: whatever complains about it, clientbench or Typer, does not repeat it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from harness.cli.commands import app
from harness.cli.main import run
from tests.cli.command import Ended

USER, PASSWORD, TOKEN = "anneliese77", "Tr0ub4dor", "Jk3NbQ8w"
# {} is where it leads to; nothing listens on port 1
URLS = (
    f"http://{USER}:{PASSWORD}@127.0.0.1:1/",
    f"http://127.0.0.1:1/items?token={TOKEN}&page=2",
    f"{USER}:{PASSWORD}@127.0.0.1:1/",
    f"http://{USER}:{PASSWORD}/x@127.0.0.1:1/" + "a" * 80,
    "http://" + "u" * 52 + f":{PASSWORD}@127.0.0.1:1/",  # cut to 60 characters within the password
)
HEADERS = (f"Authorization: Bearer {TOKEN}", f"X-Api-Key:{TOKEN}", f"token={TOKEN}")


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Runs a command line in this process, which is faster; everything else is real."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Ended:
        code = run(words)
        captured = capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the application with the words that call it."""

    def below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield words, command
        for name, sub in getattr(command, "commands", {}).items():
            yield from below(sub, (*words, name))

    return below(typer.main.get_command(app), ())


def places() -> Iterator[tuple[str, ...]]:
    """Command lines that lack their last word: each option, and each argument, that takes text."""
    for words, command in commands():
        needed = {"diff": ("x",)}.get(words[-1] if words else "", ())
        yield (*words, *needed)
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.is_flag:
                yield (*words, *needed, parameter.opts[0])


def wrong() -> Iterator[tuple[str, ...]]:
    """Every place with every text; with one of them, in turn, where a command asks clients first.

    What would measure is told to do it so that it cannot.
    """
    for number, place in enumerate(places()):
        measures = place[:1] in (("compare",), ("load",))
        texts = (*URLS, *HEADERS)
        for text in (texts[number % len(texts)],) if measures else texts:
            if place[-1:] == ("--db",) and "://" not in text:
                continue  # a good name of a file
            harmless = ("--rounds", "x") if measures and place[-1] != "--rounds" else ()
            yield (*place[:1], *harmless, *place[1:], text)
        yield (*place, "--", text, text) if len(place) == 1 else ("measure", *place, text)


@pytest.mark.timeout(600)
def test_no_message_repeats_a_secret(typed: Callable[..., Ended], tmp_path: Path) -> None:
    """In one test: there are hundreds, most of a millisecond."""
    seen = []
    for words in wrong():
        ended = typed(*words)
        said = ended.out + ended.err
        if ended.code not in {2, 3} or "this is a bug" in said or "Traceback" in said:
            seen.append((words, ended))
        if any(secret in said for secret in (PASSWORD[:4], TOKEN)):
            seen.append((words, ended))

    assert seen == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "raw", "--header", "Authorization:", "Bearer", TOKEN),  # not quoted
        ("compare", "raw", "--headers", f'{{"Authorization": "{TOKEN}"'),
        ("--url", URLS[0], "--client", "nobody"),
        ("--url", URLS[0], "--compare", URLS[1]),
        ("--client", URLS[0], "--async"),
        (URLS[0],),
        ("--colour", URLS[0]),
        (f"--colour={URLS[0]}",),
        ("results", "sql", f"SELECT * FROM x WHERE url = '{URLS[0]}'"),
    ],
    ids=lambda words: words[0],
)
def test_neighbours(words: tuple[str, ...], typed: Callable[..., Ended]) -> None:
    ended = typed(*words)

    assert ended.code == 2
    assert PASSWORD not in ended.err and TOKEN not in ended.err and USER not in ended.err, ended


def test_a_variable_in_the_wrong_place(
    typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_BENCHMARK_SQLITE_DB_PATH", URLS[0])
    ended = typed("results", "list")

    assert ended.code == 2
    assert PASSWORD not in ended.err


def test_what_is_no_secret_is_repeated(typed: Callable[..., Ended]) -> None:
    """Hiding everything would pass all of the above."""
    assert "no/such.db'" in typed("results", "list", "--db", "no/such.db").err
    assert "'slow'" in typed("compare", "authlib:slow").err
    assert "'http://h/x?page=2'" in typed("compare", "raw", "--rounds", "http://h/x?page=2").err
