"""One embedded target per scheme and test process, and fresh ones for tests that count."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers.embedded.target import EmbeddedTarget
from tests.servers.wire import Wire


def _started(tls: bool) -> Iterator[EmbeddedTarget]:
    target = EmbeddedTarget(tls=tls)
    try:
        target.start()
        target.wait_ready()
        yield target
    finally:
        target.stop()


@pytest.fixture(scope="session")
def http_target() -> Iterator[EmbeddedTarget]:
    yield from _started(tls=False)


@pytest.fixture(scope="session")
def https_target() -> Iterator[EmbeddedTarget]:
    yield from _started(tls=True)


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
    yield from _started(tls=request.param == "https")
