"""Which code may import what (DESIGN §2 and §3), read from the sources and seen in a live process."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("adapters", "harness", "servers")
CLIENTS = {"requests", "httpx", "aiohttp", "pycurl", "urllib3", "requestx"}
# The event loop that `+trio` asks for is a distribution of its own. The worker has to make it, and imports
# it only when its job says so. So does the conformance suite.
WORKER_EXCEPTIONS = {
    ("harness.worker.trio_backend", "trio"),
    ("harness.worker.greenlets", "gevent"),
    ("harness.worker.greenlet_timer", "gevent"),
}
LOOP_EXCEPTIONS = {
    ("adapters.runners", "twisted"),
    ("adapters.trio_runner", "trio"),
    ("adapters.conformance.trio_session", "trio"),
    ("adapters.conformance.gevent_session", "gevent"),
}


@dataclass(frozen=True)
class Import:
    """One imported module, wherever in the file the statement stands."""

    importer: str
    imported: str

    @property
    def top(self) -> str:
        return self.imported.partition(".")[0]


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package.replace(".", "/")).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[Import]:
    importer = module_name(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (Import(importer, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            # `from harness.machine import processors` imports the module, not just the package
            yield from (Import(importer, f"{node.module}.{alias.name}") for alias in node.names)


def all_imports(package: str) -> list[Import]:
    found = [one for path in sources(package) for one in imports(path)]
    assert found or not sources(package)
    return found


def is_standard(name: str) -> bool:
    return name in sys.stdlib_module_names or name == "__future__"


@pytest.mark.parametrize(("package", "barred"), [("adapters", "servers"), ("servers", "adapters")])
def test_adapters_and_servers_import_neither_harness_nor_each_other(
    package: str, barred: str
) -> None:
    wrong = [one for one in all_imports(package) if one.top in {"harness", barred}]

    assert wrong == []


def test_the_worker_imports_the_standard_library_adapters_and_itself_alone() -> None:
    wrong = [
        one
        for one in all_imports("harness/worker")
        if not is_standard(one.top)
        and one.top != "adapters"
        and not one.imported.startswith("harness.worker.")
        and (one.importer, one.top) not in WORKER_EXCEPTIONS
    ]

    assert wrong == []


def test_the_exceptions_for_loops_are_still_needed() -> None:
    assert {(one.importer, one.top) for one in all_imports("harness/worker")} >= WORKER_EXCEPTIONS
    assert {(one.importer, one.top) for one in all_imports("adapters")} >= LOOP_EXCEPTIONS


def test_no_adapter_imports_the_suite_that_checks_it() -> None:
    wrong = [
        one
        for one in [*all_imports("adapters"), *all_imports("harness/worker")]
        if one.imported.startswith("adapters.conformance")
        and not one.importer.startswith("adapters.conformance")
    ]

    assert wrong == []


@pytest.mark.parametrize("package", ["harness", "adapters"])
def test_packages_the_worker_passes_through_import_nothing(package: str) -> None:
    assert list(imports(ROOT / package / "__init__.py")) == []


# Packages of which a library hands over objects, or takes them.
ITS_TERMS = {
    "aiohttp": {"yarl"},
    "geventhttpclient": {"gevent"},
    "grequests": {"requests"},
    "gufo_http": {"gufo"},
    "httpx_aiohttp": {"httpx", "aiohttp"},
    "tornado": {"pycurl"},
    "treq": {"twisted", "OpenSSL", "service_identity", "zope"},
}


def test_adapters_import_their_own_library_the_standard_library_and_the_contract_alone() -> None:
    for path in sources("adapters"):
        own = {path.stem} | ITS_TERMS.get(path.stem, set())
        for one in imports(path):
            if (one.importer, one.top) in LOOP_EXCEPTIONS:
                continue
            assert is_standard(one.top) or one.top in own | {"adapters"}, one


def test_orchestrator_modules_import_no_client_library() -> None:
    wrong = [
        one
        for one in [*all_imports("harness"), *all_imports("servers")]
        if one.top in CLIENTS or one.imported.startswith(tuple(f"adapters.{c}" for c in CLIENTS))
    ]

    assert wrong == []


def test_no_client_library_is_loaded_in_a_live_orchestrator() -> None:
    code = "import json, sys, harness.cli.measuring, harness.cli.listing; print(json.dumps(list(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert CLIENTS & {name.partition(".")[0] for name in json.loads(answer.stdout)} == set()


# Inside harness a package imports only itself and those before it; modules outside of packages are the
# ground floor.
ORDER = (
    *(
        "worker",
        "records",
        "scenario",
        "input",
        "machine",
        "clients",
        "analysis",
        "store",
        "measure",
        "report",
    ),
    *("selftest", "doctor", "checking", "cli"),
)
GROUND = {
    "harness.clock",
    "harness.errors",
    "harness.interrupts",
    "harness.option_names",
    "harness.paths",
    "harness.redaction",
    "harness.text",
}
# Packages that may know how something was typed.
READS_INPUT = {"input", "selftest", "cli"}


def package(module: str) -> str:
    """The package of harness that a module is of; "" for the ground floor."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ORDER else ""


