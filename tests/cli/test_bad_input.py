"""Bad input: one clear line, the right exit code, nothing half-written."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.main import run
from tests.cli.command import Ended, Recording, clientbench

Typed = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command is typed."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def typed(folder: Path, capfd: pytest.CaptureFixture[str]) -> Typed:
    """Runs a command line in this process, which is faster; everything else is real."""

    def call(*words: str) -> Ended:
        code = run(words)
        captured = capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


def refused(ended: Ended, code: int, *parts: str) -> None:
    complaints = ended.err.splitlines()
    assert ended.code == code, ended
    assert len(complaints) == 1, ended
    assert complaints[0].startswith("clientbench: "), ended
    assert "Traceback" not in ended.err and "this is a bug" not in ended.err
    for part in parts:
        assert part in complaints[0], ended
    assert ended.out == ""


TWO_METHODS = ("--method", "GET", "--method", "PUT")
USAGE = [
    (("compare", "curl"), ("'curl'", "pycurl", "`clientbench clients` lists all")),
    (("compare", "requests", "curl"), ("'curl'",)),
    (("compare", "requests:async"), ("'requests'", "'async'", "requests:sync")),
    (("compare", "aiohttp:sync"), ("'aiohttp'", "'sync'", "aiohttp:async")),
    (("compare", "requests+uvloop"), ("requests",)),
    (("compare", "requests:fast"), ("'fast'", "sync or async")),
    (("compare", "http x"), ("client name",)),
    (("compare", ""), ("client",)),
    (("compare", "null", "null"), ("client: 'null' is given twice",)),
    (
        ("compare", "requests=./checkout", "requests=./other/checkout"),
        (
            "would both be called 'requests=checkout'",
            "as in 'other=requests=./other/checkout:sync'",
        ),
    ),
    (
        ("compare", "aiohttp", "aiohttp:async"),
        ("'aiohttp' and 'aiohttp:async' are the same client, 'aiohttp', given twice",),
    ),
    (("compare", "null", "--url", "example"), ("--url", "http://HOST")),
    (("compare", "null", "--url", "ftp://x/"), ("--url",)),
    (("compare", "null", "--url", "http://"), ("--url",)),
    (("compare", "null", "--url", "http://h:99999/"), ("--url", "port")),
    (("compare", "null", "--url", "http://[::1/"), ("--url",)),
    (("compare", "null", "--header", "no colon"), ("--header", "'Name: value'")),
    (("compare", "null", "--header", "Bad Name: x"), ("--header",)),
    (("compare", "null", "--header", "X: a\r\nY: b"), ("--header", "one line")),
    (("compare", "null", "--headers", "{"), ("--headers", "JSON")),
    (("compare", "null", "--headers", "[1]"), ("--headers", "JSON")),
    (("compare", "null", "--headers", '{"X": null}'), ("--headers", "'X'")),
    *(
        (("compare", "null", f"--{name}={value}"), (f"--{name}",))
        for name in ("concurrency", "requests", "rounds", "processes", "duration", "timeout")
        for value in ("0", "-1", "nan", "inf", "x", "", "1e999")
    ),
    (("compare", "null", "--concurrency", "10001"), ("HTTP_BENCHMARK_MAX_CONCURRENCY=10000",)),
    (("compare", "null", "--concurrency", "1.5"), ("--concurrency", "'1.5'")),
    (("compare", "null", "--processes", "11"), ("--processes", "at most the concurrency, 10")),
    (("compare", "null", "--warmup", "-1"), ("--warmup",)),
    (("compare", "null", "--method", "TRACE"), ("--method", "'TRACE'", "GET")),
    (("compare", "null", "--body", "@missing.txt"), ("--body", "'@missing.txt'")),
    (("compare", "null", "--body", "x", "--body-size", "3"), ("--body", "--body-size")),
    (("compare", "null", "--method", "GET", "--body", "x"), ("--body", "POST")),
    (("compare", "null", "--body-size", "1T"), ("--body-size", "'1T'")),
    (("compare", "null", "--expect", "maybe"), ("--expect", "'maybe'")),
    (("compare", "null", "--profile", "fair"), ("--profile", "parity or defaults")),
    (("compare", "null", "--baseline", "raw"), ("--baseline", "'raw'", "null")),
    (("compare", "null", "--seed", "dice"), ("--seed", "'dice'")),
    (("compare", "null", "--requests", "5", "--duration", "5"), ("--duration, --requests",)),
    (
        ("compare", "null", "raw", *TWO_METHODS, "--concurrency", "1", "--concurrency", "2"),
        ("client, --method, --concurrency",),
    ),
    *(
        (("compare", "null", f"--{name}", text), (f"--{name}", repr(text), accepted))
        for name, text, accepted in (
            ("db", "", "the path of a database file"),
            ("output", "", ".json, .csv, .md, .txt"),
            ("config", "", "the path of a configuration file"),
            ("ca", "", "a FILE of certificates"),
            ("unix", "", "the PATH of a unix socket"),
            ("body", "@", "the name of a file after the @"),
            ("header", "@", "the name of a file after the @"),
            ("target", "a b=http://127.0.0.1:1/", "expected ALIAS=TARGET"),
        )
    ),
    (("results", "merge", ""), ("FILE: ''", "the path of a results database")),
    (("load", "--client", "raw", "--quiet", "--normalize", "3"), ("--quiet, --normalize: ",)),
    (("compare", "null", "--db", "no/such/folder/x.db"), ("--db", "no directory")),
    (("compare", "null", "--db", "."), ("--db", "directory")),
    (("compare", "null", "--output", "report.pdf"), ("--output", ".json, .csv, .md, .txt")),
    (("compare", "null", "--output", "no/such/report.md"), ("--output",)),
    (("compare", "null", "--colour"), ("--colour",)),
    (("compare", "null", "--db"), ("--db",)),
    (("measure",), ("measure",)),
    (("--url", "http://h/"), ("--client", "--compare")),
    (("--client", "requests", "--async"), ("--async", "'requests'")),
    (("--client", "requests", "--headers", "{"), ("--headers", "JSON")),
    (("results", "list"), ("--db", "no such database")),
    (("results", "show", "latest"), ("--db", "no such database")),
    (("results", "sql", "SELECT 1"), ("--db", "no such database")),
    (("results", "list", "--limit", "0"), ("limit",)),
    (("load",), ("client",)),
    (("load", "--client", "raw", "--method", "GET", "--method", "PUT"), ("method",)),
    (("compare", "stdlib", "--url", "/", "--client", "x"), ("--client",)),
    (("compare", "null", "--rate", "0"), ("--rate: ",)),
    (("compare", "null", "--rate", "10", "--stage", "1:1"), ("--rate, --stage: ",)),
    (("compare", "null", "--arrivals", "poisson"), ("--arrivals: ",)),
    (("compare", "null", "--stage", "1"), ("--stage: ",)),
    (("compare", "null", "--think-time", "x"), ("--think-time: ",)),
    (("compare", "null", "--error-budget", "100%"), ("--error-budget: ",)),
    (("compare", "null", "--error-budget", "-1"), ("--error-budget: ",)),
    (("compare", "null", "--preset", "nothing"), ("--preset: ",)),
    (("compare", "raw", "--preset", "requests-graph", "--points", "3"), ("--points: ",)),
    (("compare", "null", "--n", "3"), ("--n: ",)),
    (("compare", "raw", "--trace", "0"), ("--trace: ",)),
    (("compare", "raw", "--trace", "110%"), ("--trace: ",)),
    (("compare", "raw", "--trace", "nan"), ("--trace: ",)),
    (("load", "--client", "raw", "--normalize", "1"), ("--normalize: ",)),
    (
        ("compare", "httpx:async", "--preset", "concurrent-synced", "--hold", "dns"),
        ("--hold: ", "accepted: tcp, tls, connection, request, first-byte"),
    ),
    (
        ("compare", "null", "--preset", "concurrent-synced", "--hold", "connection"),
        ("--hold: ", "another client"),
    ),
    (
        (
            *("compare", "raw", "--preset", "concurrent-synced"),
            "--hold",
            "tls",
            "--url",
            "http://h/",
        ),
        ("accepted: dns, tcp, connection, request, first-byte",),
    ),
]


@pytest.mark.parametrize(("words", "parts"), USAGE, ids=lambda value: " ".join(value)[:50])
def test_bad_usage(
    words: tuple[str, ...], parts: tuple[str, ...], typed: Typed, folder: Path
) -> None:
    refused(typed(*words), 2, *parts)

    assert list(folder.iterdir()) == []


UNUSABLE = [
    (("compare", "requests==0.0.1"), ("0.0.1", "accepted: 2.28.0 and newer")),
    (("compare", "requests@3.1"), ("'3.1'", "not found")),
    (("compare", "requests@/no/python"), ("/no/python",)),
    (("compare", "raw", "--url", "/nothing/here"), ("answered 404", "--expect")),
    (("compare", "raw", "--url", "/status/500"), ("answered 500",)),
    (("compare", "raw", "--url", "http://name.invalid/"), ("name.invalid", "resolved")),
]


@pytest.mark.parametrize(("words", "parts"), UNUSABLE, ids=lambda value: " ".join(value)[:50])
def test_a_client_or_target_that_cannot_be_used(
    words: tuple[str, ...], parts: tuple[str, ...], tmp_path: Path
) -> None:
    refused(clientbench(*words, cwd=tmp_path), 3, *parts)

    assert list(tmp_path.iterdir()) == []


def test_a_target_that_refuses(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    refused(clientbench("compare", "raw", "--url", url, cwd=tmp_path), 3, url, "refused")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9\r\n", b"\x00\xff\x01", b""])
def test_a_target_that_answers_something_else(answer: bytes, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        ended = clientbench("compare", "raw", "--url", url, cwd=tmp_path)
        thread.join()
    refused(ended, 3, url)

    assert list(tmp_path.iterdir()) == []


def test_https_asked_of_http(server: Recording, tmp_path: Path) -> None:
    url = server.url.replace("http://", "https://")
    refused(clientbench("compare", "raw", "--url", url, cwd=tmp_path), 3, url)


def test_a_file_that_is_no_database_is_left_as_it_is(typed: Typed, folder: Path) -> None:
    file = folder / "notes.db"
    file.write_bytes(b"these are my notes, and not an SQLite database at all\n" * 20)
    before = file.read_bytes()
    refused(typed("compare", "null", "--db", "notes.db"), 2, "--db", "not an SQLite database")
    refused(typed("results", "list", "--db", "notes.db"), 2, "not an SQLite database")

    assert file.read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["notes.db"]


def test_bad_input_leaves_an_existing_database_untouched(folder: Path, typed: Typed) -> None:
    good = clientbench(
        *("compare", "null", "--requests", "5", "--rounds", "1", "--warmup", "0"), cwd=folder
    )
    assert good.code == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    refused(typed("compare", "curl"), 2, "'curl'")
    refused(typed("compare", "null", "--concurrency", "0"), 2)
    refused(typed("results", "sql", "DROP TABLE benchmark_results"), 2)
    refused(typed("results", "sql", "SELEC 1"), 2)
    refused(typed("results", "sql", "DELETE FROM runs"), 2)
    refused(typed("results", "show", "no-such-run"), 2, "no-such-run")
    refused(clientbench("compare", "raw", "--url", "/status/500", cwd=folder), 3)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTP_BENCHMARK_DEFAULT_CONCURRENCY", "many"),
        ("HTTP_BENCHMARK_DEFAULT_CONCURRENCY", "20000"),
        ("HTTP_BENCHMARK_DEFAULT_DURATION_SECONDS", "nan"),
        ("HTTP_BENCHMARK_MAX_CONCURRENCY", "0"),
        ("HTTP_BENCHMARK_SQLITE_DB_PATH", ""),
        ("HTTP_BENCHMARK_SQLITE_DB_PATH", "no/such/folder/x.db"),
        ("HTTP_BENCHMARK_RESOURCE_MONITORING_INTERVAL", "-1"),
    ],
)
def test_bad_variables(
    variable: str, value: str, typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    ended = typed("compare", "null")
    refused(ended, 2)

    assert variable in ended.err or "--db" in ended.err
    assert list(folder.iterdir()) == []


def test_the_real_command_ends_as_this_process_would(tmp_path: Path) -> None:
    refused(clientbench("compare", "curl", cwd=tmp_path), 2, "'curl'")
    refused(clientbench("compare", "null", "--rounds", "nan", cwd=tmp_path), 2, "--rounds")

    assert list(tmp_path.iterdir()) == []


def test_the_open_file_limit_is_named_before_anything_starts(tmp_path: Path) -> None:
    """In a process whose hard limit is low, which cannot be undone."""
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256));"
        "from harness.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "compare", "null", "--concurrency", "5000"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    refused(Ended(done.returncode, done.stdout, done.stderr), 2, "5000", "ulimit -Hn 5128")

    assert list(tmp_path.iterdir()) == []
