"""Plug-ins and adapter files in environments made for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.clients import adapter_files
from harness.clients.bundle import Bundle
from harness.clients.catalogues import Catalogues, Making, versions
from harness.clients.environments.plugin import plugin
from harness.errors import UnusableError, UsageError
from harness.scenario.selector import parse
from tests.clients.environments import conftest
from tests.clients.environments import index as indexes
from tests.clients.environments.index import Index

pytestmark = pytest.mark.long

FILE = """
from adapters.base import Adapter

REQUIRES = ("alpha>=2",)

class Mine(Adapter):
    name = "x-file"
    distribution = "alpha"

    def open(self): ...
    def send(self, request):
        return 200, 0
    def close(self): ...

ADAPTERS = (Mine,)
"""


@pytest.fixture
def alphas(index: Index) -> Index:
    for version in ("1.0", "2.0", "3.0"):
        index.wheel("alpha", version)
    return index


@pytest.fixture
def catalogues(alphas: Index, tmp_path: Path) -> Iterator[Catalogues]:
    """They know the client of a file that requires alpha>=2."""
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    files = adapter_files.read([str(path)], [])
    with Bundle(files) as bundle:
        yield Catalogues(bundle, Making(adapter_files=files))


def chosen(catalogues: Catalogues, text: str) -> dict[str, str]:
    """The versions that a client sees as it was asked for."""
    found = catalogues.choose(parse(text))
    return found.catalogue.select(parse(text)).closure.versions


@pytest.mark.parametrize(("text", "version"), [("x-file", "3.0"), ("x-file==2.0", "2.0")])
def test_a_file_gets_an_environment_with_what_it_requires(
    text: str, version: str, catalogues: Catalogues
) -> None:
    seen = chosen(catalogues, text)
    assert seen["alpha"] == version
    assert [*seen] == ["alpha", "mine.py"]


def test_a_reference_gets_what_is_added_to_it(catalogues: Catalogues) -> None:
    spec = replace(parse("null"), added=("alpha==1.0",))

    found = catalogues.choose(spec)

    assert found.made is not None
    assert found.catalogue.select(spec).closure.versions == {"alpha": "1.0"}


@pytest.mark.parametrize("text", ["null[fast]", "stdlib=./checkout", "raw=./raw.whl"])
def test_a_reference_has_neither_extras_nor_files(text: str, catalogues: Catalogues) -> None:
    name = parse(text).name
    with pytest.raises(UsageError) as refused:
        catalogues.choose(parse(text))
    assert str(refused.value) == (
        f"client: {text!r} has no library with extras or files; accepted: {name}"
    )


def test_a_version_that_a_file_does_not_support_is_refused(catalogues: Catalogues) -> None:
    with pytest.raises(UnusableError, match=r"adapter of x-file requires alpha>=2, not 1\.0"):
        catalogues.choose(parse("x-file==1.0"))


def test_the_versions_of_a_file_are_those_of_its_library(alphas: Index, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    making = Making(adapter_files=adapter_files.read([str(path)], []))
    assert list(versions(making, parse("x-file"), "last:2")) == ["2.0", "3.0"]


def installed(site: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, **more: object) -> None:
    """Put the plug-in ``beta`` into a folder where only this process sees it."""
    info = site / "beta-1.2.3.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: beta\nVersion: 1.2.3\n")
    if url is not None:
        (info / "direct_url.json").write_text(json.dumps({"url": url, **more}))
    monkeypatch.syspath_prepend(str(site))


def test_a_plug_in_of_the_index_is_required_in_its_version(
    making: conftest.Making, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path / "site", monkeypatch, None)
    assert plugin("beta", making.python, making.maker()) == "beta==1.2.3"


@pytest.mark.parametrize("editable", [False, True])
def test_a_plug_in_from_a_folder_is_built_from_there(
    editable: bool, making: conftest.Making, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = indexes.project(tmp_path / "a b", "beta", "1.2.3", indexes.PLAIN)
    info = {"editable": editable}
    installed(tmp_path / "site", monkeypatch, folder.as_uri(), dir_info=info)
    asked = plugin("beta", making.python, making.maker())
    assert asked.startswith("beta @ file:")
    assert asked.endswith("beta-1.2.3-py3-none-any.whl")
    made = making.maker().make(making.recipe(asked))
    assert list(made.folder.glob("lib/python*/site-packages/beta.py"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("file:///nowhere/beta", "was installed from '/nowhere/beta', which is gone; install"),
        ("https://example.org/beta.git", "was installed from a URL; install it from a folder"),
    ],
)
def test_a_plug_in_that_cannot_be_had_again_is_one_line(
    url: str,
    told: str,
    making: conftest.Making,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed(tmp_path / "site", monkeypatch, url)
    with pytest.raises(UnusableError) as refused:
        plugin("beta", making.python, making.maker())
    assert refused.value.problem.startswith(f"the plug-in beta {told}")
