"""The registry and the modules agree, and an adapter brings nothing with it but its library."""

from __future__ import annotations

import ast
import asyncio
import importlib
import re
from pathlib import Path

import pytest

import adapters
from adapters.base import Adapter, AsyncAdapter, Request, Settings
from adapters.null import Null, NullAsync
from tests.require import require_client

FOLDER = Path(adapters.__file__).parent
SECOND_LIBRARIES = {"harness", "servers", *adapters.BUILTIN}


@pytest.mark.parametrize("name", adapters.BUILTIN)
def test_a_module_offers_the_modes_of_its_client(name: str) -> None:
    require_client(name)
    classes = importlib.import_module(adapters.BUILTIN[name][0]).ADAPTERS
    assert [cls.name for cls in classes] == [name] * len(classes)
    modes = [cls.mode for cls in classes]
    assert modes == sorted(set(modes), reverse=True)  # sync first, each once
    for cls in classes:
        assert issubclass(cls, Adapter if cls.mode == "sync" else AsyncAdapter)
        assert all(sentence[:1].isalnum() and len(sentence) < 120 for sentence in cls.unequal)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_an_adapter_imports_its_own_library_and_no_other(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported & SECOND_LIBRARIES <= {path.stem}


def test_pycurl_names_the_libraries_it_is_linked_with() -> None:
    from adapters.pycurl import Pycurl

    versions = Pycurl.linked_versions()
    assert len(versions) == 2
    assert re.fullmatch(r"\d+\.\d+\.\d+", versions["libcurl"])


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
