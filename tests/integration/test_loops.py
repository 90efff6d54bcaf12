"""Event loops that are not in clientbench's own environment, and the clients made for them, for real."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import uv

from tests.cli.command import clientbench
from tests.require import require

Environments = Callable[..., str]

# It has an own queue only where the standard library is patched. The last one with that has no wheel for 3.13.
OLD_GEVENT = "gevent==23.9.1"

# a client with its loop, what its environment needs, and the loop that is recorded
ON_LOOPS = (
    ("httpx:async+trio", ("httpx", "trio"), "trio"),
    ("aiohttp+rloop", ("aiohttp", "rloop"), "rloop"),
    ("geventhttpclient", ("geventhttpclient",), "gevent"),
    ("grequests", ("grequests",), "gevent"),
    ("null:sync+gevent", (OLD_GEVENT if sys.version_info < (3, 13) else "gevent",), "gevent"),
    ("treq", ("treq",), "twisted"),
)
ONE = ("--rounds", "1")
LOADS = {
    "closed": (*ONE, "--concurrency", "4", "--duration", "0.5"),
    "thinking": (*ONE, "--concurrency", "2", "--think-time", "0.01", "--duration", "0.5"),
    "open": (*ONE, "--rate", "20", "--requests", "10"),
    "fixed-workers": (*ONE, "--rate", "20", "--requests", "10", "--start", "fixed-workers"),
}


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    """Make an environment with these distributions, from the package index; return its interpreter."""
    made: dict[tuple[str, ...], str] = {}

    def make(*distributions: str) -> str:
        if distributions not in made:
            folder = tmp_path_factory.mktemp("environment") / "made"
            made[distributions] = str(folder / "bin" / "python")
            _uv("venv", "--python", sys.executable, str(folder))
            ended = _uv("pip", "install", "--python", made[distributions], *distributions)
            require(ended == 0, "no package index", "CLIENTBENCH_REQUIRE_INDEX")
        return made[distributions]

    return make


def _uv(*words: str) -> int:
    return subprocess.run([uv.find_uv_bin(), "--quiet", *words], check=False).returncode


@pytest.mark.parametrize("load", LOADS)
def test_clients_are_measured_on_their_loops(
    load: str, environments: Environments, tmp_path: Path
) -> None:
    loops = {
        f"{client}@{environments(*distributions)}": loop for client, distributions, loop in ON_LOOPS
    }
    ended = clientbench("compare", *loops, *LOADS[load], "--json", cwd=tmp_path)

    assert ended.code == 0, ended.err
    found = ended.json["competitors"]
    assert [one["event_loop"] for one in found] == [*loops.values()]
    assert [one["error_counts"] for one in found] == [{}] * len(loops)
    assert all(one["correct"] > 0 for one in found)


@pytest.mark.usefixtures("own_cache")
def test_a_reference_gets_the_loop_that_it_is_asked_to_run_on(tmp_path: Path) -> None:
    words = ("compare", "null+twisted", "null+trio", *LOADS["open"], "--json")
    ended = clientbench(*words, cwd=tmp_path)

    assert ended.code == 0, ended.err
    loops = [one["event_loop"] for one in ended.json["competitors"]]
    assert sorted(loops) == ["trio", "twisted"]


def test_every_claim_holds_on_trio(environments: Environments, tmp_path: Path) -> None:
    """Those made for another loop are checked on it by test_every_client.py."""
    client = f"httpx:async+trio@{environments('httpx', 'trio')}"
    ended = clientbench("clients", "check", client, cwd=tmp_path)

    assert ended.code == 0, ended.out


def test_a_client_on_trio_does_without_asyncio(environments: Environments, tmp_path: Path) -> None:
    """As it does outside of clientbench; asyncio would count as its memory."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import adapters.httpx, harness.worker.main, harness.worker.trio_backend\n"
        "import harness.worker.tasks, harness.worker.open_tasks\n"
        "assert 'asyncio' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    subprocess.run([environments("httpx", "trio"), "-c", code, str(root)], check=True, cwd=tmp_path)


@pytest.mark.parametrize(
    ("client", "distributions", "words", "said"),
    [
        ("treq+uvloop", ("treq",), (), ("cannot run on uvloop", "treq:async+twisted")),
        ("httpx+gevent", ("httpx", "trio"), (), ("cannot run on gevent", "httpx:async+trio")),
        ("httpx+uvloop", ("httpx", "trio"), (), ("uvloop, which is not installed",)),
        ("httpx+winloop", ("httpx", "trio"), (), ("for Windows only",)),
        ("aiohttp+rloop", ("aiohttp", "rloop"), ("--tls",), ("rloop has no TLS",)),
        (
            "httpx+trio",
            ("httpx", "trio"),
            ("--preset", "concurrent-synced-once"),
            ("cannot be held on trio",),
        ),
    ],
)
def test_a_loop_that_does_not_fit_is_refused_in_one_line(
    client: str,
    distributions: tuple[str, ...],
    words: tuple[str, ...],
    said: tuple[str, ...],
    environments: Environments,
    tmp_path: Path,
) -> None:
    python = environments(*distributions)
    ended = clientbench("load", "--client", f"{client}@{python}", *words, cwd=tmp_path)

    assert ended.code in {2, 3}
    (line,) = ended.err.splitlines()
    assert all(part in line for part in said), line
