"""Constraints against an environment that is there."""

from __future__ import annotations

import pytest

from harness.clients.environments.constraints import check, met
from harness.errors import UsageError

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
        ("httpcore==1.0.5 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nanyio<3\n", True),
    ],
)
def test_versions_are_within_constraints(text: str, expected: bool) -> None:
    check(text)
    assert met(text, VERSIONS, MARKERS) is expected


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("--index-url https://user:hidden@127.0.0.1:1/", "'--index-url https://127.0.0.1:1/'"),
        ("httpcore @ https://user:hidden@127.0.0.1:1/a.whl", "httpcore @ https://"),
        ("-r other.txt", "'-r other.txt'"),
        ("-e git+https://127.0.0.1/x#egg=x", "'-e git"),
        ("!!", "'!!'"),
    ],
)
def test_a_line_that_is_no_version_is_refused(line: str, shown: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(f"idna<4\n{line}\n")
    said = str(caught.value)
    assert said.startswith("constraint: a line is ")
    assert shown in said and "hidden" not in said and "\n" not in said
