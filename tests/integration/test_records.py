"""Records of what runs, and the host process that keeps one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from servers import standing
from servers.base import TargetError
from servers.spec import TargetSpec
from servers.standing import Record
from tests.servers.patience import PATIENCE_S, eventually

SPEC = TargetSpec(instances=2)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the files that a target of the test keeps; the state folder is another one."""
    for variable, name in (("XDG_STATE_HOME", "state"), ("TMPDIR", "tmp")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    return tmp_path / "tmp"


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def begun(folder: Path, name: str = "embedded") -> Record:
    record = Record.begin(TargetSpec(name), folder, standing=True)
    standing.enter(record)
    return record


def of(record: Record, pid: int) -> Record:
    """The same as if another process had written it."""
    return replace(record, pid=pid, created=psutil.Process(pid).create_time())


# --- records --------------------------------------------------------------------------------------


def test_a_record_survives_its_file_and_is_readable_by_its_owner_alone(folder: Path) -> None:
    record = begun(folder).ready({"event": "ready"}, [{"pids": {"1": 2.5}}])
    standing.write(record)

    assert standing.records() == [record] and record.alive
    assert Path(os.environ["XDG_STATE_HOME"], "clientbench", "targets").stat().st_mode & 0o77 == 0
    record.remove()
    record.remove()
    assert standing.records() == []


def test_a_relative_state_folder_is_ignored_as_its_specification_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "here")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder)
    begun(folder)

    assert [path.name for path in folder.iterdir()] == [".local"]


def test_a_process_of_another_age_is_another_process(folder: Path) -> None:
    record = begun(folder)

    assert not replace(record, created=record.created - 1).alive
    standing.ask_to_end(replace(record, created=record.created - 1))  # else this test would end


def test_names_are_taken_once_by_those_that_stand(folder: Path) -> None:
    begun(folder, "nginx")
    standing.enter(Record.begin(TargetSpec("nginx"), folder, standing=False))
    begun(folder, "caddy")

    with pytest.raises(TargetError, match=r"^nginx: is already running .*targets down nginx$"):
        begun(folder, "nginx")
    assert len(standing.records()) == 3


def test_what_a_killed_host_has_left_is_swept_and_nothing_else(folder: Path) -> None:
    with process("-c", "input()") as stays, process("-c", "input()") as goes:
        ages = {one.pid: psutil.Process(one.pid).create_time() for one in (stays, goes)}
        left = [{"pids": {str(goes.pid): ages[goes.pid], str(stays.pid): ages[stays.pid] - 1}}]
        files = folder / "files"
        files.mkdir()
        (files / "key.pem").touch()
        record = begun(files).ready({}, left)
        standing.sweep(record)

        assert goes.wait(PATIENCE_S) == -signal.SIGTERM
        assert stays.poll() is None
        assert not files.exists() and standing.records() == []


@contextmanager
def deaf_process() -> Iterator[subprocess.Popen[bytes]]:
    """One that ignores SIGTERM, and does so by now."""
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    with process("-c", f"import signal; {ignore}; print(flush=True); input()") as started:
        assert started.stdout is not None
        started.stdout.readline()
        yield started


def test_a_server_that_does_not_end_is_killed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "_KILL_TIMEOUT_S", 0.05)
    with deaf_process() as server:
        left = [{"pids": {str(server.pid): psutil.Process(server.pid).create_time()}}]
        standing.sweep(begun(folder).ready({}, left))

        assert server.wait(PATIENCE_S) == -signal.SIGKILL


def test_a_host_that_does_not_end_is_killed_and_swept_up_after(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "_END_TIMEOUT_S", 0.05)
    with deaf_process() as host:
        record = of(begun(folder), host.pid)
        standing.write(record)
        standing.end(record)

        assert host.wait(PATIENCE_S) == -signal.SIGKILL
        assert standing.records() == []


# --- the host -------------------------------------------------------------------------------------


def test_a_host_ends_with_its_input_and_its_record_with_it(folder: Path) -> None:
    with process("-m", "servers.host", SPEC.to_json()) as host:
        assert host.stdin is not None and host.stdout is not None
        ready = json.loads(host.stdout.readline())
        (record,) = standing.records()
        assert (record.pid, record.standing, record.told) == (host.pid, False, ready)
        assert [list(one["pids"]) for one in record.left] == [
            [str(pid) for pid in part["pids"]] for part in ready["parts"]
        ]
        host.stdin.close()
        assert host.wait(PATIENCE_S) == 0
        assert standing.records() == [] and list(folder.iterdir()) == []


def test_a_host_whose_parent_goes_while_it_starts_ends_as_soon(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = folder / "nginx"
    told = 'if [ "$1" = -v ]; then echo nginx/1.99.9; exit 0; fi'
    program.write_text(f"#!/bin/sh\n{told}\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    with process("-m", "servers.host", TargetSpec("nginx-static").to_json()) as host:
        family = psutil.Process(host.pid)
        assert eventually(lambda: any(one.name() == "sleep" for one in family.children()))
        (sleeper,) = family.children()
        assert host.stdin is not None
        host.stdin.close()
        assert host.wait(5) == 0  # a start has 15 s
    assert not sleeper.is_running()
    assert standing.records() == [] and list(folder.iterdir()) == [program]


def test_a_standing_host_needs_nobody_and_ends_by_a_signal(folder: Path) -> None:
    with process("-m", "servers.host", SPEC.to_json(), "--standing") as host:
        assert host.stdin is not None and host.stdout is not None
        host.stdout.readline()
        host.stdin.close()
        host.stdout.close()
        (record,) = standing.records()
        assert record.standing and psutil.Process(host.pid).cwd() == "/"
        standing.end(record)
        assert host.wait(PATIENCE_S) == 0
        assert standing.records() == [] and list(folder.iterdir()) == []
