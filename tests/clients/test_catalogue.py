"""Which clients there are: asked of a real interpreter, remembered until something changes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import adapters
from harness.clients import catalogue as catalogue_module
from harness.clients import interpreters
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, known_clients
from harness.clients.contamination import SitePackages
from harness.errors import UnusableError, UsageError
from harness.scenario.selector import parse


@pytest.fixture(scope="module")
def found(bundle: Bundle) -> Catalogue:
    return Catalogue(bundle)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "clientbench"


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was really asked of an interpreter; the real thing answers."""
    asked: list[str] = []
    real = interpreters.ask

    def ask(python: str, bundle: Bundle, question: dict[str, Any], *flags: str) -> dict[str, Any]:
        asked.append(question["ask"])
        return real(python, bundle, question, *flags)

    monkeypatch.setattr(catalogue_module, "ask", ask)
    return asked


def test_every_client_of_ours_is_known_with_version_and_modes(found: Catalogue) -> None:
    clients = {client.name: client for client in found.clients()}

    assert list(clients) == [*adapters.BUILTIN, *adapters.ELSEWHERE]
    for name in ("requests", "httpx", "aiohttp", "pycurl", "urllib3"):
        assert clients[name].installed and clients[name].problem is None
        assert clients[name].version == version(name)
    assert list(clients["httpx"].modes) == ["sync", "async"]
    assert list(clients["aiohttp"].modes) == ["async"]
    assert clients["stdlib"].version == sys.version.partition(" ")[0]
    assert clients["pycurl"].linked["libcurl"]


def test_optional_accelerators_are_hidden_and_listed(found: Catalogue) -> None:
    client = found.clients(["httpx"])[0]

    assert "httpcore" in client.closure.versions
    assert "rich" in client.closure.hidden  # of the extra "cli"
    assert not {"rich", "typer", "numpy"} & client.closure.versions.keys()


@pytest.mark.parametrize(
    ("selector", "error", "parts"),
    [
        ("blacksheep", UnusableError, ("'blacksheep' has no adapter: part of a server",)),
        ("curl", UsageError, ("'curl' is unknown", "pycurl", "`clientbench clients` lists all")),
        (
            "requests:async",
            UsageError,
            ("'requests' has no mode 'async'", "accepted: requests:sync"),
        ),
        ("aiohttp:sync", UsageError, ("'aiohttp' has no mode 'sync'", "accepted: aiohttp:async")),
        ("httpx==0.1", UnusableError, ("0.1", f"accepted: httpx=={version('httpx')}")),
        ("httpx@/no/such/python", UnusableError, ("/no/such/python",)),
        ("httpx@3.1", UnusableError, ("3.1", "is not found")),
    ],
)
def test_a_client_that_cannot_be_had_is_refused_in_one_line(
    selector: str, error: type[Exception], parts: tuple[str, ...], bundle: Bundle
) -> None:
    spec = parse(selector)
    with pytest.raises(error) as caught:
        Catalogue(bundle, spec.python).select(spec)

    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_installed_version_is_accepted(found: Catalogue) -> None:
    spec = parse(f"httpx=={version('httpx')}:async+uvloop")

    assert found.select(spec).name == "httpx"


def test_a_loop_needs_an_async_client(found: Catalogue) -> None:
    spec = parse("requests+uvloop")
    with pytest.raises(UsageError, match="requests"):
        found.select(spec)


