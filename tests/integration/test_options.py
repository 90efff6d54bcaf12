"""Every option and every environment variable has its effect: on what arrives, or on what is stored."""

from __future__ import annotations

import base64
import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.doubts.kinds import KINDS
from tests.cli.command import ONE, SHORT, Recording, clientbench

DATABASE = "benchmark_results.db"


def stored(folder: Path, name: str = DATABASE) -> dict[str, Any]:
    """The first trial, with the scenario and the seed of its run."""
    connection = sqlite3.connect(folder / name)
    connection.row_factory = sqlite3.Row
    try:
        row = connection.execute(
            "SELECT * FROM benchmark_results b JOIN runs r ON r.id = b.run_id ORDER BY round"
        ).fetchone()
        count = connection.execute("SELECT count(*), sum(requests_count) FROM benchmark_results")
        trials, requests = count.fetchone()
        return {**dict(row), "trials": trials, "requests": requests}
    finally:
        connection.close()


def test_what_the_options_say_is_what_arrives(server: Recording, tmp_path: Path) -> None:
    (tmp_path / "body.bin").write_bytes(b"\x00\xffpayload")
    address = server.url.replace("http://", "http://ann:s%20ecret@")
    ended = clientbench(
        *("compare", "requests", "httpx:async", "pycurl", "raw", "--method", "put"),
        *("--url", f"{address}/in/box?a=1#part", "--headers", '{"X-Three": 3}'),
        *("--header", "X-One: 1", "--header", "X-Two: a", "--body", "@body.bin", *ONE),
        cwd=tmp_path,
    )
    expected = {
        "x-one": "1",
        "x-two": "a",
        "x-three": "3",
        "authorization": "Basic " + base64.b64encode(b"ann:s ecret").decode(),
        "accept-encoding": "identity",
        "content-type": "application/octet-stream",
        "content-length": "9",
    }

    assert ended.code == 0, ended
    assert len(server.arrived) >= 4 * 3
    for one in server.arrived:
        assert (one.method, one.target) == ("PUT", "/in/box?a=1")
        assert one.body == b"\x00\xffpayload"
        assert {name: one.headers.get(name) for name in expected} == expected


def test_every_method_arrives(server: Recording, tmp_path: Path) -> None:
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    words = [word for method in methods for word in ("--method", method)]
    ended = clientbench("compare", "raw", "--url", server.url, *words, *ONE, cwd=tmp_path)
    arrived = [one.method for one in server.arrived]

    assert ended.code == 0, ended
    # our own look at it, the first request on the connection, and the one that was asked for
    assert all(arrived.count(method) >= 3 for method in methods)
    assert set(arrived) == set(methods)


def test_a_body_of_text_and_its_default_method(server: Recording, tmp_path: Path) -> None:
    ended = clientbench(
        *("load", server.url, "--client", "urllib3", "--body", '{"n": 1}', *ONE), cwd=tmp_path
    )
    request = server.arrived[-1]

    assert ended.code == 0, ended
    assert (request.method, request.body) == ("POST", b'{"n": 1}')
    assert request.headers["content-type"] == "application/json"


def test_a_body_of_a_size(server: Recording, tmp_path: Path) -> None:
    ended = clientbench(
        *("load", server.url, "--client", "stdlib", "--body-size", "3k", *ONE), cwd=tmp_path
    )

    assert ended.code == 0, ended
    assert len(server.arrived[-1].body) == 3 * 1024


def test_the_defaults_profile_leaves_the_library_its_own_headers(
    server: Recording, tmp_path: Path
) -> None:
    words = ("load", server.url, "--client", "requests", "--profile", "defaults", *ONE)
    ended = clientbench(*words, cwd=tmp_path)

    assert ended.code == 0, ended
    assert "gzip" in server.arrived[-1].headers["accept-encoding"]
    assert stored(tmp_path)["profile"] == "defaults"


def test_expected_statuses(server: Recording, tmp_path: Path) -> None:
    server.status = 404
    refused = clientbench("load", server.url, "--client", "raw", *ONE, cwd=tmp_path)
    accepted = clientbench(
        "load", server.url, "--client", "raw", "--expect", "404", *ONE, cwd=tmp_path
    )

    assert refused.code == 3
    assert "answered 404" in refused.err and "--expect" in refused.err
    assert accepted.code == 0
    assert stored(tmp_path)["error_count"] == 0


