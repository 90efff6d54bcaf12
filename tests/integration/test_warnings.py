"""One real run for each warning, that provokes it. The rules themselves are tested in tests/validity."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from harness.input.presets import PRESETS
from tests import plugins
from tests.cli.command import ONE, Ended, clientbench, recording
from tests.cli.under_way import UnderWay
from tests.served import served

BRIEF = ("--rounds", "1", "--warmup", "0.05")
TRIES = 4  # where a machine that somebody else uses for a moment spoils it


@contextmanager
def serving(delay: Callable[[int], None]) -> Iterator[str]:
    """The URL of a server that calls ``delay`` with the number of the connection before each answer."""
    numbers = count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.number = next(numbers)

        def do_GET(self) -> None:
            delay(self.number)
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


@contextmanager
def busy() -> Iterator[None]:
    """Another program that takes a whole CPU."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def load(
    *words: str | Path, cwd: Path, code: int = 0, environ: dict[str, str] | None = None
) -> tuple[Ended, dict[str, dict[str, Any]]]:
    """A run of one client, and its doubts by kind."""
    ended = clientbench("load", *words, "--json", cwd=cwd, environ=environ)
    assert ended.code == code, ended
    return ended, {doubt["kind"]: doubt for doubt in ended.json["doubts"]}


@pytest.mark.alone
def test_server_bound(tmp_path: Path) -> None:
    words = ("/gzip", "--client", "raw:sync", "--duration", "0.9", *BRIEF)
    for _ in range(TRIES):
        ended, doubts = load(*words, cwd=tmp_path)
        (trial,) = ended.json["trials"]
        assert ("server-bound" in doubts) == (trial["target_cpu_share"] >= 0.9)
        if "server-bound" in doubts:
            break

    assert "of its CPU" in doubts["server-bound"]["message"]


def test_somebodys_server_is_not_asked_whether_it_is_the_limit(tmp_path: Path) -> None:
    with serving(lambda number: time.sleep(0.005)) as url:
        words = ("--client", "raw:sync", "--concurrency", "4", "--duration", "1", *BRIEF)
        ended, doubts = load(url, *words, cwd=tmp_path)

    assert ended.json["run"]["ceilings"] == []
    assert not {"server-bound", "target-paced"} & doubts.keys()
    assert "not checked" in doubts


def test_a_wait_that_was_asked_for_is_a_note_and_what_makes_it_known_is_stored(
    tmp_path: Path,
) -> None:
    words = ("/wait?constant=5ms", "--client", "raw:sync", "--concurrency", "2", "--duration", "1")
    ended, doubts = load(*words, *BRIEF, cwd=tmp_path)
    shown = clientbench("results", "show", "latest", "--json", cwd=tmp_path)

    assert "paced as asked" in doubts and "target-paced" not in doubts
    assert ended.json["run"]["ceilings"][0]["service_ns"] >= 5_000_000
    assert shown.json["run"]["ceilings"] == ended.json["run"]["ceilings"]


def test_errors(tmp_path: Path) -> None:
    with recording() as server:
        server.answers = 10
        words = (server.url, "--client", "raw:sync", "--requests", "20", *ONE[2:])
        _, doubts = load(*words, cwd=tmp_path)

    assert "reset" in doubts["errors"]["message"]


def test_too_few_samples_and_unequal_settings(tmp_path: Path) -> None:
    _, doubts = load("/", "--client", "pycurl", *ONE, cwd=tmp_path)

    assert {"too few samples", "unequal settings"} <= doubts.keys()


def test_generator_saturated(tmp_path: Path) -> None:
    """A million starts a second are beyond any Python process."""
    rate = ("--rate", "1000000", "--duration", "0.1", "--concurrency", "1", *BRIEF)
    _, doubts = load("/", "--client", "raw:sync", *rate, cwd=tmp_path)

    assert "generator-saturated" in doubts
    assert "client-saturated" not in doubts


def test_a_killed_run_tells_who_did_not_hold_its_plan(tmp_path: Path) -> None:
    clients = ("raw:sync", "null:sync")
    rate = ("--rate", "1000000", "--concurrency", "1", "--rounds", "50", "--warmup", "0.05")
    run = UnderWay(tmp_path, *clients, *rate, "--duration", "10")
    try:
        run.wait_for_round(3)
    finally:
        run.end()
    shown = clientbench("results", "show", "latest", "--json", cwd=tmp_path).json
    found = {one["subject"] for one in shown["doubts"] if one["kind"] == "generator-saturated"}
    reasons = {one["reason"] for one in shown["comparisons"] if one["metric"] == "throughput"}

    assert shown["run"]["state"] == "unfinished"
    assert found == set(clients)
    assert [one["label"] for one in shown["run"]["held"]] == [*clients]
    assert all(one["missed"] > 0 for one in shown["run"]["held"])
    assert [one["label"] for one in shown["run"]["ceilings"]] == ["raw:sync"]
    assert reasons == {"generator-saturated"}


def test_client_saturated(tmp_path: Path) -> None:
    """One connection gets ten answers a second; null, in its place, holds the plan.

    Twenty a second, because a machine that is not ours alone starts some of hundreds late: then it
    is the generator that is named, rightly.
    """
    words = ("--rate", "20", "--duration", "3", "--concurrency", "1", *BRIEF)
    _, doubts = load("/delay/0.1", "--client", "raw:sync", *words, cwd=tmp_path)

    assert "client-saturated" in doubts
    assert "generator-saturated" not in doubts


