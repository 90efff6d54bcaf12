"""Putting servers together: in which order they start, who is missed, and who never got a request."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from servers import assembly
from servers.assembly import Assembly
from servers.base import TargetError
from servers.parts import Ask, Part, PartSpec, Runner
from servers.software import Address
from servers.spec import TargetSpec

PROXY = TargetSpec("haproxy", instances=3, upstream="embedded")


class FakePart(Part):
    """Answers at once, and notes what happens to it."""

    def __init__(self, part_spec: PartSpec, events: list[str]) -> None:
        super().__init__(part_spec)
        self.version = "1.0"
        self.events = events
        self.ended = False
        self.answered = 0

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self.part_spec.port or 16000 + int(self.name[-1:]))

    @property
    def inner(self) -> Address:
        return self.address

    def start(self) -> None:
        self.events.append(f"start {self.name}")

    def wait_healthy(self, ask: Ask, deadline: float) -> None:
        self.events.append(f"wait {self.name}")

    def check(self) -> None:
        if self.ended:
            raise TargetError(f"{self.name} ended")

    def pids(self) -> list[int]:
        return []

    def log(self) -> str:
        return "one\n\ntwo\n"

    def requests(self, ask: Ask) -> int | None:
        if self.ended:
            raise ConnectionError
        return None if self.part_spec.role == "proxy" else self.answered

    def stop(self) -> None:
        self.events.append(f"stop {self.name}")


class FakeRunner(Runner):
    def __init__(self, events: list[str]) -> None:
        self.events = events

    def make(self, part_spec: PartSpec) -> Part:
        return FakePart(part_spec, self.events)

    def close(self) -> None:
        self.events.append("close")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has happened; every instance has its turn behind the proxy."""
    noted: list[str] = []
    turns = iter(range(10**6))

    def ask(_self: Ask, _part: Part, _path: str) -> tuple[int, str, bytes]:
        return 200, f"instance-{next(turns) % 3 + 1}", b""

    monkeypatch.setattr(assembly, "_runner", lambda *_: FakeRunner(noted))
    monkeypatch.setattr(Ask, "__call__", ask)
    return noted


def started(spec: TargetSpec, folder: Path) -> tuple[Assembly, list[Any]]:
    made = Assembly(spec, folder, "label")
    made.start()
    return made, made.parts


def test_servers_start_together_and_the_proxy_after_them(events: list[str], tmp_path: Path) -> None:
    made, _ = started(PROXY, tmp_path)
    origins = [f"instance-{number}" for number in (1, 2, 3)]
    assert events == [
        *(f"start {name}" for name in origins),
        *(f"wait {name}" for name in origins),
        *("start proxy", "wait proxy"),
    ]
    events.clear()
    made.stop()
    assert events == ["stop proxy", *(f"stop {name}" for name in reversed(origins)), "close"]


def test_a_proxy_has_a_worker_for_each_of_its_cpus(events: list[str], tmp_path: Path) -> None:
    spec = TargetSpec("haproxy", instances=3, upstream="embedded", port=1234, cpus=(2, 5, 7))
    made, parts = started(spec, tmp_path)
    assert parts[-1].part_spec.workers == 3
    assert parts[-1].part_spec.port == 1234
    assert [part.part_spec.workers for part in parts[:-1]] == [1, 1, 1]
    assert made.base_url == "http://127.0.0.1:1234"


def test_embedded_instances_share_the_port(events: list[str], tmp_path: Path) -> None:
    _, parts = started(TargetSpec("embedded", instances=3, port=1234), tmp_path)
    assert [part.part_spec.port for part in parts] == [1234] * 3
    assert [part.name for part in parts] == ["instance-1", "instance-2", "instance-3"]


def test_an_instance_that_ends_is_missed_and_its_count_kept(
    events: list[str], tmp_path: Path
) -> None:
    made, parts = started(PROXY, tmp_path)
    for number, part in enumerate(parts[:-1]):
        part.answered = 10 + number
    assert made.counts()["lost"] == []
    parts[1].ended = True
    parts[0].answered = 50
    counts = made.counts()
    assert counts["lost"] == [("instance-2", "instance-2 ended")]
    assert counts["by_instance"] == {"instance-1": 50, "instance-2": 11, "instance-3": 12}


@pytest.mark.parametrize("spec", [PROXY, TargetSpec("embedded", instances=3)], ids=str)
def test_without_any_server_left_the_target_is_gone(
    spec: TargetSpec, events: list[str], tmp_path: Path
) -> None:
    made, parts = started(spec, tmp_path)
    for part in parts[:3]:
        part.ended = True
    with pytest.raises(TargetError, match="instance-3 ended"):
        made.counts()


def test_without_its_proxy_the_target_is_gone(events: list[str], tmp_path: Path) -> None:
    made, parts = started(PROXY, tmp_path)
    parts[-1].ended = True
    with pytest.raises(TargetError, match="proxy ended"):
        made.counts()


def test_a_proxy_that_leaves_a_server_out_is_not_ready(
    events: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ask, "__call__", lambda *_: (200, "instance-1", b""))
    monkeypatch.setitem(assembly.READY_TIMEOUT_S, "native", 0.05)
    expected = r"forwards no requests to instance-2, instance-3; its log ends: one \| two"
    with pytest.raises(TargetError, match=expected):
        started(PROXY, tmp_path)


def test_what_is_described_depends_on_what_is_configured(events: list[str], tmp_path: Path) -> None:
    plain, _ = started(PROXY, tmp_path)
    secure, _ = started(TargetSpec("haproxy", instances=3, upstream="embedded", tls=True), tmp_path)
    assert plain.describe() == plain.describe()
    assert plain.describe().keys() == {"embedded", "haproxy", "configuration"}
    assert plain.describe()["configuration"] != secure.describe()["configuration"]


def test_a_server_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nginx"
    program.write_text('#!/bin/sh\n[ "$1" = -v ] && echo nginx/1.22.1 && exit\nexec sleep 60\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setitem(assembly.READY_TIMEOUT_S, "native", 0.5)
    made = Assembly(TargetSpec("nginx-static"), tmp_path, "label")
    try:
        begun = time.monotonic()
        with pytest.raises(
            TargetError, match=r"did not become healthy in time .*it printed nothing"
        ):
            made.start()
        assert time.monotonic() - begun < 20
        pids = made.front.pids()
    finally:
        made.stop()
    assert len(pids) == 1
    assert not psutil.pid_exists(pids[0])