def test_a_package_that_was_written_over_has_the_version_of_what_is_there(
    found: Catalogue, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = Catalogue(bundle)
    monkeypatch.setitem(vars(forged), "site", SitePackages(urllib3="2.25.904"))
    for name, needs_it in (("requests", True), ("httpx", False)):
        client = found.clients([name])[0]
        seen = forged.closure_with_loop(client, None)
        claimed = client.closure.versions.get("urllib3")
        assert (claimed is not None) == needs_it
        told = claimed and f"{claimed}, in fact urllib3-future 2.25.904"
        assert seen.versions.get("urllib3") == told
        assert seen.entries == client.closure.entries


def test_a_loop_widens_the_closure(found: Catalogue) -> None:
    client = found.clients(["aiohttp"])[0]

    assert "uvloop" in found.closure_with_loop(client, "uvloop").versions
    assert "uvloop" not in found.closure_with_loop(client, "asyncio").versions


def test_answers_are_remembered_from_one_command_to_the_next(
    cache: Path, questions: list[str]
) -> None:
    with Bundle() as bundle:
        first = Catalogue(bundle).clients(["null", "raw"])
    assert sorted(questions) == ["capabilities", "capabilities", "metadata"]

    with Bundle() as bundle:
        assert Catalogue(bundle).clients(["null", "raw"]) == first
    assert len(questions) == 3
    assert len(list(cache.iterdir())) == 1


def test_answers_about_several_clients_add_up_in_the_cache(
    bundle: Bundle, cache: Path, questions: list[str]
) -> None:
    Catalogue(bundle).clients(["null"])
    Catalogue(bundle).clients(["raw"])
    questions.clear()
    Catalogue(bundle).clients(["null", "raw"])

    assert questions == []


def test_the_content_of_a_package_is_read_only_for_what_is_measured(
    bundle: Bundle, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents: list[str] = []
    real = catalogue_module.content_digest

    def content_digest(parts: tuple[str, ...]) -> str:
        contents.extend(parts)
        return real(parts)

    monkeypatch.setattr(catalogue_module, "content_digest", content_digest)
    found = Catalogue(bundle)
    client, *_ = found.clients(["requests", "httpx", "aiohttp"])
    assert contents == []

    found.environment(found.closure_with_loop(client, None))
    assert {Path(part).name for part in contents} >= {"requests", "urllib3"}
    assert not any("httpx" in part for part in contents)


def test_a_change_in_a_folder_of_packages_is_noticed(
    bundle: Bundle, cache: Path, questions: list[str]
) -> None:
    Catalogue(bundle).clients(["null"])
    stored = next(cache.iterdir())
    answer = json.loads(stored.read_text().partition("\n")[2])
    assert any("site-packages" in folder for folder in answer["metadata"]["stamps"])
    folder = stored.parent / "packages"
    folder.mkdir()
    answer["metadata"]["stamps"][str(folder)] = folder.stat().st_mtime_ns
    text = json.dumps(answer)
    stored.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
    questions.clear()
    Catalogue(bundle).clients(["null"])
    assert questions == []

    os.utime(folder, ns=(1, 1))  # as if something was installed there
    Catalogue(bundle).clients(["null"])
    assert sorted(questions) == ["capabilities", "metadata"]


@pytest.mark.long
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\x00", b"null", b'{"metadata": {"stamps": []}}', b"[" * 100_000],
    ids=lambda content: content[:40].decode("latin-1"),
)
def test_a_damaged_cache_is_only_slower(content: bytes, bundle: Bundle, cache: Path) -> None:
    Catalogue(bundle).clients(["null"])
    stored = next(cache.iterdir())
    stored.write_bytes(content)

    assert Catalogue(bundle).clients(["null"])[0].installed
    assert stored.read_bytes() != content


def test_a_cache_that_was_cut_short_is_only_slower(bundle: Bundle, cache: Path) -> None:
    before = Catalogue(bundle).clients(["null"])
    stored = next(cache.iterdir())
    stored.write_bytes(stored.read_bytes()[:-9])

    assert Catalogue(bundle).clients(["null"]) == before


def test_a_cache_that_cannot_be_used_is_only_slower(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))

    assert Catalogue(bundle).clients(["null"])[0].installed


def test_an_interpreter_that_is_none_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho not a python >&2; echo and a hint >&2; exit 4\n")
    script.chmod(0o755)
    with pytest.raises(UnusableError) as failed:
        Catalogue(bundle, str(script)).clients(["null"])
    assert str(failed.value) == f"client.python: {str(script)!r} cannot be asked: not a python"


def test_an_interpreter_that_says_nothing_sensible_is_refused(
    bundle: Bundle, tmp_path: Path
) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho hello\n")
    script.chmod(0o755)
    with pytest.raises(UnusableError, match="python"):
        Catalogue(bundle, str(script)).clients(["null"])


def test_an_interpreter_that_hangs_is_given_up(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "ASK_TIMEOUT_S", 0.3)
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nexec sleep 600\n")
    script.chmod(0o755)
    started = time.monotonic()
    with pytest.raises(UnusableError):
        Catalogue(bundle, str(script)).clients(["null"])
    assert time.monotonic() - started < 10


@pytest.mark.long
def test_adapters_of_others_are_found_by_their_entry_point(foreign_python: Path) -> None:
    """In an environment that has the distributions, as after ``pip install``."""
    answer = subprocess.run(
        [foreign_python, "-m", "harness", "clients", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    clients = {client["name"]: client for client in json.loads(answer.stdout)["clients"]}

    assert clients["courier"]["installed"] is True
    assert clients["courier"]["version"] == "1.2.3"
    assert list(clients["courier"]["modes"]) == ["sync"]
    assert clients["courier"]["problem"] is None
    assert clients["requests"]["installed"] is True  # seen in the same environment
    assert clients["wreck"]["installed"] is True
    assert "a_module_nobody_has" in clients["wreck"]["problem"]


def test_ours_cannot_be_replaced_by_others() -> None:
    assert list(known_clients())[: len(adapters.BUILTIN)] == list(adapters.BUILTIN)
    known = known_clients()["requests"]
    assert (known.module, known.distribution) == adapters.BUILTIN["requests"]