def test_options_of_the_load_and_the_run(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "null:sync", "null:async", "--baseline", "null:async", "--seed", "11"),
        *("--concurrency", "6", "--processes", "2", "--rounds", "3", "--duration", "150ms"),
        *("--warmup", "0.03", "--timeout", "4", "--no-pin", "--db", "other.db"),
        *("--max-body", "2g"),
        cwd=tmp_path,
    )
    row = stored(tmp_path, "other.db")
    scenario = json.loads(row["scenario"])

    assert ended.code == 0, ended
    assert not (tmp_path / DATABASE).exists()
    assert (row["baseline"], row["seed"], row["trials"]) == ("null:async", 11, 6)
    assert (row["concurrency_level"], row["processes"]) == (6, 2)
    assert row["window_ns"] == 50_000_000
    assert row["timeout_ns"] == 4_000_000_000
    assert (scenario["warmup_s"], scenario["pin"]) == (0.03, False)
    assert scenario["max_body_bytes"] == 2 << 30
    environment = clientbench(
        *("results", "sql", "SELECT environment FROM environments", "--db", "other.db"),
        cwd=tmp_path,
    )
    assert '"worker_cpus":null' in "".join(environment.out.split())


def test_a_timeout_is_the_clients_own(server: Recording, tmp_path: Path) -> None:
    ended = clientbench(
        *("load", "/delay/0.3", "--client", "requests", "--timeout", "0.1", *ONE), cwd=tmp_path
    )

    assert ended.code == 3  # our own first request meets it already
    assert "--timeout" in ended.err


def test_load_measures_one_client_on_the_embedded_target(tmp_path: Path) -> None:
    ended = clientbench("load", "/json", "--client", "aiohttp", *SHORT, cwd=tmp_path)
    row = stored(tmp_path)

    assert ended.code == 0, ended
    assert (row["client_library"], row["client_type"], row["trials"]) == ("aiohttp", "async", 1)
    assert row["url"].endswith("/json")


def test_strict_makes_a_warning_an_exit_code(tmp_path: Path) -> None:
    words = ("compare", "null", *ONE, "--seed", "1")
    plain = clientbench(*words, cwd=tmp_path)
    strict = clientbench(*words, "--strict", cwd=tmp_path)
    old = clientbench(*("--url", "/", "--client", "null", "--strict"), *ONE, cwd=tmp_path)

    assert "warning  too few samples: null" in plain.out
    assert (plain.code, strict.code, old.code) == (0, 4, 4)
    assert "warning  too few samples: null" in strict.out


def test_strict_accepts_the_kinds_of_warnings_that_are_named(tmp_path: Path) -> None:
    kinds = [kind.replace(" ", "-") for kind, of in KINDS.items() if of.severity == "worth knowing"]
    accept = [word for kind in kinds for word in ("--accept", kind)]
    words = ("compare", "null", *ONE, "--strict")

    assert clientbench(*words, "--accept", "server-bound", cwd=tmp_path).code == 4
    assert clientbench(*words, *accept, "--accept", "busy-machine", cwd=tmp_path).code == 0
    refused = clientbench(*words, "--accept", "short-slice", cwd=tmp_path)
    assert refused.code == 2 and refused.err.count("\n") == 1
    assert "did you mean short-slices?" in refused.err
    alone = clientbench(*words[:-1], "--accept", "short-slices", cwd=tmp_path)
    assert alone.code == 2 and "--strict" in alone.err


def test_a_run_that_was_stopped_keeps_its_exit_code_with_strict(
    server: Recording, tmp_path: Path
) -> None:
    server.answers = 3
    words = ("--client", "raw", "--requests", "20", "--error-budget", "2", *ONE[2:], "--strict")
    ended = clientbench("load", server.url, *words, cwd=tmp_path)

    assert "warning  errors: " in ended.out
    assert ended.code == 5, ended


# --- environment variables (REFERENCE §1) ---------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "column", "expected"),
    [
        ("HTTP_BENCHMARK_DEFAULT_CONCURRENCY", "3", "concurrency_level", 3),
        ("HTTP_BENCHMARK_MAX_CONCURRENCY", "2", "concurrency_level", 2),
        ("HTTP_BENCHMARK_DEFAULT_DURATION_SECONDS", "0.12", "window_ns", 120_000_000),
    ],
)
def test_a_variable_gives_a_default(
    variable: str, value: str, column: str, expected: int, tmp_path: Path
) -> None:
    words = [*("compare", "null", "--rounds", "1", "--warmup", "0"), "--duration", "0.05"]
    if column == "window_ns":
        words = words[:-2]
    ended = clientbench(*words, cwd=tmp_path, environ={variable: value})

    assert ended.code == 0, ended
    assert stored(tmp_path)[column] == expected


