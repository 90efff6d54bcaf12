"""``results sql``: documents that have every value, and tables that somebody can look at."""

from __future__ import annotations

import base64
import csv
import io
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import clientbench

pytestmark = pytest.mark.long

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) SELECT i FROM n"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
VALUES: dict[str, tuple[str, Any, str]] = {
    "whole": ("9223372036854775807", 2**63 - 1, "9223372036854775807"),
    "real": ("0.1", 0.1, "0.1"),
    "tiny": ("4.9e-324", 4.9e-324, "5e-324"),
    "endless": ("9e999", float("inf"), "Inf"),
    "below": ("-9e999", float("-inf"), "-Inf"),
    "nothing": ("NULL", None, ""),
    "empty": ("''", "", ""),
    "text": ("'a, \"b\"' || char(10, 13, 27, 8238, 127) || 'ü'", 'a, "b"\n\r\x1b\u202e\x7fü', ""),
    "blob": ("x'00ff1b'", {"$base64": True, "encoded": "AP8b"}, "AP8b"),
    "no text": ("CAST(x'61ff' AS TEXT)", {"$base64": True, "encoded": "Yf8="}, "Yf8="),
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sql") / "any.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.commit()
    return path


def words(database: Path, sql: str, *more: str) -> tuple[str, ...]:
    return ("results", "sql", sql, "--db", str(database), *more)


def all_values() -> str:
    return "SELECT " + ", ".join(f'{sql} AS "{name}"' for name, (sql, *_) in VALUES.items())


def test_json_has_every_value_exactly(database: Path, tmp_path: Path) -> None:
    ended = clientbench(*words(database, all_values(), "--json"), cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert ended.out.isascii() and "\x1b" not in ended.out and "\x7f" not in ended.out
    assert ended.json == [{name: value for name, (_, value, _) in VALUES.items()}]


def test_csv_has_every_value_exactly(database: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness", *words(database, all_values(), "--csv")],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    text = done.stdout.decode()
    heading, row = csv.reader(io.StringIO(text, newline=""))
    assert heading == list(VALUES)
    wanted = {name: shown for name, (*_, shown) in VALUES.items()}
    assert row == list((wanted | {"text": VALUES["text"][1]}).values())
    assert ',,"",' in text  # NULL, and an empty text


def test_columns_of_one_name_stay_apart(database: Path, tmp_path: Path) -> None:
    sql = "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a"
    ended = clientbench(*words(database, sql, "--json"), cwd=tmp_path)
    assert list(ended.json[0].values()) == [1, 2, 3, 4]
    assert "a" in ended.json[0]
    ended = clientbench(*words(database, sql, "--csv"), cwd=tmp_path)
    headings, values = (line.split(",") for line in ended.out.splitlines())
    assert (len({*headings}), headings[0], values) == (4, "a", ["1", "2", "3", "4"])


@pytest.mark.parametrize(("option", "expected"), [("--json", "[]\n"), ("--csv", "x\n")])
def test_nothing_found_is_a_document_too(
    option: str, expected: str, database: Path, tmp_path: Path
) -> None:
    ended = clientbench(*words(database, "SELECT x FROM t", option), cwd=tmp_path)
    assert (ended.code, ended.out) == (0, expected)


def test_a_document_may_have_more_rows_than_a_table(database: Path, tmp_path: Path) -> None:
    sql = NUMBERS.format(120_000)
    ended = clientbench(*words(database, sql, "--json"), cwd=tmp_path)
    assert [one["i"] for one in ended.json] == list(range(1, 120_001))
    ended = clientbench(*words(database, sql), cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "gives too much" in ended.err and "--csv or --json" in ended.err


@pytest.mark.parametrize(("option", "first"), [("--csv", b"i\n"), ("--json", b"[\n")])
def test_a_document_is_written_while_there_is_more(
    option: str, first: bytes, database: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "harness", *words(database, ENDLESS, option)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == first
            process.stdout.close()  # nobody reads any more: the query has no reason to go on
            assert process.wait(timeout=60) == 141
        finally:
            process.kill()


def test_a_document_that_could_not_be_finished_is_a_failure(database: Path, tmp_path: Path) -> None:
    # Python looks one row ahead
    sql = f"SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT count(*) FROM ({ENDLESS})"
    ended = clientbench(*words(database, sql, "--csv", "--timeout", "1"), cwd=tmp_path)
    assert ended.code == 2
    assert ended.out.startswith("i\n1\n")
    assert ended.err.startswith("clientbench: --timeout: the query takes longer than 1 s")


def test_in_a_pipe_a_row_is_a_line_of_any_width(database: Path, tmp_path: Path) -> None:
    sql = (
        "SELECT hex(zeroblob(300)) AS wide, 7 AS n, 'two' || char(10) || 'lines' AS text, 'ü' AS u"
    )
    ended = clientbench(*words(database, sql), cwd=tmp_path, environ={"COLUMNS": "80"})
    heading, rule, row = ended.out.splitlines()
    assert heading.split() == ["wide", "n", "text", "u"]
    assert set(rule) == {"─"}
    assert row == f"{'00' * 300}  7  two\\nlines  ü"
    assert heading.index("n") == row.index("7")


@pytest.mark.parametrize(
    ("value", "end"),
    [
        ("hex(zeroblob(1000000))", "0… (2,000,000 characters)"),
        ("zeroblob(5000)", "… (5,000 bytes)"),
    ],
)
def test_a_long_value_is_cut_and_says_how_long_it_is(
    value: str, end: str, database: Path, tmp_path: Path
) -> None:
    ended = clientbench(*words(database, f"SELECT {value} AS v"), cwd=tmp_path)
    row = ended.out.splitlines()[2]
    assert row.endswith(end)
    assert len(row) < 4_100
    exact = clientbench(*words(database, f"SELECT {value} AS v", "--csv"), cwd=tmp_path).out[2:-1]
    assert len(exact) == 2_000_000 or base64.b64decode(exact) == bytes(5000)


def on_a_terminal(*typed: str, cwd: Path) -> str:
    """What the command shows on a terminal of 80 columns."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "harness", *typed]
    environ = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    shown = b""
    with subprocess.Popen(
        command, cwd=cwd, env=environ, stdin=slave, stdout=slave, stderr=slave, process_group=0
    ) as process:
        os.close(slave)
        try:
            while piece := os.read(master, 65536):
                shown += piece
        except OSError:  # Linux: nobody has the other end any more
            pass
        finally:
            os.close(master)
            process.send_signal(signal.SIGKILL)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_the_first_rows_and_their_number(database: Path, tmp_path: Path) -> None:
    shown = on_a_terminal(*words(database, NUMBERS.format(2500)), cwd=tmp_path).splitlines()
    assert shown[-1] == "the first 1,000 of 2,500 rows; --csv or --json for all of it"
    assert [line.strip() for line in shown[2:-1]] == [str(number) for number in range(1, 1001)]
    endless = on_a_terminal(*words(database, ENDLESS), cwd=tmp_path).splitlines()
    assert endless[-1].startswith("the first 1,000 of more than 100,000 rows")
    few = on_a_terminal(*words(database, NUMBERS.format(3)), cwd=tmp_path)
    assert "rows" not in few


def test_a_terminal_gets_no_more_characters_than_somebody_reads(
    database: Path, tmp_path: Path
) -> None:
    sql = f"SELECT hex(zeroblob(2000)) AS v FROM ({NUMBERS.format(900)})"
    shown = on_a_terminal(*words(database, sql), cwd=tmp_path)
    assert "of 900 rows; --csv or --json" in shown.splitlines()[-1]
    assert 190_000 < len(shown) < 300_000


def test_a_terminal_obeys_no_value(database: Path, tmp_path: Path) -> None:
    for more in ((), ("--csv",), ("--json",)):
        shown = on_a_terminal(
            *words(database, "SELECT char(27) || '[31m' AS v", *more), cwd=tmp_path
        )
        assert "\x1b[31m" not in shown and "[31m" in shown


@pytest.mark.parametrize("more", [(), ("--csv",), ("--json",)])
def test_a_value_beyond_all_bounds_is_one_line_at_once(
    more: tuple[str, ...], database: Path, tmp_path: Path
) -> None:
    ended = clientbench(*words(database, "SELECT hex(zeroblob(2e8))", *more), cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(
        "returns a value of more than 50,000,000 bytes; shorten it with substr()\n"
    )


def test_memory_that_sqlite_may_take_is_limited(database: Path, tmp_path: Path) -> None:
    """In a process of its own: SQLite's limit is that of the process, and can only be lowered."""
    sql = f"SELECT length(v) FROM (SELECT hex(randomblob(500000)) AS v FROM ({NUMBERS.format(99)})) ORDER BY v"
    source = (
        "import sys\nfrom harness.cli.main import run\nfrom harness.store import query\n"
        "query.MOST_MEMORY = 20 * 2**20\nsys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, *words(database, sql)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs more than 20 MiB of memory" in done.stderr
    assert done.stderr.count("\n") == 1


def test_json_and_csv_exclude_each_other(database: Path, tmp_path: Path) -> None:
    ended = clientbench(*words(database, "SELECT 1", "--json", "--csv"), cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "clientbench: --json, --csv: both given; expected one of them\n"
