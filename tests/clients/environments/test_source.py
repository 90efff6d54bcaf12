"""Clients from a checkout, a file or a URL."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.clients.environments.checkout import copied
from harness.clients.environments.source import Source, source
from harness.errors import UnusableError
from tests.clients.environments import index as indexes
from tests.clients.environments.conftest import Making
from tests.clients.environments.index import Index
from tests.clients.environments.test_making import version_of
from tests.require import require

# Writes the version that git describes into the wheel, as setuptools-scm does.
DESCRIBED = (
    indexes.PLAIN.replace("info =", "version = described()\n    info =", 1)
    + """
def described():
    import subprocess
    return subprocess.run(
        ["git", "describe", "--tags"], capture_output=True, text=True, check=True
    ).stdout.strip().replace("-", "+", 1).replace("-", ".")
"""
)


def git(folder: Path, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    author = {
        f"GIT_{who}_{what}": "me" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    answer = subprocess.run(
        command, cwd=folder, env={**kept, **author}, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project under git with one commit and nothing else."""
    folder = indexes.project(tmp_path / "my checkout", "alpha", "5.0", indexes.PLAIN)
    (folder / ".gitignore").write_text("ignored\n__pycache__\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def of(text: str | Path, making: Making, distribution: str = "alpha") -> Source:
    return source(str(text), distribution, making.python, making.maker())


def made(found: Source, making: Making) -> str:
    return version_of(making.maker().make(making.recipe(found.requirement)).python)


def refused(text: str | Path, making: Making, distribution: str = "alpha") -> str:
    with pytest.raises(UnusableError) as caught:
        of(text, making, distribution)
    assert "\n" not in str(caught.value)
    return caught.value.problem


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Everything in a folder, as it would change with any write."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in folder.rglob("*")
    }


def test_a_checkout_is_built_once_and_not_touched(
    index: Index, making: Making, checkout: Path, starts_of_uv: Callable[[], int]
) -> None:
    before = state(checkout)

    found = of(checkout, making)
    starts = starts_of_uv()
    again = of(checkout, making)

    assert (found.kind, found.dirty) == ("checkout", False)
    assert found.commit == git(checkout, "rev-parse", "HEAD")
    assert again == found
    assert starts_of_uv() == starts == 1
    assert state(checkout) == before
    assert str(checkout) not in found.requirement
    assert made(found, making) == "5.0"
    assert making.told[0] == f"building my checkout for Python {making.python}"
    assert making.told[1].startswith("resolving alpha (alpha-5.0-py3-none-any.whl) for")


def test_what_was_there_is_measured_and_called_dirty(
    index: Index, making: Making, checkout: Path
) -> None:
    clean = of(checkout, making)
    (checkout / "alpha.py").write_text("__version__ = 'changed'\n")

    changed = of(checkout, making)

    assert (changed.commit, changed.dirty) == (clean.commit, True)
    assert changed.digest != clean.digest
    assert made(changed, making) == "changed"
    assert made(clean, making) == "5.0"


@pytest.mark.parametrize("hidden", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_was_told_to_ignore_counts(
    making: Making, checkout: Path, hidden: str
) -> None:
    git(checkout, "update-index", hidden, "alpha.py")
    assert of(checkout, making).dirty is False

    (checkout / "alpha.py").write_text("__version__ = 'changed'\n")

    assert of(checkout, making).dirty


def test_a_checkout_that_git_cannot_compare_may_be_dirty(making: Making, checkout: Path) -> None:
    """The program that makes what is kept of a file is gone, as git-lfs may be."""
    git(checkout, "config", "filter.large.clean", "tr a-z A-Z")
    git(checkout, "config", "filter.large.required", "true")
    (checkout / ".gitattributes").write_text("alpha.py filter=large\n")
    git(checkout, "rm", "--quiet", "--cached", "alpha.py")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "second")
    assert of(checkout, making).dirty is False

    git(checkout, "config", "filter.large.clean", "false")

    assert of(checkout, making).dirty


def test_a_checkout_of_another_user(making: Making, checkout: Path) -> None:
    """As in a container that has the user's folder."""
    require(os.geteuid() == 0, "files cannot be given to another user")
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, 12345, 12345)

    found = of(checkout, making)

    assert (found.commit is not None, found.dirty) == (True, False)


def test_settings_of_the_repository_decide_what_differs(making: Making, checkout: Path) -> None:
    git(checkout, "config", "core.fileMode", "false")
    (checkout / "alpha.py").chmod(0o755)

    assert of(checkout, making).dirty is False


@contextlib.contextmanager
def changing(file: Path, *contents: bytes) -> Iterator[None]:
    """Replace a file by each of its contents in turn, again and again."""
    ended, fresh = threading.Event(), file.parent.with_name("fresh")

    def change() -> None:
        while not ended.is_set():
            for content in contents:
                fresh.write_bytes(content)
                fresh.replace(file)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_what_is_said_of_a_changing_checkout_is_true_of_its_copy(
    checkout: Path, tmp_path: Path
) -> None:
    clean = (checkout / "alpha.py").read_bytes()
    with changing(checkout / "alpha.py", clean, clean + b"# changed\n"):
        for number in range(20):
            copy = copied(checkout, tmp_path / str(number))
            assert copy.dirty == ((copy.project / "alpha.py").read_bytes() != clean)


