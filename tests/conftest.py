"""What all tests share: a cache of their own, an embedded target, and a way to run real trials."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from harness.checking.clients import ClientCheck
from harness.clients.bundle import Bundle
from harness.machine.processors import Launcher
from harness.measure.contenders import Resolver
from servers.embedded.target import EmbeddedTarget
from tests import plugins, targets
from tests.trials import Bench

# A busy machine is no failure, and no file is left behind. The examples are the same on every run, so that a
# change fails for what it did; CONTRIBUTING.md says how to look for new ones.
settings.register_profile("search", deadline=None, database=None, max_examples=1000)
settings.register_profile(
    "clientbench", deadline=None, database=None, max_examples=50, derandomize=True
)
settings.load_profile("clientbench")

STEERING = ("HTTP_BENCHMARK_", "CLIENTBENCH_")

# Started in the background of a script (or by nohup), this process ignores SIGINT (SIGHUP), and so would every
# command that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No file in the user's cache, nothing steered by the user's variables.

    The cache is shared with the other test processes: what clients can do is asked only once.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
        patch.setenv("XDG_STATE_HOME", str(shared / "state"))
        # Hundreds of commands are started. Most of the work of each would be to compile our modules anew, and
        # to wait, in a loop, for linear algebra that nobody asks for.
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("OPENBLAS_NUM_THREADS", "1")
        for name in list(os.environ):
            if name.startswith(STEERING) and not name.startswith("CLIENTBENCH_REQUIRE_"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def http_target() -> Iterator[EmbeddedTarget]:
    """One running embedded target per test process; tests share its counts and its log."""
    with targets.running() as target:
        yield target


@pytest.fixture(scope="session")
def https_target() -> Iterator[EmbeddedTarget]:
    """As ``http_target``, over TLS."""
    with targets.running(tls=True) as target:
        yield target


@pytest.fixture(scope="session")
def bundle(own_surroundings: None) -> Iterator[Bundle]:
    with Bundle() as made:
        yield made


@pytest.fixture(scope="session")
def resolver(bundle: Bundle) -> Resolver:
    """Finds clients; what an interpreter has is asked once."""
    return Resolver(bundle)


@pytest.fixture(scope="session")
def suite(bundle: Bundle) -> Iterator[ClientCheck]:
    """What checks adapters, with its server."""
    with ClientCheck(bundle) as running:
        yield running


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    made = Launcher()
    yield made
    made.close()


@pytest.fixture
def bench(bundle: Bundle, launcher: Launcher, http_target: EmbeddedTarget) -> Iterator[Bench]:
    """Runs trials on the embedded target; afterwards none of their processes is left."""
    made = Bench(bundle, launcher, http_target)
    yield made
    made.end()


@pytest.fixture
def counting(bench: Bench) -> Iterator[Bench]:
    """As ``bench``, on a target whose counts are this test's alone."""
    with targets.running() as bench.target:
        yield bench


@pytest.fixture
def secure(bench: Bench, https_target: EmbeddedTarget) -> Iterator[Bench]:
    """As ``bench``, on a target over TLS that keeps a log of everything."""
    bench.target = https_target
    with bench.logging():
        yield bench


@pytest.fixture(scope="session")
def foreign_python(tmp_path_factory: pytest.TempPathFactory, own_surroundings: None) -> Path:
    """An environment like ours with other people's adapters installed, most of them defective."""
    folder = tmp_path_factory.mktemp("foreign")
    site = folder / "site"
    plugins.install(site, "courier")
    plugins.install(site, "wreck", head="import a_module_nobody_has\n")
    plugins.install(site, "locked", open="raise RuntimeError('no way in')")
    plugins.install(site, "grump", send="raise OSError('not today')")
    plugins.install(
        site,
        "sleeper",
        head="import time\n",
        send="self.calls = getattr(self, 'calls', 0) + 1; "
        "return (200, 0) if self.calls < 50 else time.sleep(600)",
    )
    return plugins.environment(folder / "venv", site)
