"""The reader behind ``raw`` finds the end of a response however its bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Request
from adapters.wire import BodyError, Prepared, ProtocolError, Reader

LENGTH = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n"
)
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH


@given(st.sampled_from([LENGTH, CHUNKED, INTERIM]), st.sets(st.integers(1, 120)))
def test_every_cut_of_a_response_reads_the_same(data: bytes, cuts: set[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    reader = Reader()
    for _ in range(2):  # the second response meets what the first has left behind
        reader.start(bodyless=False)
        done = [reader.feed(data[a:b]) for a, b in itertools.pairwise(edges)]
        assert done == [False] * (len(done) - 1) + [True]
        assert (reader.status, reader.length, reader.reusable) == (200, 5, True)


@pytest.mark.parametrize("data", [LENGTH, CHUNKED])
def test_every_early_end_is_an_error(data: bytes) -> None:
    head = data.index(b"\r\n\r\n") + 4
    for end in range(len(data)):
        reader = Reader()
        assert not reader.feed(data[:end])
        with pytest.raises(ConnectionResetError if end < head else BodyError):
            reader.end()


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 11000,
    ],
    ids=lambda data: repr(data[:60]),
)
def test_what_is_no_http_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        Reader().feed(data)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_response_that_ends_its_connection_says_so(head: bytes) -> None:
    reader = Reader()
    assert reader.feed(head)
    assert not reader.reusable


def test_without_length_the_end_of_the_connection_ends_the_body() -> None:
    reader = Reader()
    assert not reader.feed(b"HTTP/1.1 200 OK\r\n\r\nhello")
    reader.end()
    assert (reader.length, reader.reusable) == (5, False)


@pytest.mark.parametrize(
    ("request_", "payload"),
    [
        (
            Request("GET", "http://a.example:81?b=c", {"X-Y": "z"}),
            b"GET /?b=c HTTP/1.1\r\nHost: a.example:81\r\nX-Y: z\r\n\r\n",
        ),
        (
            Request("POST", "http://a.example/", {"host": "b.example"}, b"body"),
            b"POST / HTTP/1.1\r\nhost: b.example\r\nContent-Length: 4\r\n\r\nbody",
        ),
        (
            Request("PUT", "http://a.example/d"),
            b"PUT /d HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n",
        ),
    ],
)
def test_a_request_is_prepared_as_it_is_sent(request_: Request, payload: bytes) -> None:
    assert Prepared(request_).payload == payload