def test_the_digest_of_a_changing_file_is_that_of_what_is_installed(
    making: Making, tmp_path: Path
) -> None:
    files = [indexes.wheel("alpha", "1.0", files={f"alpha/{one}.py": ""}) for one in "ab"]
    path = tmp_path / files[0][0]
    path.write_bytes(files[0][1])
    with changing(path, *(content for _, content in files)):
        for _ in range(200):
            shutil.rmtree(making.cache.folder / "sources", ignore_errors=True)
            found = of(path, making)
            kept = Path(found.requirement.partition("file://")[2]).read_bytes()
            assert hashlib.sha256(kept).hexdigest().startswith(found.digest)


def test_untracked_files_count_and_ignored_ones_do_not(
    index: Index, making: Making, checkout: Path
) -> None:
    clean = of(checkout, making)
    (checkout / "ignored").write_text("")
    assert of(checkout, making) == clean

    (checkout / "new.py").write_text("")
    (checkout / "PKG-INFO").unlink()
    assert of(checkout, making).digest != clean.digest
    assert of(checkout, making).dirty


def test_a_version_made_from_tags(index: Index, making: Making, tmp_path: Path) -> None:
    folder = indexes.project(tmp_path / "tagged", "alpha", "0", DESCRIBED)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    git(folder, "tag", "7.1")
    first = of(folder, making)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "second")

    second = of(folder, making)

    assert "/alpha-7.1-py3" in first.requirement
    assert "/alpha-7.1%2B1.g" in second.requirement


def test_a_project_below_the_top_of_its_repository(
    index: Index, making: Making, tmp_path: Path
) -> None:
    indexes.project(tmp_path / "all" / "clients" / "alpha", "alpha", "6.0", indexes.PLAIN)
    git(tmp_path / "all", "init", "--quiet")

    found = of(tmp_path / "all" / "clients" / "alpha", making)

    assert (found.commit, found.dirty) == (None, True)  # nothing is committed yet
    assert made(found, making) == "6.0"


def test_a_project_that_the_repository_around_it_ignores(
    index: Index, making: Making, tmp_path: Path
) -> None:
    folder = indexes.project(tmp_path / "home" / "work", "alpha", "6.0", indexes.PLAIN)
    git(tmp_path / "home", "init", "--quiet")
    (tmp_path / "home" / ".gitignore").write_text("*\n")

    found = of(folder, making)

    assert (found.commit, found.dirty) == (None, None)
    assert made(found, making) == "6.0"


