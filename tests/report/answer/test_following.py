"""What to type next."""

from __future__ import annotations

from typing import Any

from harness.analysis.trust import Trust
from harness.records.model import SelftestNote
from harness.report.answer.following import commands
from tests.examples import run

KNOWN = SelftestNote("s", "2025-03-01T10:00:00+00:00", full=False, resolution=0.02, failed=())


def typed(resolution: float | None, database: str | None = None, **of: Any) -> list[str]:
    trust = Trust("good", "", "", resolution)
    return [command for command, _ in commands(run(**of), trust, "bin/clientbench", database)]


def test_details_first_and_a_self_test_that_is_missing() -> None:
    details = "bin/clientbench results show run-1 --details"
    assert typed(0.01) == [details, "bin/clientbench selftest"]
    assert typed(None) == [details]
    assert typed(0.01, selftest=KNOWN) == [details]


def test_wide_intervals_can_be_narrowed_unless_that_was_asked_for() -> None:
    assert typed(0.2, selftest=KNOWN)[1:] == ["… --precision 3%"]
    asked = {"precision": {"half_width": 0.03}}
    assert typed(0.2, selftest=KNOWN, scenario=asked)[1:] == []


def test_a_database_that_was_typed_is_typed_again() -> None:
    assert typed(None, "my results.db") == [
        "bin/clientbench results show run-1 --details --db 'my results.db'"
    ]
