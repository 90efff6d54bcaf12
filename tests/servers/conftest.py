"""Embedded targets over either scheme: those that all tests share, and fresh ones for tests that count."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers.embedded.target import EmbeddedTarget
from tests import targets
from tests.servers.wire import Wire


@pytest.fixture(params=["http", "https"])
def target(request: pytest.FixtureRequest) -> EmbeddedTarget:
    """A running target, over either scheme."""
    found: EmbeddedTarget = request.getfixturevalue(f"{request.param}_target")
    return found


@pytest.fixture
def wire(target: EmbeddedTarget) -> Iterator[Wire]:
    """One connection to it."""
    with Wire(target) as connection:
        yield connection


@pytest.fixture(params=["http", "https"])
def fresh_target(request: pytest.FixtureRequest) -> Iterator[EmbeddedTarget]:
    """A target nobody else talks to."""
    with targets.running(tls=request.param == "https") as found:
        yield found
