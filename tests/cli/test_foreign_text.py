"""What a server says is shown with escapes, and kept without the secrets it repeats, wherever it comes out."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.cli.main import run
from harness.store import Store
from tests.cli.command import ONE, Ended, clientbench

pytestmark = pytest.mark.long

TOKEN = "t0kenHh7Jk3Nb1-Zz9Qw8Er7Ty6Ui5Op4"
STEERING = "\x1b]0;owned\x07\x1b[31m\x9b32m\u202e\r\b\x7f\x01"
CLIENTS = ("raw:sync", "raw:async", "stdlib", "httpx:async", "aiohttp", "pycurl", "urllib3")


@pytest.fixture
def url() -> Iterator[str]:
    """A server whose status line steers terminals, and repeats what the request's path has at its end."""

    def answer(connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(65536):
                secret = request.split(b" ")[1].rpartition(b"=")[2]
                said = STEERING.encode() + b" " * 30 + secret
                connection.sendall(b"HTTP/1.1 2x0 " + said + b"\r\nContent-Length: 0\r\n\r\n")

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/?token={TOKEN}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def is_clean(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text) and not any(
        TOKEN[start : start + 6] in text for start in range(0, len(TOKEN) - 6)
    )


def clean(ended: Ended) -> Ended:
    assert is_clean(ended.out) and is_clean(ended.err), ended
    return ended


def test_nothing_of_a_server_reaches_terminal_database_or_report(url: str, tmp_path: Path) -> None:
    files = [f"report{suffix}" for suffix in (".md", ".json", ".csv", ".txt")]
    for client, file in zip(("raw:sync", "raw:async", "stdlib", "pycurl"), files, strict=True):
        clean(clientbench("compare", client, "--url", url, *ONE, "--output", file, cwd=tmp_path))
    clean(clientbench("compare", *CLIENTS, "--url", url, *ONE, cwd=tmp_path))

    assert all(is_clean(file.read_text()) for file in tmp_path.glob("report*"))
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert not any(TOKEN[start : start + 6].encode() in content for start in range(27)), file


NO_TEXT = os.fsdecode(b"\xff")  # as Python gets an argument that is not UTF-8


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("results", "sql", f"select '{NO_TEXT}'"), "SQL \"select '\\udcff'\": is not valid text"),
        (("results", "show", NO_TEXT), "run '\\udcff': no such run or trial"),
        (("results", "diff", NO_TEXT, "latest"), "run '\\udcff': no such run or trial"),
        (("results", "merge", NO_TEXT), "FILE '\\udcff': no such database"),
        (("results", "sql", "select 1", "--timeout", NO_TEXT), "--timeout: '\\udcff' is not valid"),
        (("targets", "up", NO_TEXT), "NAME: '\\udcff' is not valid"),
        (("compare", NO_TEXT), "client name: '\\udcff' is not valid"),
        *(
            (("compare", "null", f"--{name}", NO_TEXT), f"--{name}: '\\udcff' is not valid")
            for name in ("target", "ca", "rate", "expect", "preset", "method", "baseline")
        ),
        (("compare", "null", "--target", f"nginx:{NO_TEXT}"), "--target: '\\udcff': not found"),
        (("compare", "null", "--header", f"X: {NO_TEXT}"), "--header: value of 'X' is not valid"),
        (("compare", "null", "--url", f"/{NO_TEXT}"), "--url: is not valid; expected no "),
    ],
)
def test_words_that_are_no_text_are_refused_in_one_line(
    words: tuple[str, ...],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Store.open(tmp_path / "benchmark_results.db").close()
    assert run(words) == 2
    refused = capfd.readouterr().err
    assert refused.startswith(f"clientbench: {told}")
    assert refused.count("\n") == 1


def test_files_may_have_names_that_are_no_text(tmp_path: Path) -> None:
    files = [f"{NO_TEXT}.{suffix}" for suffix in ("json", "csv", "md", "txt")]
    written = [word for name in files for word in ("--output", name)]
    given = ("--body", NO_TEXT, "--db", f"{NO_TEXT}.db", *written)
    ended = clientbench("compare", "null", *ONE, *given, cwd=tmp_path)
    assert ended.code == 0, ended.err
    found = [one.name for one in tmp_path.iterdir()]
    assert sorted(found) == sorted([*files, f"{NO_TEXT}.db"])
    assert "\\udcff.db" in ended.out


def test_what_a_database_holds_steers_no_terminal(tmp_path: Path) -> None:
    """One that somebody else wrote may hold anything."""
    assert clientbench("compare", "null", *ONE, cwd=tmp_path).code == 0
    with closing(sqlite3.connect(tmp_path / "benchmark_results.db")) as database, database:
        for table, columns in {
            "benchmark_results": ("label", "reason", "client_version", "url", "name"),
            "runs": ("name",),
            "doubts": ("subject", "message", "remedy"),
        }.items():
            for column in columns:
                database.execute(
                    f"UPDATE {table} SET {column} = coalesce({column}, '') || ?", (STEERING,)
                )
    for words in (
        ("list",),
        ("show", "latest"),
        ("show", "latest", "--json"),
        ("show", "latest", "--matrix"),
        ("sql", "SELECT reason FROM benchmark_results"),
        ("sql", f"SELECT 1 AS '{STEERING}'"),
        ("sql", f"SELEC {STEERING}"),
        ("show", STEERING),
    ):
        ended = clientbench("results", *words, cwd=tmp_path)
        assert all(one.isprintable() or one == "\n" for one in ended.out + ended.err), (
            words,
            ended,
        )
        assert ended.code in {0, 2}, ended
        assert "owned" in ended.out + ended.err, words
