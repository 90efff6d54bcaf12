"""The wheel, installed where the checkout is out of sight; and what the command does at start-up."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("adapters", "harness", "servers")
# Far too dear, or of no use, for a command that only prints its options.
DEAR = {"aiohttp", "httpx", "numpy", "pydantic", "requests", "scipy", "sqlite_utils", "urllib3"}


def environ(**more: str) -> dict[str, str]:
    """An environment that leads to no code of ours."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more


def run(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=environ(**more),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def checked(command: list[str], folder: Path, **more: str) -> str:
    done = run(command, folder, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sources() -> set[str]:
    """Every module of the packages, as a wheel names it."""
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }


def data() -> set[str]:
    """Every other file of the packages: templates, configurations."""
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }


def copied_checkout(folder: Path) -> Path:
    """What a wheel is built from; building leaves files, which must not be ours."""
    for name in {*sources(), *data(), "pyproject.toml", "README.md", "LICENSE"}:
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    return folder


def isolation() -> list[str]:
    """Use the setuptools that is here if it will do: fetching another takes time and a network."""
    try:
        import setuptools
    except ImportError:
        return []
    return ["--no-build-isolation"] if Version(setuptools.__version__) >= Version("77") else []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    copy = copied_checkout(folder / "checkout")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolation()]
    checked([*pip, "--wheel-dir", str(folder), str(copy)], folder)
    (built,) = folder.glob("*.whl")
    return built