def test_a_flag_goes_before_a_variable(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "null", "--concurrency", "4", *SHORT),
        cwd=tmp_path,
        environ={
            "HTTP_BENCHMARK_DEFAULT_CONCURRENCY": "3",
            "HTTP_BENCHMARK_DEFAULT_DURATION_SECONDS": "600",
        },
    )

    assert ended.code == 0, ended
    assert stored(tmp_path)["concurrency_level"] == 4


def test_the_maximum_concurrency_is_a_safety_limit(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "null", "--concurrency", "6"),
        cwd=tmp_path,
        environ={"HTTP_BENCHMARK_MAX_CONCURRENCY": "5"},
    )

    assert ended.code == 2
    assert "HTTP_BENCHMARK_MAX_CONCURRENCY=5" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_the_environment(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "null", *ONE), cwd=tmp_path, environ={"HTTP_BENCHMARK_SQLITE_DB_PATH": "e.db"}
    )

    assert ended.code == 0, ended
    assert [path.name for path in tmp_path.iterdir()] == ["e.db"]


def test_a_folder_called_results_gets_the_database(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    ended = clientbench("compare", "null", *ONE, cwd=tmp_path)

    assert ended.code == 0, ended
    assert [path.name for path in (tmp_path / "results").iterdir()] == [DATABASE]


def test_the_sampling_interval(tmp_path: Path) -> None:
    """Longer than the run: no reading. With the default of 0.1 s there are some."""
    counts = []
    for number, environ in enumerate(({}, {"HTTP_BENCHMARK_RESOURCE_MONITORING_INTERVAL": "30"})):
        words = ("load", "/delay/0.01", "--client", "raw", "--duration", "0.3", "--rounds", "1")
        ended = clientbench(*words, "--db", f"{number}.db", cwd=tmp_path, environ=environ)
        assert ended.code == 0, ended
        connection = sqlite3.connect(tmp_path / f"{number}.db")
        counts.append(connection.execute("SELECT count(*) FROM resource_readings").fetchone()[0])
        connection.close()

    assert counts[0] > counts[1] == 0


# --- the older flag form (REFERENCE §1) -----------------------------------------------------------


def test_the_old_form_for_one_client(server: Recording, tmp_path: Path) -> None:
    ended = clientbench(
        *("--url", f"{server.url}/old", "--client", "httpx", "--async", "--concurrency", "2"),
        *("--method", "POST", "--headers", '{"X-Old": "yes"}', *SHORT),
        *("--body", '{"k": "v"}', "--output", "old.json"),
        cwd=tmp_path,
    )
    row, request = stored(tmp_path), server.arrived[-1]

    assert ended.code == 0, ended
    assert (row["client_library"], row["client_type"]) == ("httpx", "async")
    assert (request.method, request.body, request.headers["x-old"]) == (
        "POST",
        b'{"k": "v"}',
        "yes",
    )
    assert json.loads((tmp_path / "old.json").read_text())["run"]["id"] == row["run_id"]


def test_the_old_form_for_several_clients(server: Recording, tmp_path: Path) -> None:
    ended = clientbench(
        *("--url", server.url, "--compare", "requests", "httpx", "aiohttp", "--async"),
        *("--concurrency", "2", "--output", "old.csv", *SHORT),
        cwd=tmp_path,
    )
    with (tmp_path / "old.csv").open(newline="") as file:
        modes = {row["client_library"]: row["client_type"] for row in csv.DictReader(file)}

    assert ended.code == 0, ended
    assert modes == {"requests": "sync", "httpx": "async", "aiohttp": "async"}
    assert "httpx:async" in ended.out


def test_the_old_stream_method(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "httpx", "--url", "/stream-bytes/50000", "--method", "STREAM", *ONE),
        cwd=tmp_path,
    )

    assert ended.code == 0, ended
    assert json.loads(stored(tmp_path)["config_snapshot"])["stream"] is True
    assert stored(tmp_path)["http_method"] == "GET"


def test_the_old_way_to_leave_certificates_unverified(
    tls_server: Recording, tmp_path: Path
) -> None:
    ended = clientbench(
        *("--url", tls_server.url, "--client", "requests", "--verify-ssl", "false"),
        *("--concurrency", "1", *SHORT),
        cwd=tmp_path,
    )

    assert ended.code == 0, ended
    assert stored(tmp_path)["error_count"] == 0
