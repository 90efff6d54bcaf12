"""The look at the machine right before a long run: what is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.doctor.busy import busy, look
from harness.doctor.watching import Snapshot

SECOND = 1_000_000_000


def two(busy_s: float, /, **used_s: float) -> tuple[Snapshot, Snapshot]:
    """Snapshots two seconds apart: each program's CPU time between them, and all of the machine's."""
    before = {number: (name, 7 * SECOND) for number, name in enumerate(used_s, 4711)}
    after = {
        number: (name, 7 * SECOND + round(seconds * SECOND))
        for number, (name, seconds) in enumerate(used_s.items(), 4711)
    }
    return (
        Snapshot(0, 0, before, 0, None),
        Snapshot(2 * SECOND, 0, after, round(busy_s * SECOND), None),
    )


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (two(0.1, chromium=0.1), None),
        (two(0.0), None),
        (
            two(2.6, make=0.8, chromium=1.8),
            "this machine is busy: chromium (pid 4712) uses 0.9 of 2 CPUs, all programs "
            "together 1.3; stop them, or expect wide intervals",
        ),
        (
            two(1.8, chromium=1.8),
            "this machine is busy: chromium (pid 4711) uses 0.9 of 2 CPUs, all programs "
            "together 0.9; stop them, or expect wide intervals",
        ),
        (
            two(3.0, loop=0.6, cc1=0.2),
            "this machine is busy: loop (pid 4711) uses 0.3 of 2 CPUs, all programs "
            "together 1.5; stop them, or expect wide intervals",
        ),
        (
            two(2.0, cc1=0.2),
            "this machine is busy: other programs use 1.0 of 2 CPUs; "
            "stop them (`clientbench doctor` names them), or expect wide intervals",
        ),
    ],
)
def test_the_busiest_process_is_named_first(
    seen: tuple[Snapshot, Snapshot], line: str | None
) -> None:
    assert busy(*seen, 2) == line


def test_a_process_that_is_new_has_used_all_of_its_time_since() -> None:
    first, last = two(0.0)
    line = busy(first, Snapshot(last.at_ns, 0, {5: ("new", SECOND)}, SECOND, None), 4)
    assert line is not None and "new (pid 5) uses 0.5 of 4 CPUs" in line


def test_where_nothing_is_told_nothing_is_said(tmp_path: Path) -> None:
    assert look(tmp_path) is None
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/stat").write_text("cpu nonsense\n")
    assert look(tmp_path, lambda _: None) is None


def test_the_page_about_the_doctor_shows_the_line_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text("utf-8")
    assert busy(*two(2.6, chromium=1.8, make=0.8), 2) in page.splitlines()
