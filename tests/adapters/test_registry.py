"""The registry and the modules agree, and an adapter brings nothing with it but its library."""

from __future__ import annotations

import ast
import asyncio
import importlib
import re
import tomllib
from pathlib import Path

import pytest

import adapters
from adapters.base import Adapter, AsyncAdapter, Request, Settings
from adapters.null import Null, NullAsync
from tests.require import require_client

FOLDER = Path(adapters.__file__).parent
LIBRARIES = {
    module.partition(".")[2]
    for module, _ in (*adapters.BUILTIN.values(), *adapters.ELSEWHERE.values())
}
SECOND_LIBRARIES = {"harness", "servers", *LIBRARIES}
# Libraries that join others, by module: their users import those, too.
JOINED = {"grequests": {"requests"}, "httpx_aiohttp": {"httpx", "aiohttp"}}


@pytest.mark.parametrize("name", adapters.BUILTIN)
def test_a_module_offers_the_modes_of_its_client(name: str) -> None:
    require_client(name)
    classes = importlib.import_module(adapters.BUILTIN[name][0]).ADAPTERS
    assert [cls.name for cls in classes] == [name] * len(classes)
    modes = [cls.mode for cls in classes]
    assert modes == sorted(set(modes), reverse=True)  # sync first, each once
    assert tuple(modes) == adapters.MODES_OF[name]
    for cls in classes:
        assert issubclass(cls, Adapter if cls.mode == "sync" else AsyncAdapter)
        assert all(sentence[:1].isalnum() and len(sentence) < 120 for sentence in cls.unequal)


def test_every_library_has_an_oldest_version_that_its_adapter_supports() -> None:
    libraries = {
        name
        for name, (_, distribution) in {**adapters.BUILTIN, **adapters.ELSEWHERE}.items()
        if distribution is not None
    }
    assert {*adapters.OLDEST} == libraries


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_an_adapter_imports_its_own_library_and_no_other(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    needed = {*adapters.NEEDS.get(path.stem, ()), *JOINED.get(path.stem, ())}
    assert imported & SECOND_LIBRARIES <= {path.stem, *needed}


def test_pycurl_names_the_libraries_it_is_linked_with() -> None:
    import pycurl

    from adapters.pycurl import Pycurl

    versions = Pycurl.linked_versions()
    assert re.fullmatch(r"\d+\.\d+\.\d+", versions["libcurl"])
    assert versions["libcurl"] == pycurl.version_info()[1]
    assert {"OpenSSL", "nghttp2"} <= {*versions}


def test_null_answers_without_sending() -> None:
    request = Request("GET", "http://nowhere.invalid/")
    null = Null(Settings())
    null.open()
    assert null.send(request) == (200, 0)
    null.close()

    async def asynchronously() -> tuple[int, int]:
        null = NullAsync(Settings())
        await null.open()
        answer = await null.send(request)
        await null.close()
        return answer

    assert asyncio.run(asynchronously()) == (200, 0)


def test_an_extra_brings_the_library_of_its_client() -> None:
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text())["project"]
    for name in adapters.EXTRAS:
        (required,) = project["optional-dependencies"][name]
        assert re.match(r"[\w-]+", required)[0] == adapters.BUILTIN[name][1]  # type: ignore[index]


def test_names_of_clients_and_targets_are_known_where_they_are_declared_alone() -> None:
    """Whatever else is to be known of one of them is a property of it."""
    declaring = {"adapters/__init__.py", "adapters/requestx.py", "servers/spec.py"}
    special = [
        f"{path.relative_to(FOLDER.parent)}: {node.value}"
        for package in ("adapters", "harness", "servers")
        for path in sorted((FOLDER.parent / package).rglob("*.py"))
        if str(path.relative_to(FOLDER.parent)) not in declaring
        and "servers/embedded" not in str(path)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in ("requestx", "embedded")
    ]
    assert special == []
