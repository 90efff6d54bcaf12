"""How many connections a trial may have opened, and when ports of this machine may have run out."""

from __future__ import annotations

import pytest

from harness.analysis.doubts.connections import Opened, connection_doubt, port_doubts
from tests.examples import SECOND, trial


@pytest.mark.parametrize(
    ("asked", "opened", "doubted"),
    [
        ("close", Opened(1000, sent=1000, answered=1000, slots=0), False),
        ("close", Opened(10, sent=1000, answered=1000, slots=0), True),
        ("close", Opened(990, sent=1000, answered=990, slots=0), False),  # ten were refused
        ("close", Opened(1001, sent=1000, answered=1000, slots=0), True),
        ("keep-alive", Opened(10, sent=1000, answered=1000, slots=10), False),
        ("keep-alive", Opened(1000, sent=1000, answered=1000, slots=10), True),
        (
            "keep-alive",
            Opened(60, sent=1000, answered=950, slots=10),
            False,
        ),  # one after each error
        ("keep-alive", Opened(20, sent=1000, answered=1000, slots=10), False),  # one in a hundred
        ("keep-alive", Opened(21, sent=1000, answered=1000, slots=10), True),
    ],
)
def test_a_count_that_is_not_what_was_asked_for_is_doubted(
    asked: str, opened: Opened, doubted: bool
) -> None:
    doubt = connection_doubt("raw", 3, asked, opened)  # type: ignore[arg-type]
    assert (doubt is not None) == doubted
    if doubt is not None:
        assert (doubt.kind, doubt.subject) == ("connections differ", "raw")
        assert f"it opened {opened.connections:,} connections" in doubt.message
        assert "in round 3, but --connection" in doubt.message
        assert f"--connection {asked}" in doubt.message


ELSEWHERE = "http://192.0.2.1/"


@pytest.mark.parametrize(
    ("rate", "url", "connection", "ports", "doubted"),
    [
        (40_000, ELSEWHERE, "close", 28_232, True),
        (40_000, ELSEWHERE, "keep-alive", 28_232, False),
        (40_000, "http://127.0.0.1:80/", "close", 28_232, False),
        (400, ELSEWHERE, "close", 28_232, False),
        (40_000, ELSEWHERE, "close", None, False),
    ],
)
def test_many_connections_elsewhere_are_doubted(
    rate: int, url: str, connection: str, ports: int | None, doubted: bool
) -> None:
    made = trial("raw", rate=rate, url=url, connection=connection, window_ns=SECOND)
    found = port_doubts([made], ports)
    assert [one.kind for one in found] == ["few ports"] * doubted
