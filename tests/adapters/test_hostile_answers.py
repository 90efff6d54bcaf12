"""Answers that are no HTTP, or too much of it: every client ends with the right kind, and can go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.base import Request, Settings
from benchmarks.hostile_behaviours import BEHAVIOURS, MIB
from benchmarks.hostile_server import HostileServer, running
from tests.adapters.clients import Client, Session
from tests.adapters.deviations import expected_kind

MOST = 4 * MIB
FRAMING = (
    *("two-lengths", "two-lengths-in-one", "huge-length", "overflowing-length"),
    *("chunk-negative", "chunk-huge", "chunk-overflowing"),
)
HEADS = (
    *("3000-interim", "status-1000", "status-abc", "lf-only"),
    *("endless-field", "endless-fields"),
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileServer]:
    with running(tmp_path_factory.mktemp("hostile")) as server:
        yield server


def outcome(session: Session, request: Request) -> str:
    """Status and length, or the kind of the error."""
    try:
        status, length = session.send(request)
    except Exception as error:
        return session.adapter.classify(error)
    return f"{status}:{length}"


def kinds(reader: Client, names: tuple[str, ...]) -> list[str]:
    """Those that it ends with where it cannot do what the suite asks."""
    return [kind for name in names if (kind := expected_kind(reader, name, None)) is not None]


@pytest.mark.parametrize("names", [FRAMING, HEADS], ids=["framing", "heads"])
def test_what_is_no_http_is_an_error_of_its_kind(
    reader: Client, hostile: HostileServer, names: tuple[str, ...]
) -> None:
    waits = any(kind.startswith("timeout") for kind in kinds(reader, names))
    timeout_s = 0.5 if waits else 10.0
    settings = Settings(ca_file=hostile.ca_file, timeout_s=timeout_s, stream=reader.stream)
    wrong = {}
    with reader.session(settings) as session:
        for name in names:
            found = outcome(session, Request("GET", hostile.url(name)))
            right = {*BEHAVIOURS[name].right, expected_kind(reader, name, None)}
            if found not in right:
                wrong[name] = found
            assert outcome(session, Request("GET", hostile.good(name, 77))) == "200:77", name
    assert not wrong


def test_a_body_beyond_the_limit_is_refused_where_the_library_shows_it_piece_by_piece(
    piecewise_reader: Client, hostile: HostileServer
) -> None:
    reader = piecewise_reader
    settings = Settings(ca_file=hostile.ca_file, stream=reader.stream, max_body_bytes=MOST)
    with reader.session(settings) as session:
        for name in ("endless-body", "endless-chunks", "body-beyond-limit"):
            assert outcome(session, Request("GET", hostile.url(name))) == "body", name
            assert outcome(session, Request("GET", hostile.good(name, MOST))) == f"200:{MOST}"
