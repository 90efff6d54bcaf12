"""Recorded traffic that is sent again, as a server of the test's own sees it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.cli.command import Ended, Recording, clientbench, recording

# Each with one request that is out of the ordinary, and one line without any.
LOG = (
    '10.0.0.1 - - [10/Oct/2025:13:55:36 -0700] "GET /items/1?colour=red HTTP/1.1" 200 23\n'
    '10.0.0.1 - Jo Doe [10/Oct/2025:13:55:36 -0700] "GET /items/2 HTTP/1.1" 304 - "-" "A \\"B\\""\n'
    '::1 - - [10/Oct/2025:20:55:37 +0000] "GET /caf\\xc3\\xa9?q=a b HTTP/2.0" 200 5 "-" "-" 0.004\n'
    '10.0.0.1 - - [10/Oct/2025:13:55:37 -0700] "\\x16\\x03\\x01" 400 0\n'
    '10.0.0.1 - - [10/Oct/2025:13:55:38 -0700] "HEAD http://shop.example/ HTTP/1.1" 200 0\n'
    'shop.example:80 10.0.0.1 - - [10/Oct/2025:13:55:38 -0700] "GET /items/1?colour=red HTTP/1.1" '
    "200 23\n"
)
SENT = [
    ("GET", "/items/1?colour=red"),
    ("GET", "/items/2"),
    ("GET", "/caf%C3%A9?q=a%20b"),
    ("HEAD", "/"),
    ("GET", "/items/1?colour=red"),
]
PROBES = 3  # one for each endpoint
ALONE = ("--concurrency", "1", "--rounds", "1", "--warmup", "0")
JSON_LOG = "".join(
    f'{{"msec": "17600000{second}.25", "request": "{method} {target} HTTP/1.1", "status": 200, '
    f'"request_time": "0.1", "host": "shop.example"}}\n'
    for second, (method, target) in enumerate(SENT, 10)
)


def written(folder: Path, text: str, name: str = "access.log") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def run(folder: Path, text: str, *words: str, name: str = "access.log") -> Ended:
    return clientbench("run", written(folder, text, name), *words, cwd=folder)


def seen(server: Recording) -> list[tuple[str, str]]:
    return [(one.method, one.target) for one in server.arrived]


@pytest.mark.parametrize("text", [LOG, JSON_LOG], ids=["combined", "json"])
@pytest.mark.parametrize("client", ["raw:sync", "httpx:async", "requests"])
def test_a_mixture_keeps_the_recorded_order(client: str, text: str, tmp_path: Path) -> None:
    words = ("--as-mixture", "--requests", "8", *ALONE)
    with recording() as server:
        ended = run(tmp_path, text, client, "--to", server.url, *words)
    assert ended.code == 0, ended
    found = seen(server)
    assert Counter(found[:PROBES]) == Counter([SENT[0], SENT[2], SENT[3]])
    assert found[PROBES + 1 :] == [*SENT, *SENT[:3]]  # one first request is before them
    if text is LOG:
        assert "left out: 1 lines without a request that can be sent" in ended.err
