"""Bodies from standard input, and long ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.command import PATIENCE_S, clientbench, recording

FEW = ("--requests", "2", "--rounds", "1", "--warmup", "0", "--concurrency", "1")
MIB = 1 << 20


def typed(*words: str, cwd: Path, **given: Any) -> subprocess.CompletedProcess[bytes]:
    """The command with something on its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
        **given,
    )


def test_a_body_comes_from_standard_input_and_is_read_once_for_all(tmp_path: Path) -> None:
    body = os.urandom(
        17 * MIB
    )  # longer than what fits into one line to a worker, and than 0.1 took
    with recording() as server:
        words = ("compare", "raw", "requests", "--url", server.url, "--body", "@-", *FEW)
        ended = typed(*words, cwd=tmp_path, input=body)
    assert ended.returncode == 0, ended.stderr
    assert len(server.arrived) == 2 * (1 + 1 + 2)
    for one in server.arrived:
        assert one.method == "POST"
        assert one.body == body
        assert one.headers["content-type"] == "application/octet-stream"


def test_json_from_standard_input_is_known_as_such(tmp_path: Path) -> None:
    with recording() as server:
        words = ("load", server.url, "--client", "raw", "--body", "@-", *FEW)
        assert typed(*words, cwd=tmp_path, input=b'{"a": 1}').returncode == 0
    assert server.only().headers["content-type"] == "application/json"


def test_standard_input_that_is_closed_is_refused(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "harness", "compare", "raw", "--body", "@-"]
    ended = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        "clientbench: --body: '@-' is not valid; expected standard input that is open\n"
    )


def test_our_target_takes_long_bodies(tmp_path: Path) -> None:
    words = ("compare", "raw", "stdlib", "--body-size", "64M", *FEW, "--json")
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 0, ended.err
    found = {one["label"]: one for one in ended.json["competitors"]}
    assert {one["error_rate"] for one in found.values()} == {0.0}
    assert {one["body_bytes"] for one in found.values()} == {64 * MIB}
    assert ended.json["doubts"] == [] or "unequal bytes" not in ended.out


def test_what_does_not_fit_into_memory_is_refused_before_anything_starts(tmp_path: Path) -> None:
    words = ("compare", "raw", "requests", "--body-size", "1g", "--concurrency", "9000")
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert ended.err.startswith(
        "clientbench: --body-size: the clients may need 1.8e+04 GiB of memory for their copies, "
    )
