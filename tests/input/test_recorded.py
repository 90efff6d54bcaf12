"""Access logs and HAR files as they are read."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.input.recorded.access_log import access_log, is_line
from harness.input.recorded.har import har
from harness.input.recorded.reading import recorded_file
from harness.input.recorded.traffic import Recorded, Traffic, place

SECOND = 10**9
LINE = '10.0.0.1 - - [10/Oct/2025:13:55:{:02} +0200] "GET /{} HTTP/1.1" 200 5'


def log(folder: Path, *lines: str) -> Traffic:
    path = folder / "access.log"
    path.write_text("\n".join(lines), "utf-8")
    return access_log("access.log", path)


def test_requests_of_a_second_are_spread_over_it(tmp_path: Path) -> None:
    lines = [
        LINE.format(second, path) for path, second in zip("abcde", (7, 7, 9, 7, 9), strict=True)
    ]
    found = log(tmp_path, *lines)
    assert [one.path for one in found.requests] == ["/a", "/b", "/d", "/c", "/e"]
    third = SECOND // 3
    assert found.offsets_ns == (0, third, 2 * third, 2 * SECOND, 2 * SECOND + SECOND // 2)
    assert found.length_ns == 3 * SECOND


def test_times_with_fractions_stay_as_they_are(tmp_path: Path) -> None:
    entry = '{{"msec": {}, "request": "GET / HTTP/1.1", "request_time": "{}", "status": "200"}}'
    found = log(tmp_path, entry.format("100.500", "0.400"), entry.format("100.200", "0.000"))
    assert found.offsets_ns == (0, SECOND // 10)  # the first one began at 100.1
    assert found.length_ns == SECOND // 5


def test_one_request_takes_a_second() -> None:
    found = Traffic.of([Recorded(1, "GET", "/", time_ns=1_500)], "line")
    assert (found.offsets_ns, found.length_ns) == ((0,), SECOND)


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ('"time_local": "10/Oct/2025:13:55:36 +0200"', 1760097336 * SECOND),
        ('"time_iso8601": "2025-10-10T11:55:36Z"', 1760097336 * SECOND),
        ('"@timestamp": "2025-10-10T13:55:36.25+02:00"', 1760097336 * SECOND + SECOND // 4),
        ('"msec": "1760097336.001"', 1760097336 * SECOND + SECOND // 1000),
        ('"ts": 1760097336.5', 1760097336 * SECOND + SECOND // 2),
    ],
)
def test_times_are_read_in_each_form(text: str, time_ns: int, tmp_path: Path) -> None:
    found = log(tmp_path, f'{{{text}, "method": "GET", "uri": "/a", "args": "b=1"}}')
    assert [(one.time_ns, one.path) for one in found.requests] == [(time_ns, "/a?b=1")]


@pytest.mark.parametrize(
    "line",
    [
        LINE.format(36, "a"),
        f'{LINE.format(36, "a")} "http://x/" "Mozilla (\\"x\\")" 0.003 .',
        f"shop.example:443 {LINE.format(36, 'a')}",
        LINE.format(36, "a").replace("- -", "- Jo [at] home"),
    ],
)
def test_lines_of_each_form_are_known(line: str) -> None:
    assert is_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "[[endpoint]]",
        '{"duration": 1, "method": "GET"}',
        LINE.format(36, "a").replace("Oct", "Okt"),
        LINE.format(36, "a").replace("10/", "33/"),
        LINE.format(36, "a")[:-8],
        '{"request": "GET / HTTP/1.1", "msec": "soon"}',
        '{"request": "GET / HTTP/1.1", "time": "soon"}',
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert not is_line(line)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/a b?c=%zz", (None, "/a%20b?c=%25zz")),
        ("//a/../b", (None, "//a/../b")),
        ("http://User@Shop.example:80?x", ("shop.example:80", "/?x")),
        ("*", None),
        ("shop.example:443", None),
        ("/\udcff\udc00", None),
        ("/" + "a" * 9000, None),
    ],
)
def test_places(target: str, found: tuple[str | None, str] | None) -> None:
    assert place(target) == found


def test_a_large_har_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.har"
    answer = "x\\é" * 100_000
    request = {"method": "GET", "headers": []}
    with path.open("w", encoding="utf-8") as file:
        file.write('{"log": {"entries": [')
        for number in range(100):
            own = {**request, "url": f"http://shop.example/{number}"}
            one = {"request": own, "response": {"content": {"text": answer}}}
            file.write(f"{',' if number else ''}\n{json.dumps(one)}")
        file.write("]}}")
    assert path.stat().st_size > 80_000_000
    tracemalloc.start()
    try:
        found = har("large.har", path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [one.path for one in found.requests] == [f"/{number}" for number in range(100)]
    assert found.untimed == 1
    assert most < 20_000_000


def test_an_entry_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.input.recorded.har.MOST_VALUE", 3 << 20)
    path = tmp_path / "a.har"
    path.write_text('{"log": {"entries": [{"request": "' + "x" * (9 << 20) + '"}]}}')
    with pytest.raises(UsageError, match="cannot be read: an entry has more than 3 MiB"):
        har("a.har", path)


def test_scenario_files_are_no_traffic(tmp_path: Path) -> None:
    for name, text in (
        ("a.toml", 'requests = 3\n[[endpoint]]\npath = "/"\n'),
        ("b.json", '{"duration": 10, "tps": 5, "hammerConfig": {"method": "GET"}}\n'),
        ("c", ""),
    ):
        (tmp_path / name).write_text(text)
        assert recorded_file(name, tmp_path / name) is None
    assert recorded_file("gone", tmp_path / "gone") is None
