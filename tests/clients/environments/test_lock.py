"""Locks: of one environment, and of a run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

from harness.clients.environments import lock as locks
from harness.clients.environments.lock import LockedEnvironment
from harness.clients.environments.pythons import FoundPython
from harness.errors import UnusableError, UsageError
from harness.records.client_environment import Interpreter

PYTHON = FoundPython("/bin/python", "3.13.0", "cpython", False, False, [], "build", "linux-x86_64")
BODY = "alpha==1.0 \\\n    --hash=sha256:00\n"


def test_the_first_line_says_for_which_python_it_is() -> None:
    lock = locks.headed(BODY, PYTHON)

    assert lock == f"# clientbench: python 3.13.0, cpython, linux-x86_64\n{BODY}"
    assert locks.body(lock) == BODY
    locks.check(lock, PYTHON)
    locks.check(lock, dataclasses.replace(PYTHON, version="3.13.9"))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"version": "3.12.1"}, "the lock is for cpython 3.13, not cpython 3.12"),
        ({"free_threaded": True}, "the lock is for cpython 3.13, not cpython 3.13t"),
        ({"implementation": "pypy"}, "the lock is for cpython 3.13, not pypy 3.13"),
        ({"platform": "linux-aarch64"}, "the lock is for linux-x86_64, this is linux-aarch64"),
    ],
)
def test_a_lock_of_another_python_or_platform(change: dict[str, object], line: str) -> None:
    other = dataclasses.replace(PYTHON, **change)  # type: ignore[arg-type]

    with pytest.raises(UnusableError) as caught:
        locks.check(locks.headed(BODY, PYTHON), other)
    assert str(caught.value) == line


def test_a_lock_without_its_first_line() -> None:
    with pytest.raises(UsageError, match="no first line that says for which Python"):
        locks.check(BODY, PYTHON)


LOCKED = LockedEnvironment("httpx 0.28 'quoted' \"é", locks.headed(BODY, PYTHON))


def test_a_lock_of_a_run_round_trips() -> None:
    lock = locks.headed("", dataclasses.replace(PYTHON, version="3.13.1", free_threaded=True))
    empty = LockedEnvironment("stdlib", lock)

    text = locks.write([LOCKED, empty, LOCKED])  # two clients may share one

    assert locks.read(text) == [LOCKED, empty]
    assert "\nalpha==1.0 \\\n    --hash=sha256:00\n" in text  # readable line by line
    assert [one.selector for one in locks.read(text)] == ["3.13", "3.13t"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("= 1", "'run.lock' is no lock: Invalid"),
        ("", "'run.lock' is no lock: it lists no environments"),
        ("a = " + "[" * 10_000, "'run.lock' is no lock: it is nested too deep"),
        ("format = '1'\nenvironment = []", "'run.lock' has format '1', this clientbench reads 1"),
        (
            "format = 2\nenvironment = []",
            "'run.lock' has format 2, this clientbench reads 1; update",
        ),
        (
            "format = 1\nenvironment = 3",
            "'run.lock' is no lock: a part of an environment is missing",
        ),
        (
            "format = 1\n[[environment]]\nlabel = 'a'",
            "'run.lock' is no lock: a part of an environment is missing",
        ),
        *(
            (
                locks.write([LOCKED]).replace("alpha==1.0", line),
                "'run.lock' is no lock: a line is neither NAME==VERSION nor a hash: ",
            )
            for line in ("-r other.txt", "--index-url http://127.0.0.1:1/", "a @ file:///b", "a>1")
        ),
        (
            locks.write([LOCKED]).replace(json.dumps(LOCKED.label), "3"),
            "'run.lock' is no lock: a part of an environment is missing",
        ),
    ],
)
def test_what_is_no_lock(text: str, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        locks.read(text, "run.lock")
    assert str(caught.value).startswith(f"lock: {line}")
    assert "\n" not in str(caught.value)


WHEEL = "beta @ file:///elsewhere/beta-1.0-py3-none-any.whl \\\n    --hash=sha256:11\n"


def test_an_environment_is_named_by_what_was_asked_for() -> None:
    lock = locks.headed(BODY + WHEEL, PYTHON, ["beta @ file:///elsewhere/b.whl", "Alpha[x]>=1"])
    found = locks.of_lock(lock)

    assert locks.body(lock) == BODY + WHEEL
    assert found.label == "beta, alpha 1.0"
    assert "elsewhere" not in locks.write([found])
    locks.check(lock, PYTHON)


def test_what_is_noted_of_a_version_is_not_locked() -> None:
    versions = {"urllib3": "2.7.0, in fact urllib3-future 2.25.904", "alpha": "1.0 (editable)"}
    here = Interpreter("3.13.0", "build", "", "", True)

    locked = locks.of_versions("niquests", versions, here)

    assert locks.body(locked.lock) == "alpha==1.0\nurllib3==2.7.0\n"
    assert locks.read(locks.write([locked])) == [locked]


def test_a_file_is_added_where_uv_lists_it(tmp_path: Path) -> None:
    file = tmp_path / "beta-1.0-py3-none-any.whl"
    file.write_bytes(b"a wheel")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    parts = ("alpha==1.0", "gamma==3.0")
    alpha, gamma = (f"{one} \\\n    --hash=sha256:00\n" for one in parts)
    required = f"beta @ {file.as_uri()}"

    found = locks.with_files(locks.headed(alpha + gamma, PYTHON), [required, "alpha"])

    assert locks.body(found) == f"{alpha}{required} \\\n    --hash=sha256:{digest}\n{gamma}"
