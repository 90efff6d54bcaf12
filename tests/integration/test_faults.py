"""Both suites can fail: whoever is wrong in one way fails that claim, and no other."""

from __future__ import annotations

import pytest

from tests.checking.sloppy import FAULTS, assert_fails_alone


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_target_with_a_fault_fails_that_claim_alone(fault: str) -> None:
    assert_fails_alone(fault)


@pytest.mark.usefixtures("installed")
def test_a_daemon_that_has_left_its_parents_is_found() -> None:
    assert_fails_alone("daemon", "stops")
