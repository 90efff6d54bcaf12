"""What a client runs in is a value: equal exactly where a client sees the same, and told from the truth."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.measure.contenders import Resolver
from harness.measure.generator import _kind
from harness.records.client_environment import Environment, Imported, content_digest, stamp
from harness.scenario.selector import parse
from tests import installations, plugins
from tests.trials import Bench, measure

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two interpreters of one version, with requests 2.31.0 and 2.32.4."""
    folder = tmp_path_factory.mktemp("environments")
    older = installations.with_requests(folder / "E1", "2.31.0")
    return older, installations.with_requests(folder / "E2", "2.32.4")


def environment_of(catalogue: Catalogue, name: str = "requests") -> tuple[Client, Environment]:
    client = catalogue.select(parse(name))
    return client, catalogue.environment(catalogue.closure_with_loop(client, None))


# --- the value ---------------------------------------------------------------------------------------


def packages(folder: Path) -> list[str]:
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "module.py").write_text("x = 1\n")
    (folder / "lib-1.0.dist-info").mkdir()
    for name in ("METADATA", "RECORD", "direct_url.json"):
        (folder / "lib-1.0.dist-info" / name).write_text(name)
    return [str(folder / "lib"), str(folder / "lib-1.0.dist-info")]


def test_equal_contents_have_one_digest_wherever_they_lie(tmp_path: Path) -> None:
    first, second = packages(tmp_path / "a"), packages(tmp_path / "b")
    for note in ("RECORD", "direct_url.json"):  # name folders of a machine
        (Path(second[1]) / note).write_text("elsewhere")
    bytecode = Path(second[0]) / "__pycache__"
    bytecode.mkdir()
    (bytecode / "module.cpython-311.pyc").write_bytes(b"x")

    assert content_digest(first) == content_digest(second)
    assert stamp(first) != stamp(second)


@pytest.mark.parametrize("change", ["content", "name", "more", "fewer", "metadata"])
def test_whatever_a_client_sees_is_in_the_digest(change: str, tmp_path: Path) -> None:
    entries = packages(tmp_path)
    before, module = content_digest(entries), Path(entries[0]) / "module.py"
    looked = stamp(entries)
    match change:
        case "content":
            module.write_text("x = 2\n")
            installations.touch_later(module)
        case "name":
            module.rename(module.with_name("renamed.py"))
        case "more":
            (module.parent / "data.bin").write_bytes(b"\0")
        case "fewer":
            module.unlink()
        case "metadata":
            (Path(entries[1]) / "METADATA").write_text("another")

    assert content_digest(entries) != before
    assert stamp(entries) != looked


def test_folders_that_contain_themselves_and_files_nobody_may_read_are_no_trap(
    tmp_path: Path,
) -> None:
    entries = packages(tmp_path)
    (Path(entries[0]) / "again").symlink_to(tmp_path / "lib")
    (Path(entries[0]) / "dangling").symlink_to(tmp_path / "nothing")
    os.mkfifo(Path(entries[0]) / "pipe")

    assert content_digest([*entries, str(tmp_path / "gone")])


def test_an_environment_comes_back_from_its_plain_form(bundle: Bundle) -> None:
    _, environment = environment_of(Catalogue(bundle))

    assert environment.interpreter.build == sys.version
    assert Environment.from_plain(environment.to_plain()) == environment
    assert Environment.from_plain(environment.to_plain()).digest == environment.digest
    assert str(installations.OURS) not in str(environment.to_plain())


def test_a_folder_of_links_is_what_it_links_to(tmp_path: Path) -> None:
    first, second = packages(tmp_path / "a"), packages(tmp_path / "b")
    with Bundle() as bundle:
        site = bundle.site(first)
        assert bundle.site(first) == site
        assert bundle.site(second) != site
        assert (site / "lib").resolve() == tmp_path / "a" / "lib"
        assert (bundle.site(second) / "lib").resolve() == tmp_path / "b" / "lib"


def test_parts_of_a_namespace_in_several_folders_are_all_seen(tmp_path: Path) -> None:
    for part in ("one", "two"):
        (tmp_path / part / "space" / part).mkdir(parents=True)
        (tmp_path / part / "regular").mkdir()
        (tmp_path / part / "regular" / "__init__.py").write_text(f"PART = {part!r}\n")
    names = ("space", "regular")
    with Bundle() as bundle:
        site = bundle.site(str(tmp_path / part / name) for part in ("one", "two") for name in names)
        assert {path.name for path in (site / "space").iterdir()} == {"one", "two"}
        assert (
            site / "regular"
        ).resolve() == tmp_path / "one" / "regular"  # the first, as in Python


# --- interpreters -------------------------------------------------------------------------------------


