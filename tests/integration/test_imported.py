"""A real run, exported as a document and imported elsewhere, is shown alike in every form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import clientbench

BRIEFLY = ("--duration", "0.5", "--rounds", "2", "--warmup", "0.05")
RUNS = {
    "closed loop": ("compare", "raw:sync", "raw:async", *BRIEFLY),
    "open loop": ("compare", "raw:sync", "null:sync", "--rate", "100", *BRIEFLY),
    "conditions": (
        *("compare", "raw:sync", "null:sync", "--concurrency", "1", "--concurrency", "4"),
        *BRIEFLY,
    ),
    "one client": ("load", "--client", "raw:sync", "--requests", "50"),
}


@pytest.mark.parametrize("kind", RUNS)
def test_a_run_is_shown_alike_after_the_journey(kind: str, tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    for folder in (there, here):
        folder.mkdir()
    measured = clientbench(*RUNS[kind], "--output", "../run.json", cwd=there)
    assert measured.code == 0, measured
    merged = clientbench("results", "merge", "--import", "../run.json", cwd=here)
    assert (merged.code, merged.err) == (0, ""), merged
    for form in ((), ("--details",), ("--json",), ("--matrix",)):
        words = ("results", "show", "latest", *form)
        shown, again = (clientbench(*words, cwd=folder) for folder in (there, here))
        assert shown.code == 0
        assert again == shown
