"""When a self-test has passed, and whose it is."""

from __future__ import annotations

from typing import Any

import pytest

from harness.records.model import SelftestNote
from harness.records.selftest_result import SelftestPart, same_machine
from tests.selftest.examples import HERE, KEPT, MISSED, PLAIN, selftest


def test_it_has_passed_if_no_bound_was_missed() -> None:
    assert selftest().passed
    failed = selftest(parts=(SelftestPart("one", (PLAIN, KEPT)), SelftestPart("other", (MISSED,))))
    assert not failed.passed
    assert failed.failed == ("apart by",)


def test_what_is_cited_is_the_outcome() -> None:
    note = selftest("a", "b").note
    assert note == SelftestNote(
        "selftest-1", "2025-03-01T10:31:00.000+00:00", False, 0.0234, ("a", "b")
    )
    assert not note.passed
    assert selftest().note.passed


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"python": "3.14.0", "versions": {"numpy": "2"}, "open_files": [1, 2]}, True),
        ({"worker_cpus": [1]}, True),
        ({"host": "other"}, False),
        ({"cpu": "Intel"}, False),
        ({"cpus": 4}, False),
        ({"kernel": "6.2.0"}, False),
    ],
)
def test_a_machine_is_its_host_processor_and_kernel(changes: dict[str, Any], same: bool) -> None:
    assert same_machine(HERE, HERE | changes) == same
    assert same_machine(HERE | changes, HERE) == same
