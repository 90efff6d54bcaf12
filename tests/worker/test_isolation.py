"""What a worker can see and has loaded: its client's required closure, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import adapters
from harness.cli.legacy import SUPPORTED_MODES
from harness.measure.workers import worker_environment
from tests.require import require_client
from tests.trials import Bench

SELECTORS = [
    *("requests", "httpx:sync", "httpx:async", "aiohttp", "pycurl", "urllib3"),
    *("requestx:sync", "requestx:async", "stdlib", "raw:sync", "raw:async", "null:sync"),
    *("null:async", "aiohttp:async+uvloop", "httpx:async+uvloop", "raw:async+uvloop"),
]
# Distributions of the orchestrator, the target and the tests; no client here requires one.
FOREIGN = ("typer", "rich", "numpy", "pydantic", "scipy", "psutil", "sqlite_utils", "pytest")


def installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def required(root: str) -> dict[str, Distribution]:
    """The required closure of ``root``, from the metadata in the test's own process."""
    found: dict[str, Distribution] = {}
    waiting = [(root, frozenset[str]())]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        known = installed(name)
        if known is None or (canonicalize_name(name), extras) in seen:
            continue
        seen.add((canonicalize_name(name), extras))
        found[canonicalize_name(name)] = known
        for text in known.requires or []:
            requirement = Requirement(text)
            wanted = [{"extra": extra} for extra in ("", *extras)]
            if requirement.marker is None or any(map(requirement.marker.evaluate, wanted)):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


def top_level_modules(known: Distribution) -> set[str]:
    """Names that the files of a distribution can be imported by; helpers of compiled code included."""
    names = set()
    for file in known.files or []:
        first = file.parts[0]
        if first.endswith((".dist-info", ".egg-info", ".data")) or first in {"..", "__pycache__"}:
            continue
        names.add(first.partition(".")[0])
    return names


def closure_of(selector: str) -> list[Distribution]:
    _, root = adapters.BUILTIN[selector.partition(":")[0]]
    loop = "uvloop" if selector.endswith("+uvloop") else None
    return [known for one in (root, loop) if one for known in required(one).values()]


def allowed(selector: str) -> set[str]:
    return {"harness", "adapters", "__main__"}.union(*map(top_level_modules, closure_of(selector)))


def made_by_cython(module: str, closure: list[Distribution]) -> bool:
    """Whether ``module`` has no file but is made up at import by compiled code of the closure."""
    if not re.fullmatch(r"cython_runtime|_cython_[0-9_a-z]+", module):
        return False
    compiled = [
        Path(str(known.locate_file(file)))
        for known in closure
        for file in known.files or []
        if file.suffix == ".so"
    ]
    return any(module.encode() in path.read_bytes() for path in compiled)


def test_every_adapter_and_mode_is_looked_at() -> None:
    looked_at = {selector.partition(":")[0] for selector in SELECTORS}

    assert looked_at == set(adapters.BUILTIN)
    for name, modes in SUPPORTED_MODES.items():
        if len(modes) > 1:
            assert {f"{name}:{mode}" for mode in modes} <= set(SELECTORS)


@pytest.mark.parametrize("selector", SELECTORS)
def test_a_worker_has_loaded_its_clients_required_closure_and_nothing_else(
    selector: str, bench: Bench
) -> None:
    name = selector.partition(":")[0]
    require_client(name)
    trial = bench.run(bench.contender(selector))

    assert trial.summary().reason is None
    assert trial.fold.whole.correct > 0
    loaded = {module for module in trial.modules if module not in sys.stdlib_module_names}
    unknown = loaded - allowed(selector)
    assert {one for one in unknown if not made_by_cython(one, closure_of(selector))} == set()
    assert {"harness", "adapters"} <= loaded
    assert ("uvloop" in loaded) == selector.endswith("+uvloop")


PROBE = """
import importlib, json, os, sys
from adapters.base import Adapter

class Probe(Adapter):
    name = "probe"
    def open(self):
        found = []
        for name in json.loads({names!r}):
            try:
                importlib.import_module(name)
            except ImportError:
                continue
            found.append(name)
        with open({answer!r}, "w") as file:
            json.dump({{"found": found, "environ": dict(os.environ), "path": sys.path}}, file)
    def send(self, request):
        return (200, 0)
    def close(self):
        pass

ADAPTERS = (Probe,)
"""

STEERING = {
    "PYTHONPATH": "/nowhere",
    "PYTHONSTARTUP": "/nowhere/startup.py",
    "PYTHONOPTIMIZE": "2",
    "http_proxy": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "*",
    "SSL_CERT_FILE": "/nowhere.pem",
    "SSL_CERT_DIR": "/nowhere",
    "REQUESTS_CA_BUNDLE": "/nowhere.pem",
    "CURL_CA_BUNDLE": "/nowhere.pem",
    "NETRC": "/nowhere",
    "SSLKEYLOGFILE": "/nowhere.keys",
    "AIOHTTP_NO_EXTENSIONS": "1",
}


def test_what_steers_clients_does_not_reach_a_worker(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in STEERING.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLIENTBENCH_TEST_HARMLESS", "kept")
    answer = tmp_path / "answer.json"
    names = json.dumps([*FOREIGN, "requests", "httpx", "servers", "harness.measure.trial"])
    contender = bench.foreign("probe", PROBE.format(names=names, answer=str(answer)), concurrency=1)

    assert bench.run(contender, requests=10).summary().reason is None
    told = json.loads(answer.read_text())
    assert told["found"] == []
    assert STEERING.keys() & told["environ"].keys() == set()
    assert told["environ"]["CLIENTBENCH_TEST_HARMLESS"] == "kept"
    assert not any("site-packages" in folder for folder in told["path"])


def test_the_defaults_profile_keeps_the_users_environment() -> None:
    assert worker_environment("defaults", STEERING) == STEERING
    assert worker_environment("parity", STEERING) == {}


def test_variables_that_only_look_similar_are_kept() -> None:
    plain = {"PATH": "/bin", "HOME": "/root", "MY_PYTHON": "1", "PROXY": "x", "SSL_CERT": "y"}

    assert worker_environment("parity", plain) == plain


def test_a_blocking_client_runs_without_asyncio(bench: Bench) -> None:
    assert "asyncio" not in bench.run(bench.contender("null:sync")).modules


def test_the_interpreter_of_a_worker_starts_clean() -> None:
    """The flags a worker is started with keep even the site module out."""
    code = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )

    assert "site" not in json.loads(answer.stdout)
