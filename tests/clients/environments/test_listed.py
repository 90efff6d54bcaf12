"""What ``clients`` and ``environments`` say of the environments in the cache, and what names one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import environments
from harness.clients.environments.cached import cached_versions
from harness.clients.environments.making import Made
from harness.clients.environments.recipe import Origin, Recipe
from harness.errors import UsageError
from tests.cli.command import clientbench
from tests.clients.environments.conftest import Making
from tests.clients.environments.index import Index, wheel

COMMIT = "1a2b3c4d5e" * 4


@pytest.fixture
def released(index: Index, making: Making) -> Made:
    """A release, with something added."""
    index.wheel("zapros", "0.15")
    index.wheel("mureq", "0.3")
    return making.maker().make(making.recipe("zapros==0.15", "mureq"))


@pytest.fixture
def checkout(index: Index, making: Making, tmp_path: Path) -> Made:
    """A checkout, called ``head``."""
    name, content = wheel("mureq", "9.9")
    built = tmp_path / name
    built.write_bytes(content)
    origin = Origin(
        *("head=mureq=work", "mureq", "head", str(tmp_path / "work"), "mureq", COMMIT, True)
    )
    requirement = f"mureq @ {built.as_uri()}"
    return making.maker().make(Recipe(making.python, (requirement,), origin=origin))


def meant(text: str, capsys: pytest.CaptureFixture[str]) -> str:
    environments.show(text, True)
    found: str = json.loads(capsys.readouterr().out)["id"]
    return found


@pytest.mark.parametrize(
    "text",
    ["zapros", "Zapros", "zapros==0.15", "ZAPROS==0.15", "zapros==0.15, mureq"],
)
def test_an_environment_is_named_by_its_client_or_version(
    text: str, released: Made, checkout: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    assert meant(text, capsys) == released.digest != checkout.digest
    assert meant(released.digest[:6], capsys) == released.digest


@pytest.mark.long
@pytest.mark.parametrize(
    "text",
    [
        *("head", "work", "./work", "mureq", "mureq=work", "head=mureq=work"),
        "head=mureq=work (1a2b3c4d, dirty)",
    ],
)
def test_a_checkout_is_named_by_all_that_is_shown_of_it(
    text: str,
    released: Made,
    checkout: Made,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert meant(text, capsys) == checkout.digest != released.digest
    assert meant(str(tmp_path / "work"), capsys) == checkout.digest


def test_a_text_that_means_none_or_several(released: Made, index: Index, making: Making) -> None:
    index.wheel("zapros", "0.16")
    making.maker().make(making.recipe("zapros==0.16"))

    with pytest.raises(UsageError) as several:
        environments.freeze("zapros")
    with pytest.raises(UsageError) as none:
        environments.remove(["nobody"])
    assert released.digest[:8] in several.value.problem
    for part in ("(zapros==0.15, mureq, Python 3.", "(zapros==0.16, Python 3.", "one id"):
        assert part in several.value.problem
    assert "an id, a client, NAME==VERSION, an alias, or the path" in none.value.problem


def test_an_environment_that_is_named_twice_is_removed_once(
    released: Made, making: Making, capsys: pytest.CaptureFixture[str]
) -> None:
    making.makers.pop().close()

    environments.remove(["zapros", released.digest])

    said = capsys.readouterr().out.splitlines()
    assert said == [f"removed {released.digest[:8]} (zapros==0.15, mureq)"]


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_the_list_breaks_no_name_and_shows_commit_and_changes(
    columns: str, released: Made, checkout: Made, tmp_path: Path
) -> None:
    listed = clientbench("environments", cwd=tmp_path, environ={"COLUMNS": columns})

    assert listed.code == 0, listed
    assert {"head=mureq=work", "(1a2b3c4d,", "dirty)", "zapros==0.15,"} <= {*listed.out.split()}
    assert all(len(line) <= int(columns) for line in listed.out.splitlines())
    assert checkout.digest[:8] in listed.out
    assert "py3-none-any" not in listed.out


def test_progress_names_the_checkout_not_the_wheel_that_was_built(
    checkout: Made, making: Making
) -> None:
    python = making.python.version
    assert making.told[-1] == f"making head=mureq=work (1a2b3c4d, dirty) for Python {python}"


def test_the_newest_cached_version_of_a_client(
    released: Made, checkout: Made, index: Index, making: Making
) -> None:
    for version in ("0.9", "0.16"):
        index.wheel("zapros", version)
        making.maker().make(making.recipe(f"zapros=={version}"))

    # mureq was added to another client, and built from a checkout, which is no release
    found = cached_versions({"Zapros": "zapros", "mureq": "mureq", "httpx": "httpx"})
    assert found == {"Zapros": "0.16"}
