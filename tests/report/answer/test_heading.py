"""The heading: what all entries have in common."""

from __future__ import annotations

from typing import Any

import pytest

from harness.report.answer.heading import heading
from servers.spec import TargetSpec
from tests.examples import run, trial

THEIRS = TargetSpec("url", url="http://10.0.0.1:8000")


@pytest.mark.parametrize(
    ("changes", "beginning"),
    [
        ({}, "GET / on the built-in server · concurrency 10 · 1 round · 1.00 s each"),
        (
            {"body_bytes": 2048, "http_method": "POST"},
            "POST / on the built-in server · 2,048 B body",
        ),
        ({"profile": "defaults"}, "GET / on the built-in server · concurrency 10 · defaults · 1 r"),
        ({"target": TargetSpec("nginx", tls=True)}, "GET / on nginx (HTTPS) · concurrency 10"),
        (
            {"target": THEIRS, "url": "http://10.0.0.1:8000/a?b=1"},
            "GET http://10.0.0.1:8000/a?b=1 · concurrency 10",
        ),
    ],
)
def test_one_line_says_what_was_measured(changes: dict[str, Any], beginning: str) -> None:
    made = [trial("requests", **changes), trial("aiohttp", **changes)]
    assert heading(run(), made).startswith(beginning)


def test_what_differs_is_left_out() -> None:
    made = [trial("a", concurrency=1), trial("b", concurrency=16)]
    assert "concurrency" not in heading(run(), made)


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ({"think_time_s": 0.001}, "think time 1.00 ms"),
        ({"stream": True}, "streamed"),
        ({"unix_path": "api.sock"}, "unix socket api.sock"),
        ({"trace_share": 0.1}, "10 % traced"),
        ({"held": {"point": "tls", "delay_s": 0.005}}, "held at tls, released every 5.00 ms"),
    ],
)
def test_what_changes_figures_is_said(scenario: dict[str, Any], words: str) -> None:
    assert words in heading(run(scenario=scenario), [trial("a")])


def test_the_number_of_requests_is_said_where_it_was_given() -> None:
    said = heading(run(scenario={"requests": 40}), [trial("a")])
    assert said.endswith("1 round · 40 HTTP requests each")


def test_so_are_connections_and_processes() -> None:
    said = heading(run(), [trial("a", connection="close", processes=2)])
    assert "2 processes · a connection per request" in said