def installed_into(folder: Path, wheel: Path) -> Path:
    """An environment with the wheel; its requirements are those of the tests' own environment.

    The tests' folder of packages is on its path, but not as a site folder: an editable installation in there
    works by a .pth file, which nobody reads here.
    """
    venv = folder / "venv"
    checked([sys.executable, "-m", "venv", "--without-pip", str(venv)], folder)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    checked([*pip, "--no-deps", "--no-index", str(wheel)], folder)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "requirements.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin"


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with ``python`` and ``clientbench`` of an environment that has the wheel."""
    return installed_into(tmp_path_factory.mktemp("installed"), wheel)


def test_the_wheel_holds_every_module_and_template_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    ours = {name for name in names if ".dist-info/" not in name}
    assert ours == sources() | data()


def test_every_package_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = project["tool"]["setuptools"]["packages"]
    assert set(listed) == {str(Path(name).parent).replace("/", ".") for name in sources()}


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        by_name = {name.rpartition("/")[2]: name for name in archive.namelist()}
        metadata = archive.read(by_name["METADATA"]).decode()
        entry_points = archive.read(by_name["entry_points.txt"]).decode()
        assert b"MIT License" in archive.read(by_name["LICENSE"])
    assert re.search(r"^License-Expression: MIT$", metadata, re.MULTILINE)
    assert re.search(r"^Requires-Python: >=3.11$", metadata, re.MULTILINE)
    assert "clientbench = harness.cli.main:main" in entry_points


def test_a_page_is_made_by_what_is_installed(programs: Path, tmp_path: Path) -> None:
    command = [str(programs / "clientbench")]
    words = ["compare", "null", "--requests", "1", "--rounds", "1", "--quiet", "--db", "a.db"]
    checked([*command, *words], tmp_path)
    checked([*command, "report", "--db", "a.db"], tmp_path)
    assert "</html>" in (tmp_path / "report.html").read_text("utf-8")


def test_the_installed_packages_are_the_wheels(programs: Path, tmp_path: Path) -> None:
    code = f"import {', '.join(PACKAGES)}; print({', '.join(f'{p}.__file__' for p in PACKAGES)})"
    found = checked([str(programs / "python"), "-c", code], tmp_path).split()
    assert len(found) == len(PACKAGES)
    assert all(Path(file).is_relative_to(programs.parent) for file in found)


@pytest.mark.parametrize("command", ["clientbench", "python -m harness"])
def test_the_installed_command_compares_clients(
    command: str, programs: Path, tmp_path: Path
) -> None:
    program, *words = command.split()
    options = ["raw", "null", "--duration", "0.2", "--rounds", "1", "--json"]
    printed = checked([str(programs / program), *words, "compare", *options], tmp_path)
    document = json.loads(printed)
    assert [one["client_library"] for one in document["competitors"]] == ["raw", "null"]
    assert all(one["correct"] > 0 for one in document["competitors"])
    assert document["run"]["environment"]["versions"]["clientbench"] == "0.1.0"
    assert [file.name for file in tmp_path.glob("*.db")] == ["benchmark_results.db"]


def test_an_adapter_from_outside_is_a_client_like_the_others(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """The example of docs/adapters.md, as a distribution of its own."""
    page = (ROOT / "docs" / "adapters.md").read_text("utf-8")
    (project,) = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (module,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    built = tmp_path / "clientbench_urllib-0.1.0-py3-none-any.whl"
    described = tomllib.loads(project)["project"]
    (group,) = described["entry-points"]
    entries = "".join(
        f"{name} = {where}\n" for name, where in described["entry-points"][group].items()
    )
    info = "clientbench_urllib-0.1.0.dist-info"
    with zipfile.ZipFile(built, "w") as archive:
        archive.writestr("clientbench_urllib.py", module)
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {described['name']}\nVersion: {described['version']}\n"
            + "".join(f"Requires-Dist: {name}\n" for name in described["dependencies"]),
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", f"[{group}]\n{entries}")
        archive.writestr(f"{info}/RECORD", f"clientbench_urllib.py,,\n{info}/METADATA,,\n")
    programs = installed_into(tmp_path_factory.mktemp("outside"), wheel)
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet"]
    checked([*pip, "--no-deps", "--no-index", str(built)], tmp_path)
    options = ["urllib", "--duration", "0.2", "--rounds", "1", "--concurrency", "2", "--json"]
    document = json.loads(checked([str(programs / "clientbench"), "compare", *options], tmp_path))
    (competitor,) = document["competitors"]
    # what is measured is the standard library; the plugin is beside it
    known = competitor["client_library"], competitor["client_version"]
    assert known == ("urllib", platform.python_version())
    assert document["trials"][0]["versions"]["clientbench-urllib"] == "0.1.0"
    assert competitor["correct"] > 0
    assert competitor["unequal"] == ["urllib.request opens a connection for every request"]
    words = [str(programs / "clientbench"), "clients", "check", "urllib", "null", "--json"]
    document = json.loads(checked(words, tmp_path))
    labels = [one["label"] for one in document["checked"]]
    assert (document["passed"], labels) == (True, ["urllib", "null:sync", "null:async"])


def test_the_installed_command_checks_targets(programs: Path, tmp_path: Path) -> None:
    printed = checked([str(programs / "clientbench"), "targets", "check", "embedded"], tmp_path)
    assert printed.splitlines()[-1].endswith("claims passed")


@pytest.mark.parametrize("name", ["adapters", "servers"])
def test_a_foreign_package_of_our_name_is_one_clear_line(
    name: str, programs: Path, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign" / name
    foreign.mkdir(parents=True)
    (foreign / "__init__.py").write_text("VALUE = 1\n")
    command = [str(programs / "clientbench"), "clients"]
    done = run(command, tmp_path, PYTHONPATH=str(foreign.parent))
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert name in line
    assert str(foreign) in line
    assert "accepted: clientbench in a virtual environment of its own" in line


def test_a_mere_folder_of_our_name_changes_nothing(programs: Path, tmp_path: Path) -> None:
    for name in PACKAGES:
        (tmp_path / name).mkdir()
    command = [str(programs / "clientbench"), "clients"]
    assert "urllib3" in checked(command, tmp_path, PYTHONPATH=str(tmp_path))


def test_help_imports_nothing_dear(tmp_path: Path) -> None:
    code = """
import contextlib, io, json, sys
from harness.cli.main import run
with contextlib.redirect_stdout(io.StringIO()) as printed:
    code = run(["--help"])
print(json.dumps([code, "compare" in printed.getvalue(), sorted(sys.modules)]))
"""
    printed = checked([sys.executable, "-c", code], tmp_path)
    code, shown, modules = json.loads(printed)
    assert (code, shown) == (0, True)
    assert not DEAR & {name.partition(".")[0] for name in modules}
