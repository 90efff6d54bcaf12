"""Packages that pass for a client: seen in folders, and judged both ways."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.clients.contamination import SitePackages, contaminations, in_fact, read

CLOSURES = {
    "requests": {"requests", "urllib3"},
    "urllib3": {"urllib3"},
    "httpx": {"httpx", "httpcore"},
    "raw": set[str](),
}


def site_packages(folder: Path, *distributions: str, urllib3: str | None = None) -> Path:
    for name in distributions:
        (folder / f"{name}.dist-info").mkdir(parents=True)
    if urllib3 is not None:
        package = folder / "urllib3"
        package.mkdir(parents=True)
        # as urllib3 writes it; the fork has `__version__ = "…"` alone
        (package / "_version.py").write_text(
            f"__version__: str\nversion: str\n\n__version__ = version = '{urllib3}'\n"
        )
    return folder


def test_a_clean_site_contaminates_nothing() -> None:
    versions = {"urllib3": "2.8.0", "httpx": "0.28.1", "gevent": "24.2.1"}
    assert contaminations(SitePackages(versions, urllib3="2.8.0"), CLOSURES) == []
    assert contaminations(SitePackages(), CLOSURES) == []


def test_a_replaced_urllib3_touches_the_clients_that_use_it() -> None:
    site = SitePackages({"urllib3": "2.8.0", "urllib3-future": "2.25.904"}, urllib3="2.25.904")
    (found,) = contaminations(site, CLOSURES)
    assert found.clients == ("requests", "urllib3")
    assert found.message == "urllib3 is urllib3-future 2.25.904"
    assert "pip uninstall urllib3-future" in found.remedy


def test_a_fork_that_waits_for_the_next_start_is_told() -> None:
    hooks = {"urllib3_future.pth": ("urllib3_future",)}
    site = SitePackages({"urllib3-future": "2.25.904"}, urllib3="2.8.0", hooks=hooks)
    (found,) = contaminations(site, CLOSURES)
    assert found.message == (
        "urllib3 will be replaced at the next start of Python by urllib3-future 2.25.904"
    )


def test_a_fork_that_keeps_to_its_own_name_contaminates_nothing() -> None:
    site = SitePackages({"urllib3": "2.8.0", "urllib3-future": "2.25.904"}, urllib3="2.8.0")
    assert contaminations(site, CLOSURES) == []


@pytest.mark.parametrize("version", ["2.8.0", "2.0.99", "3", "no version at all", None])
def test_no_version_of_urllib3_itself_is_taken_for_the_fork(version: str | None) -> None:
    assert contaminations(SitePackages(urllib3=version), CLOSURES) == []


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ("2.25.904", "2.8.0, in fact urllib3-future 2.25.904"),
        ("2.8.0", "2.8.0"),
        (None, "2.8.0"),
    ],
)
def test_versions_say_what_was_written_over(there: str | None, told: str) -> None:
    claimed = {"requests": "2.34.2", "urllib3": "2.8.0"}
    assert in_fact(claimed, SitePackages(urllib3=there)) == {"requests": "2.34.2", "urllib3": told}
    assert in_fact({"httpx": "0.28.1"}, SitePackages(urllib3=there)) == {"httpx": "0.28.1"}


def test_httpxyz_matters_to_workers_that_see_it_beside_httpx() -> None:
    site = SitePackages({"httpx": "0.28.1", "httpxyz": "0.42.1"})
    assert contaminations(site, CLOSURES) == []
    (found,) = contaminations(site, {**CLOSURES, "odd": {"httpx", "httpxyz"}, "xyz": {"httpxyz"}})
    assert found.clients == ("odd",)
    assert "httpxyz 0.42.1" in found.message


def test_start_up_code_is_told_but_touches_no_client() -> None:
    (found,) = contaminations(
        SitePackages(hooks={"sitecustomize.py": ("gevent", "httpxyz")}), CLOSURES
    )
    assert found.clients == ()
    assert found.message.startswith("sitecustomize.py names gevent, httpxyz")


def test_an_orchestrator_patched_by_gevent_falsifies_everything() -> None:
    (found,) = contaminations(SitePackages(patched=("socket", "threading")), CLOSURES)
    assert found.clients == tuple(CLOSURES)
    assert "gevent has replaced socket, threading" in found.message


def test_folders_are_read_in_the_order_of_the_path(tmp_path: Path) -> None:
    first = site_packages(tmp_path / "a", "urllib3-2.9.0", "httpx-0.28.1", urllib3="2.9.0")
    second = site_packages(tmp_path / "b", "urllib3-2.8.0", "gevent-24.2.1", urllib3="2.8.0")
    site = read([tmp_path / "missing", first, second])
    assert site.versions == {"urllib3": "2.9.0", "httpx": "0.28.1", "gevent": "24.2.1"}
    assert site.urllib3 == "2.9.0"


def test_the_folder_that_workers_are_given_is_the_one_beside_the_metadata(tmp_path: Path) -> None:
    fork = site_packages(tmp_path / "a", "urllib3_future-2.25.904", urllib3="2.25.904")
    real = site_packages(tmp_path / "b", "urllib3-2.8.0", urllib3="2.8.0")
    both = site_packages(tmp_path / "c", "urllib3-2.8.0", urllib3="2.25.904")
    assert read([fork, real]).urllib3 == "2.8.0"
    assert read([both, real]).urllib3 == "2.25.904"
    assert read([fork]).urllib3 == "2.25.904"


def test_a_bare_version_line_is_read_too(tmp_path: Path) -> None:
    site_packages(tmp_path, urllib3="1")
    (tmp_path / "urllib3" / "_version.py").write_text('__version__ = "2.25.904"\n')
    assert read([tmp_path]).urllib3 == "2.25.904"


def test_start_up_files_are_searched_for_those_who_patch(tmp_path: Path) -> None:
    (tmp_path / "folders.pth").write_text("gevent\n# import gevent\n")
    (tmp_path / "patch.pth").write_text("import gevent.monkey; gevent.monkey.patch_all()\n")
    (tmp_path / "urllib3_future.pth").write_text("import os; a = 'urllib3_future'\n")
    (tmp_path / "sitecustomize.py").write_text("import httpxyz\n")
    (tmp_path / "usercustomize.py").write_text("import my_gevents\n")
    assert read([tmp_path]).hooks == {
        "patch.pth": ("gevent",),
        "urllib3_future.pth": ("urllib3_future",),
        "sitecustomize.py": ("httpxyz",),
    }


def test_of_one_name_the_first_module_counts_and_every_pth_file(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder, name in ((first, "gevent"), (second, "coverage")):
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(f"import {name}\n")
        (folder / "patch.pth").write_text(f"import {name}\n")
    (first / "usercustomize.py").write_text("")
    (second / "usercustomize.py").write_text("import httpxyz\n")
    assert read([first, second]).hooks == {
        "patch.pth": ("gevent", "coverage"),
        "sitecustomize.py": ("gevent",),
    }


def test_what_gevent_has_replaced_here_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gevent.monkey", raising=False)
    assert read([]) == SitePackages()
    fake = SimpleNamespace(saved={"socket": {}, "_thread": {}})
    monkeypatch.setitem(sys.modules, "gevent.monkey", fake)
    assert read([]).patched == ("_thread", "socket")