def told(doubts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The one that is about other programs: how grave it is depends on how many CPUs there are."""
    return doubts.get("busy machine") or doubts["disturbed"]


def test_disturbed(tmp_path: Path) -> None:
    often = {"HTTP_BENCHMARK_RESOURCE_MONITORING_INTERVAL": "0.02"}
    words = ("/", "--client", "raw:sync", "--duration", "4.5", *BRIEF)
    with busy():
        _, doubts = load(*words, cwd=tmp_path, environ=often)

    assert "other programs used" in told(doubts)["message"]


def test_a_short_run_beside_others_is_told(tmp_path: Path) -> None:
    words = ("/", "--client", "raw:sync", "--duration", "1", "--rounds", "2")
    with busy():
        ended, doubts = load(*words, cwd=tmp_path)

    assert told(doubts)["subject"] == "run"
    assert "other programs used" in told(doubts)["message"]
    assert "not checked" not in doubts
    assert ended.json["run"]["other_load"]["targets_apart"] is True


def test_beside_others_a_server_of_the_users_on_this_machine_is_not_checked(tmp_path: Path) -> None:
    """And --strict, which asks for warnings, lets that pass."""
    with serving(lambda number: None) as url, busy():
        words = (url, "--client", "raw:sync", "--duration", "1", *BRIEF)
        ended, doubts = load(*words, cwd=tmp_path)

    assert "together with your target" in doubts["not checked"]["message"]
    # the hypervisor may have disturbed it; programs are not told apart
    assert "programs" not in doubts.get("disturbed", {"message": ""})["message"]
    assert ended.json["run"]["other_load"]["targets_apart"] is False


FEW = {
    "request-per-duration": ("--duration", "0.6"),
    "concurrent-unsynced": ("--n", "3", "--duration", "0.5"),
    "concurrent-synced": ("--n", "6", "--duration", "0.5"),
    "concurrent-synced-once": ("--n", "9"),
    "requests-graph": ("--points", "3@100ms,6@200ms"),
    "concurrency-graph": ("--points", "2@0.2s,4@0.4s"),
    "steady": ("--rate", "9", "--duration", "2"),
    "max-throughput": ("--concurrency", "4", "--duration", "0.5"),
    "tps": ("--rate", "9", "--duration", "2"),
    "ramp": ("--rate", "18", "--duration", "2"),
    "spike": ("--rate", "4", "--duration", "2"),
    "soak": ("--rate", "9", "--duration", "2"),
}


def wakes_late() -> bool:
    """Ask the machine itself: a bare process that sleeps to 20 instants, as far apart as those.

    Where that one is late by as much as the warning is about, 1 ms, and not once only, it is true.
    """
    late = subprocess.run(
        [sys.executable, "-S", "-c", LATE_OF_TWENTY], capture_output=True, text=True, check=True
    )
    return int(late.stdout) >= 2


LATE_OF_TWENTY = """
import time
late, at = 0, time.monotonic()
for _ in range(20):
    at += 0.1
    time.sleep(max(0, at - time.monotonic()))
    late += time.monotonic() - at > 0.001
print(late)
"""


@pytest.mark.alone
@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_of_few_requests_is_said_not_to_be_kept(preset: str, tmp_path: Path) -> None:
    words = ("compare", "requests", "raw:async", "--preset", preset, *FEW[preset])
    for _ in range(TRIES):
        ended = clientbench(*words, "--rounds", "2", "--json", cwd=tmp_path)
        assert ended.code == 0, ended
        kinds = {doubt["kind"] for doubt in ended.json["doubts"]}
        if "generator-saturated" not in kinds:
            break

    assert not kinds & {"not checked", "nothing measured"}, ended.json
    assert "generator-saturated" not in kinds or wakes_late(), ended.json
    is_held = PRESETS[preset].is_held
    assert not (is_held and any(one["open_loop"] for one in ended.json["competitors"]))


@pytest.mark.alone  # its rounds last 0.15 s: waiting for a CPU scatters them as much as the server's change
def test_not_stationary(tmp_path: Path) -> None:
    """Each round opens one connection; from the sixth on the server takes its time.

    The first is that of the preparation.
    """
    with serving(lambda number: time.sleep(0.03 if number > 5 else 0)) as url:
        words = ("--client", "raw:sync", "--concurrency", "1", "--duration", "1.2")
        _, doubts = load(url, *words, "--rounds", "8", "--warmup", "0.03", cwd=tmp_path)

    assert "from round 5 on" in doubts["not stationary"]["message"]


@pytest.fixture(scope="module")
def forged_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment like ours whose urllib3 says of itself that it is urllib3-future."""
    folder = tmp_path_factory.mktemp("forged")
    python = plugins.environment(folder / "venv", folder)
    packages = folder / "venv" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    spec = find_spec("urllib3")
    assert spec is not None and spec.origin is not None
    real = Path(spec.origin).parent
    (metadata,) = real.parent.glob("urllib3-*.dist-info")
    shutil.copytree(real, packages / "urllib3")
    shutil.copytree(metadata, packages / metadata.name)
    (packages / "urllib3" / "_version.py").write_text("__version__ = version = '2.25.904'\n")
    return python


@pytest.mark.parametrize(("client", "doubted"), [("urllib3", True), ("httpx", False)])
def test_contaminated_environment(
    client: str, doubted: bool, forged_python: Path, tmp_path: Path
) -> None:
    ended, doubts = load("/", "--client", f"{client}@{forged_python}", *ONE, cwd=tmp_path)
    found = doubts.get("contaminated environment")

    assert (found is not None) == doubted
    if found is not None:
        assert found["subject"] == ended.json["competitors"][0]["label"]
        assert "urllib3 is urllib3-future 2.25.904" in found["message"]
    for trial in ended.json["trials"]:
        in_fact = "in fact urllib3-future 2.25.904"
        assert (in_fact in trial["client_version"]) == doubted
        assert (in_fact in trial["versions"].get("urllib3", "")) == doubted