def test_untracked_files_outside_of_the_project_do_not_count(
    index: Index, making: Making, tmp_path: Path
) -> None:
    folder = indexes.project(tmp_path / "home" / "work", "alpha", "6.0", indexes.PLAIN)
    git(tmp_path / "home", "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    before = of(folder, making)
    (tmp_path / "home" / "letters").write_text("")

    assert of(folder, making) == before
    assert before.dirty is False


def test_wheels_of_checkouts_are_pruned_when_no_environment_has_them(
    index: Index, making: Making, checkout: Path
) -> None:
    wheels = making.cache.folder / "sources"
    found = of(checkout, making)
    with making.maker() as maker:
        digest = maker.make(making.recipe(found.requirement)).digest
    for path in (*wheels.iterdir(), *(making.cache.folder / "resolutions").iterdir()):
        os.utime(path, (0, 0))
    (kept,) = [path for path in wheels.iterdir() if path.is_dir()]

    making.cache.prune(older_than_s=60)
    assert kept.exists()
    making.cache.remove(digest)
    making.cache.prune(older_than_s=60)
    assert list(wheels.iterdir()) == []
    assert list((making.cache.folder / "resolutions").iterdir()) == []


def test_a_wheel_that_a_run_has_just_taken_is_not_pruned(
    making: Making, checkout: Path, tmp_path: Path
) -> None:
    name, content = indexes.wheel("alpha", "1.0")
    wheel = tmp_path / name
    wheel.write_bytes(content)

    def taken_again(text: Path) -> bool:
        of(text, making)
        for path in (making.cache.folder / "sources").iterdir():
            os.utime(path, (0, 0))
        requirement = of(text, making).requirement
        making.cache.prune()
        return Path(requirement.partition("file://")[2]).exists()

    assert taken_again(checkout)
    assert taken_again(wheel)


def test_a_checkout_without_git(index: Index, making: Making, tmp_path: Path) -> None:
    folder = indexes.project(tmp_path / "plain", "alpha", "5.0", indexes.PLAIN)
    found = of(folder, making)
    for name in ("__pycache__", "build", ".venv", "alpha.egg-info"):
        (folder / name).mkdir()
        (folder / name / "file").write_text("")
    (folder / ".venv" / "pyvenv.cfg").write_text("")

    again = of(folder, making)
    (folder / "alpha.py").write_text("__version__ = 'changed'\n")
    changed = of(folder, making)

    assert (found.commit, found.dirty) == (None, None)
    assert again == found
    assert made(changed, making) == "changed"


def test_a_checkout_that_does_not_build(index: Index, making: Making, tmp_path: Path) -> None:
    folder = indexes.project(tmp_path / "broken", "alpha", "1", indexes.FAILING)

    line = refused(folder, making)

    assert line.endswith(
        "could not be built: checking for libcurl / libcurl is not found: install its headers"
    )
    assert line.startswith("broken ")


def test_a_checkout_of_another_name(index: Index, making: Making, tmp_path: Path) -> None:
    folder = indexes.project(tmp_path / "fork", "alpha", "1", indexes.PLAIN)

    line = refused(folder, making, "httpx")

    assert line.endswith("is the distribution 'alpha', not 'httpx'")


def test_wheels_and_sdists(index: Index, making: Making, tmp_path: Path) -> None:
    file, content = indexes.wheel("alpha", "1.5")
    (tmp_path / file).write_bytes(content)
    (tmp_path / "alpha-2.5.tar.gz").write_bytes(indexes.sdist("alpha", "2.5", indexes.PLAIN))

    wheel, sdist = of(tmp_path / file, making), of(tmp_path / "alpha-2.5.tar.gz", making)
    (tmp_path / file).unlink()

    assert (wheel.kind, sdist.kind) == ("wheel", "sdist")
    assert (made(wheel, making), made(sdist, making)) == ("1.5", "2.5")


def test_a_url(index: Index, making: Making) -> None:
    index.wheel("alpha", "1.5")
    url = index.url.replace("/simple", "/files/alpha/alpha-1.5-py3-none-any.whl")

    found = of(url, making)

    assert (found.kind, found.commit, found.dirty) == ("url", None, None)
    assert made(found, making) == "1.5"


def test_a_url_with_something_else_behind_it(index: Index, making: Making) -> None:
    file = "alpha-1.5-py3-none-any.whl"
    index.files["alpha"] = {file: b"<!DOCTYPE html><html>Please log in</html>"}
    url = index.url.replace("/simple", "/files/alpha/")

    def line(name: str) -> str:
        found = of(url + name, making)
        with pytest.raises(UnusableError) as caught:
            made(found, making)
        return caught.value.problem

    gone = "alpha-1.6-py3-none-any.whl"
    assert line(file) == (
        f"what the server sent for {url}{file} is no wheel or sdist (a page of HTML?); check the URL"
    )
    assert line(gone) == (
        f"the server answered 404 Not Found to {url}{gone}; check the URL, or try again later"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/no/such/folder", "'/no/such/folder' does not exist"),
        (
            "ftp://host/alpha-1-py3-none-any.whl",
            "'ftp://host/alpha-1-py3-none-any.whl' is not https",
        ),
        ("https://host/alpha.git", "'alpha.git' is neither wheel nor sdist; accepted: a folder"),
        (
            "https://me:pa55w0rd@host/alpha-1-py3-none-any.whl",
            "'https://host/alpha-1-py3-none-any.whl' has credentials, which would be stored; put",
        ),
        (
            "https://host/beta-1.0-py3-none-any.whl",
            "'https://host/beta-1.0-py3-none-any.whl' is the distribution 'beta', not 'alpha'",
        ),
    ],
)
def test_what_is_no_source(index: Index, making: Making, text: str, line: str) -> None:
    assert refused(text, making).startswith(line)


def test_a_file_that_cannot_be_read_is_named_and_not_the_cache(
    index: Index, making: Making, checkout: Path, tmp_path: Path
) -> None:
    wheel = tmp_path / "alpha-1.0-py3-none-any.whl"
    wheel.symlink_to("/proc/self/mem")  # whose beginning cannot be read, by nobody
    (checkout / "alpha.py").unlink()
    os.mkfifo(checkout / "alpha.py")

    assert refused(wheel, making) == f"'{wheel}' cannot be read: Input/output error"
    assert refused(checkout, making) == (
        f"'{checkout}/alpha.py' cannot be read: it is no ordinary file"
    )


def test_sockets_and_pipes_in_a_folder_without_git_are_left_out(
    index: Index, making: Making, tmp_path: Path
) -> None:
    folder = indexes.project(tmp_path / "plain", "alpha", "5.0", indexes.PLAIN)
    before = of(folder, making)
    os.mkfifo(folder / "pipe")

    assert of(folder, making) == before


def test_a_folder_or_a_file_that_is_none(index: Index, making: Making, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()

    assert "'notes.txt' is neither wheel nor sdist" in refused(tmp_path / "notes.txt", making)
    assert "is no Python project" in refused(tmp_path / "empty", making)
