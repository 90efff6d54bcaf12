"""What shells offer: asked as they ask, by variables, and by a real bash."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import adapters
from harness.analysis.doubts.kinds import KINDS, severity
from harness.cli.commands import app, whole_command
from harness.cli.completion import VALUES, completer
from harness.cli.main import run
from harness.errors import UsageError
from harness.input.options import Options
from harness.input.presets import PRESETS
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.scenario.factors import FACTORS
from servers.catalogue import NAMES
from tests.cli.command import clientbench
from tests.require import require

COMPLETE = "_CLIENTBENCH_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


def asked(shell: str, line: str, folder: Path) -> list[str]:
    """What is offered for the last word of a line, which may be empty."""
    words = line.split(" ")
    variables = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    environ = {COMPLETE: f"complete_{shell}", **variables}
    ended = clientbench(cwd=folder, environ=environ)
    assert (ended.code, ended.err) == (0, "")
    if shell == "zsh":
        found = re.findall(r'^(?:_arguments .*\(\()?"([^"]+)"', ended.out, re.MULTILINE)
        return [one.replace(r"\\:", ":") for one in found]
    return [one.partition("\t")[0] for one in ended.out.split("\n") if one]


@pytest.mark.long
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("clientbench comp", "compare"),
        ("clientbench results di", "diff"),
        ("clientbench compare --conc", "--concurrency"),
        ("clientbench compare htt", "httpx"),
        ("clientbench compare requests --baseline aio", "aiohttp"),
        ("clientbench load --client pyc", "pycurl"),
        ("clientbench compare raw --preset stea", "steady"),
        ("clientbench compare raw --target hap", "haproxy"),
        ("clientbench compare raw --method PA", "PATCH"),
        ("clientbench compare raw --connection cl", "close"),
        ("clientbench load --strict --accept short", "short-slices"),
        ("clientbench targets up cad", "caddy"),
        ("clientbench clients check std", "stdlib"),
        ("clientbench results show la", "latest"),
    ],
)
def test_a_shell_is_told_what_begins_so(
    shell: str, line: str, expected: str, tmp_path: Path
) -> None:
    offered = asked(shell, line, tmp_path)
    assert any(expected in one for one in offered), offered
    assert all(one.startswith(line.rpartition(" ")[2]) for one in offered)
    assert list(tmp_path.iterdir()) == []


def test_everything_is_offered_for_an_empty_word(tmp_path: Path) -> None:
    assert {*asked("bash", "clientbench ", tmp_path)} >= {"compare", "load", "results", "targets"}
    assert {*asked("bash", "clientbench compare ", tmp_path)} >= {*adapters.BUILTIN, "httpx:async"}
    assert {*asked("bash", "clientbench compare --target ", tmp_path)} >= {*NAMES}
    assert asked("bash", "clientbench compare --preset ", tmp_path) == list(PRESETS)
    assert asked("bash", "clientbench compare --duration ", tmp_path) == []


def test_no_client_is_imported_for_it(tmp_path: Path) -> None:
    source = (
        "import sys\nfrom harness.cli.completion import completer\n"
        "assert completer('clients')('')\n"
        "print({'requests', 'httpx', 'aiohttp', 'pycurl', 'urllib3', 'pydantic'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


NEEDED: dict[str, dict[str, Any]] = {
    "arrivals": {"rate": "5"},
    "start": {"rate": "5"},
    "metric": {"precision": "2%", "clients": ("requests", "aiohttp")},
    "hold": {"preset": "concurrent-synced"},
    "upstream": {"target": ("nginx",)},
    "runtime": {"target": ("nginx",)},
}
NEEDING_POINTS = {name for name, preset in PRESETS.items() if "" in preset.parameters.values()}


@pytest.mark.parametrize(
    "field",
    sorted(
        {*VALUES} - {"fail_on", "accept", "run", "runs", "baseline", "client", "environment", "per"}
    ),
    ids=lambda field: field,
)
def test_every_value_that_is_offered_is_accepted(field: str) -> None:
    offered = completer(field)
    assert offered is not None and completer("no such field") is None
    found = offered("")
    assert found
    for value in found:
        needed = NEEDED.get(field, {}) | ({"points": "1@1s"} if value in NEEDING_POINTS else {})
        several = field in ("clients", "python") or field in FACTORS
        given = {"clients": ("requests",)} | needed | {field: (value,) if several else value}
        try:
            build(Options.of(**given), Defaults())
        except UsageError as error:
            pytest.fail(f"{value}: {error}")


def test_every_field_with_values_is_an_option_or_an_argument() -> None:
    def names(command: Any) -> set[str]:
        found = {one.name for one in command.params}
        return found.union(*map(names, getattr(command, "commands", {}).values()))

    assert {*VALUES} <= names(typer.main.get_command(app))


# Placeholders of values that are no choice from a set.
OPEN = frozenset(
    {
        *(
            "CPUS",
            "DATE|AGE",
            "DAYS",
            "DISTRIBUTION",
            "ENVIRONMENT",
            "FACTOR",
            "FILE",
            "HEADER",
            "JSON",
            "KEY=VALUE",
            "LABEL",
            "MACHINE",
            "VARIABLE",
            "NAME=VAR",
            "NUMBER",
        ),
        *(
            "PATH",
            "PERCENT",
            "POINTS",
            "PORT",
            "RANGE",
            "RATE",
            "REQUIREMENT",
            "SECONDS",
            "SHARE",
            "SIZE",
            "SQL",
            "STAGE",
            "STATUSES",
        ),
        *("TEXT", "TIME", "URL", "WHICH"),
    }
)


def test_whatever_is_a_choice_from_a_set_is_offered() -> None:
    def choices(command: Any) -> Iterator[Any]:
        for one in command.params:
            is_open = getattr(one, "is_flag", False) or one.metavar.removesuffix("…") in OPEN
            if not is_open and one.name != "new":  # a name that nothing has yet
                yield one
        for within in getattr(command, "commands", {}).values():
            yield from choices(within)

    found = list(choices(typer.main.get_command(app)))
    assert {one.name for one in found} >= {"accept", "connection", "profile", "run", "target"}
    context = typer.Context(typer.main.get_command(app))
    assert [one.name for one in found if not one.shell_complete(context, "")] == []


def test_every_kind_of_warning_is_offered_but_notes() -> None:
    offered = completer("accept")
    assert offered is not None
    wanted = [kind.replace(" ", "-") for kind in KINDS if severity(kind) != "note"]
    assert offered("") == wanted and "unequal-settings" not in wanted


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_is_offered_after_a_command_that_is_none(shell: str, tmp_path: Path) -> None:
    for line in ("clientbench compar requests", "clientbench results sho la"):
        assert set(asked(shell, line, tmp_path)) <= {"_files"}


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"COMP_WORDS": "clientbench co"},
        {"COMP_CWORD": "1"},
        *(
            {"COMP_WORDS": "clientbench co", "COMP_CWORD": number}
            for number in ("", "x", "-1", "1.5", "9" * 5000)
        ),
    ],
)
def test_a_request_of_bash_without_its_variables_is_refused(
    variables: dict[str, str], tmp_path: Path
) -> None:
    ended = clientbench(cwd=tmp_path, environ={COMPLETE: "complete_bash", **variables})
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"clientbench: {COMPLETE}: a request of bash needs COMP_WORDS, a command line, and "
        "COMP_CWORD, the number of a word in it\n"
    )


@pytest.mark.parametrize("shell", ["zsh", "fish", "powershell", "pwsh"])
def test_requests_of_other_shells_need_nothing(shell: str, tmp_path: Path) -> None:
    ended = clientbench(cwd=tmp_path, environ={COMPLETE: f"complete_{shell}"})
    assert (ended.code, ended.err) == (0, "")


def test_a_word_beyond_the_line_is_an_empty_one(tmp_path: Path) -> None:
    environ = {COMPLETE: "complete_bash", "COMP_WORDS": "clientbench", "COMP_CWORD": "999999999"}
    ended = clientbench(cwd=tmp_path, environ=environ)
    assert (ended.code, ended.err) == (0, "")
    assert "compare" in ended.out.split("\n")


def test_a_shell_without_completion_is_refused(tmp_path: Path) -> None:
    ended = clientbench(cwd=tmp_path, environ={COMPLETE: "complete_ksh"})
    assert (ended.code, ended.out, ended.err) == (2, "", "Shell ksh not supported.\n")
    command = f'"{sys.executable}" -m harness --show-completion; exit $?'
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(" not supported.\n") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("code", [0, 1, 3, None])
def test_what_a_command_returns_is_the_exit_code(
    code: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "registered_commands", list(app.registered_commands))
    app.command("returning")(lambda: code)
    whole_command.cache_clear()
    assert run(["returning"]) == (code or 0)
    whole_command.cache_clear()


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the command in it, as PATH has one."""
    require(shutil.which("bash") is not None, "bash is not installed")
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "clientbench"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness "$@"\n')
    script.chmod(0o755)
    return folder


def bash(script: str, programs: Path, *options: str) -> str:
    done = subprocess.run(
        ["bash", *options, "-c", script],
        env={"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(programs.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


TAB = (
    "COMP_WORDS=(clientbench compare --target ngi); COMP_CWORD=3; _clientbench_completion clientbench;"
    ' printf "%s\\n" "${COMPREPLY[@]}"'
)


def test_a_real_bash_completes_by_what_is_shown(programs: Path) -> None:
    script = f"source <(clientbench --show-completion); complete -p clientbench; {TAB}"
    registered, *offered = bash(script, programs, "--norc").splitlines()
    assert registered == "complete -o default -F _clientbench_completion clientbench"
    assert offered == ["nginx-static", "nginx"]


def test_a_real_bash_completes_after_the_installation(programs: Path) -> None:
    said = bash("clientbench --install-completion; true", programs, "--norc")
    assert "bash completion installed in" in said
    assert bash(TAB, programs, "--norc").strip() == ""  # not there by itself
    assert bash(TAB, programs, "-i").splitlines() == ["nginx-static", "nginx"]
