"""``--output``: what it may replace, and what it never does."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import output
from harness.cli.main import run
from harness.errors import UnusableError, UsageError
from harness.report.exporters import FORMATS
from harness.store import Store
from tests.cli.command import ONE, clientbench
from tests.examples import FINDING, finished, save, two_clients
from tests.examples import run as record
from tests.refusals import refused
from tests.require import require
from tests.store.test_permissions import NOBODY


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Store.open(tmp_path / "results.db").close()
    return tmp_path / "results.db"


IS_THE_DATABASE: dict[str, Callable[[Path], object]] = {
    "symbolic.md": lambda path: path.symlink_to("results.db"),
    "hard.md": lambda path: path.hardlink_to("results.db"),
    "log.csv": lambda path: path.symlink_to("results.db-wal"),
    "./twice.json": lambda path: path.symlink_to(f"../{path.parent.name}/results.db"),
}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", IS_THE_DATABASE)
def test_the_database_is_not_replaced_by_any_name(name: str, force: bool, database: Path) -> None:
    IS_THE_DATABASE[name](database.with_name(Path(name).name))
    with refused(f"--output: {name!r} is the database"):
        output.checked(name, database, force=force)


@pytest.mark.parametrize(("database", "file"), [("b.md", "b.md"), ("x.db", "o.csv")])
def test_nor_is_a_database_that_is_still_to_be_made(
    database: str, file: str, tmp_path: Path
) -> None:
    if database != file:
        (tmp_path / file).symlink_to(database)
    ended = clientbench("compare", "null", *ONE, "--db", database, "--output", file, cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith(f"clientbench: --output: {file!r} is the database ")
    assert not (tmp_path / database).exists()


NO_FILES: dict[str, Callable[[Path], object]] = {
    "pipe.json": os.mkfifo,
    "folder.md": Path.mkdir,
    "device.txt": lambda path: path.symlink_to("/dev/full"),
    "loop.csv": lambda path: path.symlink_to(path),
    "lost.csv": lambda path: path.symlink_to("nowhere/file.csv"),
    f"{'x' * 300}.md": lambda path: None,
    "nul\0.md": lambda path: None,
}


@pytest.mark.parametrize("name", NO_FILES)
def test_what_is_no_file_is_refused(name: str, database: Path) -> None:
    NO_FILES[name](database.with_name(name))
    with refused(f"--output: {name!r} "):
        output.checked(name, database, force=True)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_report_of_ours_may_be_replaced_and_nothing_else(suffix: str, database: Path) -> None:
    made = finished(two_clients(), gate=(FINDING,))
    report = Path(f"report{suffix}")
    for content in (
        "",
        FORMATS[suffix].write(made, two_clients()),
        FORMATS[suffix].write(made, []),
    ):
        report.write_text(content)
        assert output.checked(report.name, database, force=False) == report
    others_json = '{"schema_version": 1, "items": []}'  # many programs write that
    for content in ("mine", "label,run_id\n", '{"run": 1}', others_json, "measured at: noon\n"):
        report.write_text(content)
        with refused(f"--output: {report.name!r} exists and is not a report of clientbench"):
            output.checked(report.name, database, force=False)
        assert output.checked(report.name, database, force=True) == report
        assert report.read_text() == content


def test_a_link_is_judged_by_its_own_name(database: Path) -> None:
    """What is written is a report as the name typed says, whatever the file behind it is called."""
    link, file = database.with_name("report.md"), database.with_name("other.db")
    link.symlink_to(file.name)
    file.write_text("mine")
    with refused("--output: 'report.md' exists and is not a report of clientbench"):
        output.checked("report.md", database, force=False)
    file.write_text(FORMATS[".md"].write(finished(two_clients()), two_clients()))
    assert output.checked("report.md", database, force=False) == Path("report.md")


def test_a_file_that_has_come_meanwhile_is_not_replaced_either(database: Path) -> None:
    path = output.checked("report.md", database, force=False)
    path.write_text("mine")
    with pytest.raises(UnusableError, match=r"could not be written .*is not a report"):
        output.write(path, "ours", database, force=False)
    assert path.read_text() == "mine"
    output.write(path, "ours \ud800", database, force=True)
    assert path.read_bytes() == b"ours \\ud800"


def test_without_the_option_there_is_nothing_to_write(database: Path) -> None:
    reports = output.Reports.of((), database, force=False, with_matrix=False)
    assert list(reports.write(finished(two_clients()), two_clients())) == []
    with pytest.raises(UsageError):
        output.Reports.of(("report.pdf",), database, force=True, with_matrix=False)


def test_a_disk_that_fills_up_leaves_an_older_report_as_it_was(database: Path) -> None:
    report = database.with_name("it.md")
    report.write_text("# clientbench\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(UnusableError, match="could not be written"):
            output.write(report, "x" * 20_000, database, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert report.read_text() == "# clientbench\n"
    assert sorted(path.name for path in report.parent.glob("*.md")) == ["it.md"]
    assert not list(report.parent.glob(".clientbench-*"))


def test_a_writable_file_of_another_user_in_a_sticky_folder_is_written() -> None:
    require(os.geteuid() == 0, "only root can make files of another user")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o1777)
        report = folder / "it.md"
        report.write_text("# clientbench\n" * 9)
        report.chmod(0o666)
        os.seteuid(NOBODY)
        try:
            output.write(report, "ours", folder / "results.db", force=True)
        finally:
            os.seteuid(0)
        assert report.read_text() == "ours"
        assert report.stat().st_uid == 0
        assert list(folder.iterdir()) == [report]


def test_one_run_may_have_several_files(tmp_path: Path) -> None:
    files = ["a.json", "b.md", "c.csv", "d.txt"]
    words = [word for name in files for word in ("--output", name)]
    words[0] = "-o"
    ended = clientbench("compare", "null:sync", *ONE, *words, cwd=tmp_path)
    assert ended.code == 0, ended.err
    for name in files:
        assert output.checked(str(tmp_path / name), tmp_path / "x.db", force=False)
        assert "null:sync" in (tmp_path / name).read_text()


def test_all_files_are_checked_before_the_run(tmp_path: Path) -> None:
    words = ("--output", "good.md", "--output", "no/such/folder/bad.csv", "--output", "good.json")
    ended = clientbench("compare", "null:sync", *ONE, *words, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("clientbench: --output: 'no/such/folder/bad.csv' cannot be written")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("second", ["a.md", "./a.md", "link.md"])
def test_one_file_under_two_names_is_refused(second: str, database: Path) -> None:
    Path("link.md").symlink_to("a.md")
    with refused(
        f"--output: 'a.md' and {str(Path(second))!r} are the same file; expected each once"
    ):
        output.Reports.of(("a.md", second), database, force=False, with_matrix=False)


def test_a_file_that_cannot_be_written_keeps_no_other_from_it(database: Path) -> None:
    names = ("a.md", "b.json", "c.csv")
    reports = output.Reports.of(names, database, force=False, with_matrix=False)
    Path("b.json").mkdir()
    (trouble,) = reports.write(finished(two_clients()), two_clients())
    assert trouble.startswith("--output: 'b.json' could not be written ('b.json' is not a regular")
    assert Path("a.md").is_file() and Path("c.csv").is_file()


@pytest.fixture
def stored(database: Path) -> Path:
    with Store.open(database) as store:
        save(store, record(), two_clients())
        store.finish(finished(two_clients()))
    return database


def test_a_stored_run_is_written_as_the_run_itself_would_be(
    stored: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("results", "show", "latest", "--db", str(stored), "--json")
    assert run((*words, "--output", "a.json", "-o", "a.md")) == 0
    assert Path("a.json").read_text() == capfd.readouterr().out
    assert FORMATS[".md"].sign.search(Path("a.md").read_bytes())


def test_quiet_with_the_matrix_has_it_below_the_table(
    stored: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("results", "show", "latest", "--db", str(stored), "--quiet")
    assert run(words) == 0
    table = capfd.readouterr().out
    assert run((*words, "--matrix")) == 0
    whole = capfd.readouterr().out
    assert whole.startswith(f"{table}\n")
    assert "throughput: row ÷ column" in whole.removeprefix(table)


def test_quiet_keeps_files_whole(stored: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ("results", "show", "latest", "--db", str(stored), "--matrix")
    for more in ("--quiet", "--details"):
        assert (
            run((*words, more, "-o", f"{more}.json", "-o", f"{more}.txt", "-o", f"{more}.md")) == 0
        )
    for suffix in ("json", "txt", "md"):
        assert Path(f"--quiet.{suffix}").read_text() == Path(f"--details.{suffix}").read_text()


def test_that_too_replaces_nothing_of_the_users(
    stored: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("mine.md").write_text("mine")
    words = ("results", "show", "latest", "--db", str(stored), "--output", "mine.md")
    assert run(words) == 2
    assert "'mine.md' exists and is not a report of clientbench" in capfd.readouterr().err
    assert Path("mine.md").read_text() == "mine"
    assert run((*words, "--force")) == 0
    assert Path("mine.md").read_text() != "mine"
    assert run((*words[:-1], stored.name)) == 2  # never the database
