"""A run that is refused is refused at once: nobody waits for a look at the machine before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LONG = ("--duration", "30")  # such a run looks at the machine
# Each look ends the run, without its two seconds. In a process of its own, which a run that begins
# leaves at low priority.
PROGRAM = """
import sys
from harness.cli.main import run
from harness.doctor import busy
from harness.errors import UsageError

looks = []

def look(root):
    looks.append(root)
    raise UsageError("looked")

busy.look = look
code = run(sys.argv[1:])
print(code, len(looks))
"""


def code_and_looks(*words: str, folder: Path, **environ: str) -> list[int]:
    """The exit code of a command line, and how often it looked."""
    command = [sys.executable, "-c", PROGRAM, *words, *LONG]
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in ended.stdout.split()[-2:]]


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "raw:sync", "stdlib", "--url", "http://127.0.0.1:1/"),
        ("compare", "raw:sync", "stdlib", "--url", "/status/500"),
        ("compare", "raw:sync", "stdlib", "--target", "traefik", "--runtime", "native"),
        ("load", "http://127.0.0.1:1/", "--client", "raw:sync"),
    ],
    ids=lambda words: words[4] if words[0] == "compare" else words[1],
)
def test_a_refused_run_never_looks(words: tuple[str, ...], tmp_path: Path) -> None:
    code, looks = code_and_looks(*words, folder=tmp_path, PATH=str(tmp_path))  # without traefik
    assert (code != 0, looks) == (True, 0)


def test_a_run_that_is_not_refused_looks_once(tmp_path: Path) -> None:
    found = code_and_looks("load", "/", "--client", "raw:sync", folder=tmp_path)
    assert found == [2, 1]