def test_the_same_python_with_other_packages_is_another_environment(
    pythons: tuple[Path, Path], bundle: Bundle
) -> None:
    catalogues = [Catalogue(bundle, str(python)) for python in pythons]
    found = [environment_of(catalogue) for catalogue in catalogues]
    (older, in_older), (newer, in_newer) = found

    assert (older.version, newer.version) == ("2.31.0", "2.32.4")
    assert in_older.digest != in_newer.digest
    assert in_older.interpreter == in_newer.interpreter
    # what sees none of the packages is the same in both
    nulls = [environment_of(catalogue, "null")[1] for catalogue in catalogues]
    assert nulls[0] == nulls[1]


def test_what_was_changed_in_place_is_described_anew(
    tmp_path: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder of packages looks any different afterwards: pip was not there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    python = installations.with_requests(tmp_path / "E", "2.31.0")
    before, was = environment_of(Catalogue(bundle, str(python)))
    (module,) = tmp_path.glob("E/lib/*/site-packages/requests/__version__.py")
    module.write_text(module.read_text().replace("2.31.0", "2.99.9"))
    installations.touch_later(module)
    after, now = environment_of(Catalogue(bundle, str(python)))

    assert before.version == "2.31.0"
    assert after.version == "2.31.0, in fact 2.99.9"
    assert was != now and was.has_changed() and not now.has_changed()


def test_a_path_that_leads_to_another_interpreter_is_asked_again(
    pythons: tuple[Path, Path], tmp_path: Path, bundle: Bundle
) -> None:
    wrapper = tmp_path / "python"
    found = []
    for python in pythons:  # as pyenv's shims do
        wrapper.write_text(f'#!/bin/sh\nexec "{python}" "$@"\n')
        wrapper.chmod(0o755)
        found.append(environment_of(Catalogue(bundle, str(wrapper)))[0].version)

    assert found == ["2.31.0", "2.32.4"]


def test_two_paths_of_one_environment_are_compared_as_a_and_a(
    pythons: tuple[Path, Path], tmp_path: Path, bundle: Bundle
) -> None:
    again = tmp_path / "link"
    again.symlink_to(pythons[0].parents[1])
    clients = tuple(f"requests@{python}" for python in (pythons[0], again / "bin" / "python"))
    scenario = build(Options.of(clients=clients), Defaults())
    Resolver(bundle).check(scenario)
    assert [one.label for one in scenario.competitors] == ["requests@E1", "requests@link"]


def test_stand_ins_run_in_the_interpreter_of_the_client(
    pythons: tuple[Path, Path], bench: Bench
) -> None:
    resolver = Resolver(bench.bundle)
    contender = bench.contender("requests", python=str(pythons[0]))

    for stand_in in (resolver.stand_in(contender), resolver.ceiling(contender)):
        assert stand_in.python == str(pythons[0])
        assert stand_in.environment.distributions == ()


def test_the_generator_is_checked_once_for_each_build_of_python(
    pythons: tuple[Path, Path], bench: Bench
) -> None:
    resolver = Resolver(bench.bundle)
    contender = bench.contender("requests")
    nulls = [resolver.stand_in(replace(contender, python=str(python))) for python in pythons]
    environment = nulls[0].environment
    other = replace(environment, interpreter=replace(environment.interpreter, build="another"))

    assert _kind(nulls[0]) == _kind(nulls[1])
    assert _kind(nulls[0]) != _kind(replace(nulls[0], environment=other))


# --- what was really imported --------------------------------------------------------------------------


PLANNED = Imported("/usr/bin/python3", "3.11.7 (main)", {"requests": ("/a/requests.py", "2.31.0")})


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (PLANNED, None),
        (
            Imported(
                PLANNED.executable, PLANNED.build, {**PLANNED.modules, "idna": ("/i.py", None)}
            ),
            None,
        ),
        (Imported("/other/python3", PLANNED.build, PLANNED.modules), "ran on Python"),
        (Imported(PLANNED.executable, "3.11.8 (main)", PLANNED.modules), "'3.11.8 (main)'"),
        (Imported(PLANNED.executable, PLANNED.build, {}), "did not import requests"),
        (
            Imported(PLANNED.executable, PLANNED.build, {"requests": ("/a/requests.py", "2.32.4")}),
            "imported requests 2.32.4, planned was 2.31.0",
        ),
        (
            Imported(PLANNED.executable, PLANNED.build, {"requests": ("/b/requests.py", "2.31.0")}),
            "imported requests from another folder",
        ),
    ],
)
def test_a_worker_that_imported_something_else_is_told(found: Imported, told: str | None) -> None:
    difference = PLANNED.difference(found)
    assert difference is None if told is None else told in str(difference)


