"""Interpreters as pip and their builders made them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Recording, clientbench, recording
from tests.installations import other_python
from tests.require import require

OLDER, NEWER = "2.31.0", "2.32.4"
FEW = ("--requests", "4", "--rounds", "2", "--warmup", "0", "--concurrency", "1", "--json")


@pytest.fixture
def server() -> Iterator[Recording]:
    with recording() as found:
        yield found


def made_by_pip(folder: Path, *asked: str) -> Path:
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    done = subprocess.run([*pip, *asked], capture_output=True, text=True, check=False)
    reason = f"no package index: {done.stderr.strip()[-200:]}"
    require(done.returncode == 0, reason, "CLIENTBENCH_REQUIRE_INDEX")
    return python


def test_two_versions_that_pip_installed(server: Recording, tmp_path: Path) -> None:
    pythons = [
        made_by_pip(tmp_path / name, f"requests=={version}")
        for name, version in (("E1", OLDER), ("E2", NEWER))
    ]
    clients = [f"requests@{python}" for python in pythons]
    ended = clientbench("compare", *clients, "--url", server.url, *FEW, cwd=tmp_path)
    recorded = {trial["label"]: trial["client_version"] for trial in ended.json["trials"]}
    seen = {one.headers.get("user-agent") for one in server.arrived}

    assert ended.code == 0, ended
    assert recorded == {"requests@E1": OLDER, "requests@E2": NEWER}
    assert {f"python-requests/{OLDER}", f"python-requests/{NEWER}"} <= seen


@pytest.mark.parametrize("layout", ["flat", "src"])
def test_what_pip_installed_editable(layout: str, server: Recording, tmp_path: Path) -> None:
    """A client of somebody's own, changed after it was installed."""
    package = tmp_path / "checkout" / ("src" if layout == "src" else "") / "requests"
    original = made_by_pip(tmp_path / "E1", f"requests=={NEWER}")
    (site,) = (tmp_path / "E1").glob("lib/python*/site-packages")
    shutil.copytree(site / "requests", package)
    where = 'where = ["src"]' if layout == "src" else 'include = ["requests"]'
    (tmp_path / "checkout" / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n'
        f'[project]\nname = "requests"\nversion = "{NEWER}"\n'
        'dependencies = ["urllib3", "idna", "certifi", "charset-normalizer"]\n'
        f"[tool.setuptools.packages.find]\n{where}\n"
    )
    editable = made_by_pip(tmp_path / "E2", "--editable", str(tmp_path / "checkout"))
    module = package / "__version__.py"
    module.write_text(module.read_text().replace(NEWER, "2.99.0"))
    clients = [f"requests@{python}" for python in (original, editable)]
    ended = clientbench("compare", *clients, "--url", server.url, *FEW, cwd=tmp_path)
    recorded = {trial["label"]: trial["client_version"] for trial in ended.json["trials"]}

    assert ended.code == 0, ended
    changed = f"{NEWER} (editable), in fact 2.99.0"
    assert recorded == {"requests@E1": NEWER, "requests@E2": changed}
    seen = {one.headers.get("user-agent") for one in server.arrived}
    assert {f"python-requests/{NEWER}", "python-requests/2.99.0"} <= seen


def test_references_run_on_the_python_of_the_client(tmp_path: Path) -> None:
    python = other_python()
    require(python is not None, "no second version of Python", "CLIENTBENCH_REQUIRE_INDEX")
    clients = ("raw:sync", f"raw:sync@{python}", "null")
    words = ("--duration", "1", "--rounds", "1", "--warmup", "0.02", "--json")
    ended = clientbench("compare", *clients, *words, cwd=tmp_path)
    ours, other, null = ended.json["competitors"]

    assert ended.code == 0, ended
    assert ours["python_version"] != other["python_version"]
    assert ours["client_environment"]["interpreter"] == null["client_environment"]["interpreter"]
    assert ours["net_cpu_per_request_ns"] is not None
    assert other["net_cpu_per_request_ns"] is None
