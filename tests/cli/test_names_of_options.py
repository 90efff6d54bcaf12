"""A bad value of any option: the message begins with what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from harness.cli.commands import app
from harness.cli.main import run
from harness.input.settings import VARIABLES
from harness.input.spelling import FLAGS

COMPARE = ("compare", "raw")
# A value that each option refuses, and what it is typed with where it cannot be alone.
BAD: dict[str, tuple[str, tuple[str, ...]]] = {
    "--adapter": ("missing.py", ()),
    "--arrivals": ("never", ("--rate", "5")),
    "--baseline": ("nobody", ()),
    "--body": ("@missing", ()),
    "--body-size": ("1T", ()),
    "--budget": ("0", ("null", "--precision", "2%")),
    "--ca": ("missing.pem", ()),
    "--cert": ("missing.pem", ("--key", "missing.key")),
    "--concurrency": ("0", ()),
    "--config": ("no-such.conf", ("--target", "nginx")),
    "--connection": ("maybe", ()),
    "--constraint": ("missing.txt", ()),
    "--db": ("no/such/x.db", ()),
    "--delay": ("x", ("--preset", "concurrent-synced")),
    "--duration": ("0", ()),
    "--error-budget": ("100%", ()),
    "--expect": ("maybe", ()),
    "--gate": ("missing.toml", ()),
    "--header": ("no colon", ()),
    "--header-env": ("X=NOBODY_HAS_SET_THIS", ()),
    "--headers": ("{", ()),
    "--hold": ("breath", ("--preset", "concurrent-synced")),
    "--instances": ("0", ()),
    "--key": ("missing.key", ()),
    "--key-password-env": ("NOBODY_HAS_SET_THIS", ()),
    "--lock": ("missing.lock", ()),
    "--machine": ("a b", ()),
    "--max-body": ("0", ()),
    "--max-in-flight": ("0", ("--rate", "5")),
    "--method": ("TRACE", ()),
    "--metric": ("beauty", ("--precision", "2%")),
    "--accept": ("nothing", ("--strict",)),
    "--name": ("\t", ()),
    "--n": ("0", ("--preset", "concurrent-synced")),
    "--output": ("report.pdf", ()),
    "--per": ("hour", ("--output", "x.csv")),
    "--points": ("3", ("--preset", "requests-graph")),
    "--precision": ("2", ()),
    "--preset": ("nothing", ()),
    "--processes": ("11", ()),
    "--profile": ("fair", ()),
    "--python": ("pypy", ()),
    "--rate": ("0", ()),
    "--requests": ("3", ("--rounds", "5")),
    "--rounds": ("0", ()),
    "--runtime": ("moon", ()),
    "--scheme": ("gopher", ()),
    "--seed": ("dice", ()),
    "--slice": ("1h", ()),
    "--speed": ("fast", ()),
    "--stage": ("1", ()),
    "--start": ("never", ("--rate", "5")),
    "--tag": ("no value", ()),
    "--target": ("nothing", ()),
    "--target-cpus": ("9999", ()),
    "--target-memory": ("1", ()),
    "--think-time": ("x", ()),
    "--timeout": ("0", ()),
    "--to": ("ftp://x/", ()),
    "--trace": ("110%", ()),
    "--unix": ("missing", ("--url", "http://localhost/")),
    "--upstream": ("nothing", ("--target", "nginx")),
    "--url": ("ftp://x/", ()),
    "--versions": ("new", ("httpx",)),
    "--warmup": ("-1", ()),
    "--with": ("@", ()),
}
# Those of other commands, or that another command than ``compare`` has.
ELSEWHERE = {
    "--anchor": (("results", "trend", "--anchor", ""), "--anchor: ''"),
    "--client": (("load", "--client", "curl"), "client: 'curl' is unknown"),
    "--fail-on": (("results", "trend", "--fail-on", "x"), "--fail-on: 'x'"),
    "--import": (("results", "merge", "--import", ""), "--import: ''"),
    "--keep": (("environments", "prune", "--keep", "x"), "--keep: 'x'"),
    "--library": (("clients", "new", "mine", "--library", "a b"), "--library: 'a b'"),
    "--limit": (("results", "list", "--limit", "0"), "--limit: '0'"),
    "--lines": (("targets", "logs", "embedded", "--lines", "0"), "--lines: '0'"),
    "--normalize": (("load", "--client", "raw", "--normalize", "1"), "--normalize: '1'"),
    "--older": (("environments", "prune", "--older", "x"), "--older: 'x'"),
    "--port": (("targets", "up", "embedded", "--port", "0"), "--port: '0'"),
    "--scenario": (("compare", "--scenario", "gone.toml"), "--scenario: 'gone.toml'"),
    "--seconds": (("doctor", "--seconds", "x"), "--seconds: 'x'"),
    "--since": (("results", "trend", "--since", "x"), "--since: 'x'"),
}


def options() -> Iterator[tuple[str, Any]]:
    """Every option of every command, by its first name."""

    def walk(command: Any) -> Iterator[tuple[str, Any]]:
        for one in getattr(command, "commands", {}).values():
            yield from walk(one)
        for parameter in command.params:
            if parameter.param_type_name == "option":
                yield parameter.opts[0], parameter

    yield from walk(typer.main.get_command(app))


def with_values() -> set[str]:
    return {name for name, parameter in options() if not parameter.is_flag}


def test_every_option_has_a_bad_value_here() -> None:
    assert with_values() == {*BAD, *ELSEWHERE}


def test_every_option_is_a_fields_and_every_fields_option_is_one() -> None:
    spelled = {flag for _, one in options() for flag in (*one.opts, *one.secondary_opts)}
    assert {*FLAGS.values()} <= spelled
    assert with_values() - {*FLAGS.values()} == {"--client"}  # it is a competitor's


def complaint(words: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> str:
    code = run(words)
    out, err = capfd.readouterr()
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    return line.removeprefix("clientbench: ")


@pytest.mark.parametrize("name", sorted(BAD))
@pytest.mark.parametrize("joined", [False, True], ids=["apart", "joined"])
def test_a_bad_value_is_named_by_its_option(
    name: str,
    joined: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    value, more = BAD[name]
    said = complaint((*COMPARE, *([f"{name}={value}"] if joined else [name, value]), *more), capfd)
    assert said.startswith((f"{name}: ", f"{name} ")), said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_of_another_command_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words, beginning = ELSEWHERE[name]
    assert complaint(words, capfd).startswith(beginning)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("field", sorted(VARIABLES))
def test_a_bad_value_of_a_variable_is_named_by_it(
    field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLES[field], "")
    assert complaint(COMPARE, capfd).startswith(f"{VARIABLES[field]}: ''")


def test_what_only_later_turns_out_to_be_wrong_is_named_by_where_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLES["database"], "no/such/x.db")
    typed = complaint((*COMPARE, "--db", "nor/this/y.db"), capfd)
    assert typed.startswith(f"--db {str(tmp_path / 'nor/this/y.db')!r}: there is no directory")
    taken = complaint(COMPARE, capfd)
    path = str(tmp_path / "no/such/x.db")
    assert taken.startswith(f"{VARIABLES['database']} {path!r}: there is no directory")


def test_one_of_several_is_named_by_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = complaint(("compare", "raw", "requests:async"), capfd)
    assert said.startswith("client: 'requests' has no mode 'async'")
    said = complaint((*COMPARE, "--concurrency", "2", "--concurrency", "many"), capfd)
    assert said.startswith("--concurrency: 'many' is not valid")


def test_an_option_is_said_to_be_the_same_wherever_it_is() -> None:
    said: dict[str, set[str]] = {}
    for name, parameter in options():
        said.setdefault(name, set()).add(parameter.help)
    differing = {name for name, texts in said.items() if len(texts) > 1}
    # `results sql`, `show`, `annotate`, `prune` and `trend`, `targets down`, `gate` and `report` have
    # their own
    own = {"--timeout", "--lock", "--all", "--config", "--keep", "--name", "--output", "--tag"}
    assert differing == own | {"--machine", "--metric"}