@cache
def inside(top: str = "harness") -> dict[str, set[str]]:
    """The modules of a package of ours, and which of them each imports."""
    modules = {module_name(path): path for path in sources(top)}

    def owner(name: str) -> str:
        while name not in modules:
            name = name.rpartition(".")[0]
        return name

    return {
        module: {owner(one.imported) for one in imports(path) if one.top == top} - {module, top}
        for module, path in modules.items()
    }


def test_every_package_has_its_place() -> None:
    assert {path.parent.name for path in (ROOT / "harness").glob("*/__init__.py")} == {*ORDER}
    loose = {module_name(path) for path in (ROOT / "harness").glob("*.py")}
    assert loose == GROUND | {"harness", "harness.__main__"}


def test_packages_import_what_is_before_them() -> None:
    places = {"": -1} | {name: number for number, name in enumerate(ORDER)}
    wrong = [
        (module, imported)
        for module, found in inside().items()
        if module != "harness.__main__"
        for imported in sorted(found)
        if places[package(imported)] > places[package(module)]
        or (package(imported) == "input" and package(module) not in READS_INPUT)
    ]

    assert wrong == []


@pytest.mark.parametrize("name", ORDER)
def test_a_package_says_what_enters_what_leaves_and_what_it_imports(name: str) -> None:
    source = (ROOT / "harness" / name / "__init__.py").read_text()
    said = " ".join((ast.get_docstring(ast.parse(source)) or "").split())
    assert "Enters: " in said and "Leaves: " in said
    named = {*re.findall(r"``(\w+)``", said.partition("Imports ")[2])} & {*ORDER}
    found = {
        package(imported)
        for module, imports_of_it in inside().items()
        if package(module) == name
        for imported in imports_of_it
    } - {"", name}
    assert named == found or (name, named) == ("cli", set())


@pytest.mark.parametrize("top", OURS)
def test_no_module_imports_itself_by_way_of_others(top: str) -> None:
    circles: list[tuple[str, ...]] = []
    ended: set[str] = set()
    graph = inside(top)

    def visit(module: str, way: tuple[str, ...]) -> None:
        if module in way:
            circles.append((*way[way.index(module) :], module))
        elif module not in ended:
            for imported in sorted(graph[module]):
                visit(imported, (*way, module))
            ended.add(module)

    for module in graph:
        visit(module, ())
    assert circles == []


def speaks(node: ast.AST) -> str | None:
    """What a node prints or ends the process with, if it does."""
    if not isinstance(node, ast.Call):
        return None
    called = ast.unparse(node.func)
    if called in {"print", "sys.exit", "exit", "quit", "breakpoint"}:
        return called
    if called in {"sys.stdout.write", "sys.stderr.write", "Console"}:
        told_where = any(keyword.arg == "file" for keyword in node.keywords)
        return None if called == "Console" and told_where else called
    return None


def runs_in_a_process_of_its_own(module: str) -> bool:
    """Worker, target, and those who run targets have standard streams and an exit code of their own."""
    embedded = module.startswith("servers.embedded.") and module != "servers.embedded.target"
    suite = module == "adapters.conformance.server"
    return embedded or suite or module in ("harness.worker.main", "servers.host", "servers.shim")


def test_only_the_command_line_prints_and_chooses_exit_codes() -> None:
    wrong = [
        f"{module_name(path)}: {called}"
        for package in OURS
        for path in sources(package)
        if not module_name(path).startswith("harness.cli")
        and not runs_in_a_process_of_its_own(module_name(path))
        for node in ast.walk(ast.parse(path.read_text()))
        if (called := speaks(node))
    ]

    assert wrong == []


def test_the_worker_never_prints() -> None:
    """Its standard output is nobody's, its errors are events."""
    printing = [
        called
        for path in sources("harness/worker")
        for node in ast.walk(ast.parse(path.read_text()))
        if (called := speaks(node)) and called != "sys.exit"
    ]

    assert printing == []


def test_pyproject_lists_exactly_the_packages_in_the_tree() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    present = [
        module_name(path)
        for package in OURS
        for path in sources(package)
        if path.name == "__init__.py"
    ]

    assert sorted(listed) == sorted(present)


def test_every_folder_with_code_is_a_package() -> None:
    bare = {
        path.parent
        for package in OURS
        for path in sources(package)
        if not (path.parent / "__init__.py").exists()
    }

    assert bare == set()


def test_text_reaches_a_terminal_escaped() -> None:
    """By ``screen``, or as a ``cell``; nothing prints by itself, or gives rich a text as it is."""
    wrong = [
        f"{module_name(path)}: {ast.unparse(node)}"
        for package in ("harness/cli", "harness/report")
        for path in sources(package)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"print", "Text", "sys.stdout.write", "sys.stderr.write"}
        and not (node.args and ast.unparse(node.args[0]).startswith("visible("))
    ]

    assert wrong == []
