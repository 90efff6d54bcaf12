"""A run that is refused is refused at once: nobody waits for a look at the machine before."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.main import run
from harness.doctor import busy
from harness.errors import UsageError

LONG = ("--duration", "30")  # such a run looks at the machine


@pytest.fixture
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The looks that were taken, without their two seconds; each ends the run."""
    taken: list[Path] = []

    def look(root: Path) -> None:
        taken.append(root)
        raise UsageError("looked")

    monkeypatch.setattr(busy, "look", look)
    monkeypatch.chdir(tmp_path)
    return taken


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
def test_a_refused_run_never_looks(
    words: tuple[str, ...], looks: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # there is no traefik
    assert run([*words, *LONG]) != 0
    assert looks == []


def test_a_run_that_is_not_refused_looks_once(looks: list[Path]) -> None:
    assert run(["load", "/", "--client", "raw:sync", *LONG]) == 2
    assert len(looks) == 1