@pytest.mark.parametrize("how", ["reinstalled", "edited"])
def test_packages_that_change_during_a_run_fail_the_trial(
    how: str, tmp_path: Path, bench: Bench
) -> None:
    python = installations.with_requests(tmp_path / "E", "2.31.0")
    bench.catalogue = Catalogue(bench.bundle, str(python))
    contender = bench.contender("requests")
    first = bench.run(contender, requests=2).summary()
    (folder,) = tmp_path.glob("E/lib/*/site-packages")
    if how == "reinstalled":
        installations.put_requests(folder, "2.32.4")
    installations.touch_later(folder / "requests" / "__init__.py")
    trial = bench.ready(contender)
    measure(trial, requests=2)
    second = trial.summary()

    assert first.state == "complete"
    assert (second.state, second.completed) == ("failed", 0)
    expected = {
        "reinstalled": "imported requests 2.32.4, planned was 2.31.0",
        "edited": "files of its packages were written since the run began",
    }
    assert expected[how] in str(second.reason)


def test_a_worker_knows_where_its_modules_come_from_without_importing_more(bench: Bench) -> None:
    """Lazy modules would answer an innocent question by importing half of the standard library."""
    trial = bench.run(bench.contender("requests"), requests=2)

    assert trial.summary().state == "complete"
    assert trial.modules and "sysconfig" not in trial.modules
    assert "adapters" in trial.modules


# --- versions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["path", "finder", "opaque"])
def test_an_editable_client_is_seen_or_refused_by_name(
    layout: str, tmp_path: Path, bundle: Bundle
) -> None:
    site = installations.environment(tmp_path / "E")
    for name in installations.NEEDED:
        installations.link(name, site)
    source = tmp_path / "checkout"
    hook = {"path": str(source), "finder": "import _hook", "opaque": "import _hook"}[layout]
    finder = {
        "finder": f"spec_from_file_location(name, {str(source / 'requests' / '__init__.py')!r})",
        "opaque": "spec_from_loader(name, object())",
    }.get(layout)
    if finder is not None:
        (site / "_hook.py").write_text(
            "import sys\nfrom importlib.util import spec_from_file_location, spec_from_loader\n"
            "class Finder:\n    @staticmethod\n    def find_spec(name, *rest):\n"
            f"        return {finder} if name == 'requests' else None\n"
            "sys.meta_path.insert(0, Finder)\n"
        )
    installations.put_editable_requests(site, source, "2.31.0", hook)
    client = Catalogue(bundle, str(installations.python_of(site))).clients(["requests"])[0]

    if layout == "opaque":
        assert client.problem and "requests is installed editable" in client.problem
    else:
        assert client.problem is None
        assert client.version == "2.31.0 (editable)"
        assert str(source / "requests") in client.closure.entries


def test_what_has_no_list_of_files_is_found_as_an_import_would(
    tmp_path: Path, bundle: Bundle
) -> None:
    """As Debian installs."""
    python = installations.with_requests(tmp_path / "E", "2.31.0")
    (record,) = tmp_path.glob("E/lib/*/site-packages/requests-2.31.0.dist-info/RECORD")
    record.unlink()
    client = Catalogue(bundle, str(python)).clients(["requests"])[0]

    assert (client.version, client.problem) == ("2.31.0", None)
    tops = {Path(entry).name for entry in client.closure.parts["requests"]}
    assert tops == {"requests", "requests-2.31.0.dist-info"}


def test_a_plugins_client_has_the_version_of_its_library(tmp_path: Path) -> None:
    site = tmp_path / "site"
    plugins.install(site, "courier", measures="parcel", requires="parcel")
    plugins.install(site, "clerk", measures="python")
    plugins.install(site, "liar", measures="nothing-required")
    (site / "parcel.py").write_text("")
    parcel = site / "parcel-4.5.6.dist-info"
    parcel.mkdir()
    (parcel / "METADATA").write_text("Metadata-Version: 2.1\nName: parcel\nVersion: 4.5.6\n")
    (parcel / "RECORD").write_text("parcel.py,,\nparcel-4.5.6.dist-info/METADATA,,\n")
    python = plugins.environment(tmp_path / "venv", site)
    program = (
        "import json; from harness.clients.bundle import Bundle\n"
        "from harness.clients.catalogue import Catalogue\n"
        "with Bundle() as bundle:\n"
        "    for one in Catalogue(bundle).clients(['courier', 'clerk', 'liar']):\n"
        "        print(one.name, one.version, one.plugin, one.problem, sep='|')\n"
    )
    told = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    courier, clerk, liar = (line.split("|") for line in told.stdout.splitlines())

    assert courier == ["courier", "4.5.6", "courier-plugin 1.2.3", "None"]
    assert clerk[1:3] == [sys.version.partition(" ")[0], "clerk-plugin 1.2.3"]
    assert "measures 'nothing-required'" in liar[3]
