"""Releases of a range, by questions to a real uv and an index of our own."""

from __future__ import annotations

import pytest

from harness.clients.environments.pythons import FoundPython
from harness.clients.environments.releases import Ask, asking, releases
from harness.clients.environments.uv import Uv
from harness.errors import ClientbenchError, UnusableError, UsageError
from tests.clients.environments import index as indexes
from tests.clients.environments.index import Index

CLIENT = ("0.22.0", "0.23.0", "0.23.3", "0.24.1", "0.25.0", "0.25.2", "0.26.0rc1", "1.0", "1.0.1")
MAJOR = ("1", "2", "3", "3.1", "4")


@pytest.fixture
def ask(index: Index, python: FoundPython) -> Ask:
    for version in CLIENT:
        index.wheel("client", version)
    for version in MAJOR:
        index.wheel("major", version)
    index.wheel("client", "2.0", python=">=3.99")
    index.sdist("client", "0.21.0", indexes.FAILING)
    return asking(Uv(), python)


@pytest.mark.parametrize(
    ("name", "spec", "found"),
    [
        ("client", "0.23..0.25", ["0.23.3", "0.24.1", "0.25.2"]),
        ("client", "0.23.1..0.25.1", ["0.23.3", "0.24.1", "0.25.0"]),
        ("client", "0.25..0.25", ["0.25.2"]),
        ("client", "0.25..7", ["0.25.2", "1.0.1"]),
        ("client", "0..1", ["0.25.2", "1.0.1"]),
        ("client", "0.1..0.22", ["0.22.0"]),
        ("major", "1..3", ["1", "2", "3.1"]),
        ("client", "last:3", ["0.25.2", "1.0", "1.0.1"]),
        ("client", "last:50", ["0.22.0", "0.23.0", "0.23.3", "0.24.1", *CLIENT[4:6], *CLIENT[7:]]),
    ],
)
def test_the_newest_of_each_minor_version_oldest_first(
    ask: Ask, name: str, spec: str, found: list[str]
) -> None:
    assert releases(name, spec, ask) == found


@pytest.mark.parametrize(
    ("name", "spec", "kind", "line"),
    [
        ("client", "0.25..0.23", UsageError, "0.25..0.23 is the wrong way round; try 0.23..0.25"),
        (
            "client",
            "0.26..0.28",
            UnusableError,
            "client has no release in 0.26..0.28 for this Python; the newest is 1.0.1",
        ),
        ("nosuch", "1..2", UnusableError, "the package index has no package nosuch"),
        ("nosuch", "last:2", UnusableError, "the package index has no package nosuch"),
        ("client", "newest", UsageError, "'newest' is not valid; expected a range such as"),
        ("client", "last:0", UsageError, "'last:0' is not valid; expected a range such as"),
        ("client", "last:51", UsageError, "'last:51' is not valid; expected a range such as"),
        ("client", "1..", UsageError, "'1..' is not valid; expected a range such as"),
    ],
)
def test_what_names_no_release(
    ask: Ask, name: str, spec: str, kind: type[ClientbenchError], line: str
) -> None:
    with pytest.raises(kind) as caught:
        releases(name, spec, ask)
    assert caught.value.problem.startswith(line)


def test_a_failure_that_is_not_the_end_of_the_list_is_told(
    ask: Ask, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")

    with pytest.raises(UnusableError, match="cannot be fetched"):
        releases("client", "last:2", ask)
