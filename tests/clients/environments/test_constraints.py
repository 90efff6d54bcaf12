"""Constraints against an environment that is there."""

from __future__ import annotations

import pytest

from harness.clients.environments.constraints import met

VERSIONS = {"httpcore": "1.0.5", "Typing_Extensions": "4.9.0"}
MARKERS = {"python_version": "3.99"}  # of no interpreter that can run this test


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("# none\n\n", True),
        ("httpcore==1.0.5  # as it was", True),
        ("httpcore==1.0.4", False),
        ("httpcore>=1\ntyping-extensions<4", False),
        ("HTTPcore>=1\ntyping.extensions>4", True),
        ("anyio==1", True),  # not there
        ('httpcore==1.0.4; python_version < "3.99"', True),
        ('httpcore==1.0.4; python_version >= "3.99"', False),
        ("httpcore @ file:///tmp/httpcore.whl", False),
        ("--index-url somewhere", False),  # uv says that it is no requirement
    ],
)
def test_versions_are_within_constraints(text: str, expected: bool) -> None:
    assert met(text, VERSIONS, MARKERS) is expected
