"""Limits of the machine are checked before a run, and raised where that is ours to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.errors import UsageError
from harness.machine import limits

SCRIPT = """
import resource
from harness.errors import UsageError
from harness.machine.limits import ensure

resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
try:
    ensure({concurrency}, {processes}, {threads})
except UsageError as error:
    print(error)
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def ensured(soft: int, hard: int, concurrency: int, *, processes: int = 1) -> list[str]:
    script = SCRIPT.format(
        soft=soft, hard=hard, concurrency=concurrency, processes=processes, threads=False
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_the_soft_limit_is_raised_as_far_as_needed() -> None:
    assert ensured(64, 4096, 1000) == ["(1128, 4096)"]


def test_a_sufficient_limit_is_left_alone() -> None:
    assert ensured(2000, 4096, 1000) == ["(2000, 4096)"]


@pytest.mark.parametrize("processes", [1, 4])  # the target is one process all the same
def test_too_low_a_hard_limit_is_refused_in_one_line_with_the_number_needed(processes: int) -> None:
    message, limit = ensured(64, 512, 1000, processes=processes)

    assert message == (
        "concurrency: 1000 is too much here; "
        "accepted: up to 384 by the open-file limit (needed: ulimit -Hn 1128)"
    )
    assert limit == "(64, 512)"


def test_what_is_named_as_accepted_is_accepted() -> None:
    assert ensured(64, 512, 384) == ["(512, 512)"]


@pytest.mark.parametrize(
    ("values", "concurrency", "name"),
    [
        ({"/proc/sys/kernel/threads-max": 1000}, 2000, "kernel.threads-max=1000"),
        ({"/proc/sys/kernel/pid_max": 1000}, 2000, "kernel.pid_max=1000"),
        ({"/proc/sys/vm/max_map_count": 1000}, 2000, "vm.max_map_count=1000"),
    ],
)
def test_threads_are_limited_by_the_kernel(
    values: dict[str, int], concurrency: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_ensure_files", lambda *_: None)
    monkeypatch.setattr(limits, "_number", values.get)
    with pytest.raises(UsageError, match=name):
        limits.ensure(concurrency, 1, threads=True)
    limits.ensure(concurrency, 1, threads=False)


def test_more_memory_than_there_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_ensure_files", lambda *_: None)
    with pytest.raises(UsageError, match="memory") as caught:
        limits.ensure(10**9, 1, threads=False)

    assert "\n" not in str(caught.value)
