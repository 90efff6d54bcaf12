"""The requests that a worker sends: as they were prepared, in their order."""

from __future__ import annotations

import os
import threading
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Request
from harness.measure.samples import anonymous_file
from harness.worker.mix import Mix, Pick, read_mix

READ, WRITE = Request("GET", "http://h/a", {"X": "1"}), Request("POST", "http://h/b", {}, b"body")
BOTH = Mix((READ, WRITE), endpoints=(0, 1), order=(0, 0, 1), first=(0, 1))

REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST"]),
    url=st.text(),
    headers=st.dictionaries(st.text(), st.text(), max_size=2),
    body=st.none() | st.binary(),
)


def read_from_a_file(mix: Mix) -> Mix:
    fd = anonymous_file(len(mix.encoded))
    os.pwrite(fd, mix.encoded, 0)
    return read_mix(fd)


@given(requests=st.lists(REQUESTS, min_size=1, max_size=5), data=st.data())
def test_what_is_read_is_what_was_written(requests: list[Request], data: st.DataObject) -> None:
    places = st.lists(st.integers(0, len(requests) - 1), min_size=1)
    mix = Mix(requests, range(len(requests)), data.draw(places), data.draw(places))
    found = read_from_a_file(mix)
    assert found.requests == requests
    assert [list(one) for one in (found.endpoints, found.order, found.first)] == [
        list(one) for one in (mix.endpoints, mix.order, mix.first)
    ]


def test_what_requests_share_is_written_once() -> None:
    body = bytes(100_000)
    mix = Mix([Request("PUT", f"/{n}", {"A": "b" * 1000}, body) for n in range(50)], range(50))
    assert len(mix.encoded) < 110_000
    found = read_from_a_file(mix)
    assert len({id(one.body) for one in found.requests}) == 1


def test_the_order_begins_again_after_its_end() -> None:
    assert list(islice(BOTH.picks(), 7)) == [(0, READ), (0, READ), (1, WRITE)] * 2 + [(0, READ)]
    assert list(islice(BOTH.picks(2), 2)) == [(1, WRITE), (0, READ)]
    assert next(BOTH.picks(3)) == (0, READ)
    assert list(islice(Mix((READ,)).picks(5), 2)) == [(0, READ)] * 2


def test_threads_share_the_requests_without_losing_or_doubling_any() -> None:
    mix = Mix([Request("GET", str(n)) for n in range(1000)], [0] * 1000, range(1000))
    picks, taken = islice(mix.picks(), 100_000), list[Pick]()
    threads = [threading.Thread(target=lambda: taken.extend(picks)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = [0] * 1000
    for _, request in taken:
        counts[int(request.url)] += 1
    assert counts == [100] * 1000
