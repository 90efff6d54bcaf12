"""Environments are made once, found again without uv, and never used half-made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.completion import completer
from harness.clients.environments import locking
from harness.clients.environments.cache import EnvironmentCache
from harness.clients.environments.pythons import FoundPython
from harness.clients.environments.recipe import digest
from harness.errors import UnusableError
from tests.clients.environments import index as indexes
from tests.clients.environments.conftest import Making
from tests.clients.environments.index import Index

pytestmark = pytest.mark.long

MAKE = """
import sys
from harness import interrupts
from harness.clients.environments.cache import EnvironmentCache
from harness.clients.environments.making import Maker
from harness.clients.environments.pythons import find
from harness.clients.environments.recipe import Recipe
with interrupts.deferred(), Maker(
    EnvironmentCache(), tell=lambda line: print(line, flush=True)
) as maker:
    try:
        made = maker.make(Recipe(find(None), ("alpha==1.0",)))
    except KeyboardInterrupt:
        sys.exit(print("interrupted"))
    print("was there" if made.was_there else "made", made.python, flush=True)
    sys.stdin.read()
"""


def version_of(python: str, module: str = "alpha") -> str:
    code = f"import {module}; print({module}.__version__)"
    answer = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def another_process() -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAKE]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True)


def wait_for(condition: Callable[[], object]) -> None:
    while not condition():
        time.sleep(0.02)


def half_made(index: Index, making: Making) -> tuple[subprocess.Popen[str], str]:
    """Another process that has begun to make alpha 1.0 and waits for the index, and the digest."""
    index.wheel("alpha", "1.0")
    making.maker().make(making.recipe("alpha==1.0"))
    making.makers.pop().close()
    (kept,) = making.cache.list()
    making.cache.remove(kept.digest)
    (making.cache.folder / "uv").rename(making.cache.folder / "other")  # to be fetched again
    index.held.clear()
    process = another_process()
    wait_for((making.cache.environments / kept.digest / "bin" / "python").exists)
    return process, kept.digest


def test_an_environment_has_what_was_asked_for_and_what_that_requires(
    index: Index, making: Making
) -> None:
    index.wheel("alpha", "1.0", ["beta>=2"])
    index.wheel("alpha", "1.1")
    index.wheel("beta", "2.5")

    made = making.maker().make(making.recipe("alpha==1.0"))

    assert version_of(made.python) == "1.0"
    assert version_of(made.python, "beta") == "2.5"
    assert not made.was_there
    assert "alpha==1.0 \\\n    --hash=sha256:" in made.lock
    assert index.url not in made.lock
    version = making.python.version
    assert making.told == [
        f"resolving alpha==1.0 for Python {version}",
        f"making alpha==1.0 for Python {version}",
    ]


def test_a_warm_environment_is_found_without_uv_and_without_the_index(
    index: Index, making: Making, starts_of_uv: Callable[[], int]
) -> None:
    index.wheel("alpha", "1.0")
    first = making.maker().make(making.recipe("alpha"))
    starts, asked, told = starts_of_uv(), len(index.asked), len(making.told)

    again = making.maker().make(making.recipe("alpha"))

    assert (again.was_there, again.python, again.lock) == (True, first.python, first.lock)
    assert (starts_of_uv(), len(index.asked), len(making.told)) == (starts, asked, told)
    assert starts == 3  # resolve, create, install


def test_equal_locks_share_an_environment_whatever_was_asked(index: Index, making: Making) -> None:
    index.wheel("alpha", "1.0")

    assert (
        len({making.maker().make(making.recipe(one)).folder for one in ("alpha", "alpha>0")}) == 1
    )


def test_another_index_means_another_resolution(
    index: Index, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.wheel("alpha", "1.0")
    making.maker().make(making.recipe("alpha"))
    index.wheel("alpha", "1.1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url + "/")

    made = making.maker().make(making.recipe("alpha"))

    assert version_of(made.python) == "1.1"


def test_a_resolution_is_remembered_for_a_day(
    index: Index, making: Making, starts_of_uv: Callable[[], int]
) -> None:
    index.wheel("alpha", "1.0")
    making.maker().make(making.recipe("alpha"))
    (kept,) = (making.cache.folder / "resolutions").glob("*.json")
    text = kept.read_text()
    at = text.split('"at": ')[1].split(",")[0]
    kept.write_text(text.replace(at, str(float(at) - 25 * 3600)))
    before = starts_of_uv()

    assert making.maker(offline=True).make(making.recipe("alpha")).was_there
    assert starts_of_uv() == before
    assert making.maker().make(making.recipe("alpha")).was_there
    assert starts_of_uv() == before + 1


@pytest.mark.parametrize("damaged", ["", "{}", "[1", '{"lock": 1}'])
def test_a_damaged_memory_is_none(index: Index, making: Making, damaged: str) -> None:
    index.wheel("alpha", "1.0")
    making.maker().make(making.recipe("alpha"))
    (kept,) = (making.cache.folder / "resolutions").glob("*.json")
    kept.write_text(damaged)

    assert making.maker().make(making.recipe("alpha")).was_there


def test_constraints_hold(index: Index, making: Making) -> None:
    for version in ("1.0", "1.1"):
        index.wheel("alpha", version)

    made = making.maker().make(making.recipe("alpha", constraints="alpha<1.1\n"))

    assert version_of(made.python) == "1.0"


def test_a_plugin_gets_an_environment_without_clientbench(index: Index, making: Making) -> None:
    index.wheel("plugin", "1.0", ["clientbench>=0.1", "alpha"])
    index.wheel("alpha", "1.0")

    made = making.maker().make(making.recipe("plugin", "clientbench"))

    assert version_of(made.python) == "1.0"
    assert "clientbench==" not in made.lock
    assert not any("clientbench" in path for path in index.asked)


def test_files_are_shared_with_other_environments_and_compiled(
    index: Index, making: Making
) -> None:
    index.wheel("alpha", "1.0")
    index.wheel("beta", "1.0")

    folders = [
        making.maker().make(making.recipe("alpha", more)).folder for more in ("beta", "beta>0")
    ]
    index.wheel("gamma", "1.0")
    folders.append(making.maker().make(making.recipe("alpha", "gamma")).folder)

    modules = [next(folder.glob("lib/*/site-packages/alpha/__init__.py")) for folder in folders]
    assert len({module.stat().st_ino for module in modules}) == 1
    assert all(list(module.parent.glob("__pycache__/*.pyc")) for module in modules)


def test_offline_only_what_is_cached(index: Index, making: Making) -> None:
    index.wheel("alpha", "1.0")
    index.wheel("beta", "1.0")
    making.maker().make(making.recipe("alpha"))
    asked = len(index.asked)
    (kept,) = making.cache.list()
    making.makers.pop().close()
    making.cache.remove(kept.digest)

    assert version_of(making.maker(offline=True).make(making.recipe("alpha")).python) == "1.0"
    with pytest.raises(UnusableError, match="beta is not cached, and --offline forbids"):
        making.maker(offline=True).make(making.recipe("beta"))
    assert len(index.asked) == asked


def test_five_processes_make_it_once(index: Index, making: Making) -> None:
    index.wheel("alpha", "1.0")
    index.held.clear()
    processes = [another_process() for _ in range(5)]
    wait_for(lambda: any(path.startswith("/files") for path in index.asked))
    index.held.set()
    told = [process.communicate("")[0] for process in processes]

    assert sum("\nmade " in one for one in told) == 1, told
    assert sum("\nwas there " in one for one in told) == 4, told


def test_the_second_says_that_it_waits(index: Index, making: Making) -> None:
    first, _ = half_made(index, making)
    second = another_process()
    assert second.stdout is not None
    line = second.stdout.readline()
    index.held.set()
    ends = [process.communicate("")[0] for process in (first, second)]

    assert line == f"waiting for another run that makes alpha==1.0 for Python {making.python}\n"
    assert ["made" in end for end in ends] == [True, False]


def test_a_killed_run_leaves_nothing_half_made_in_use(index: Index, making: Making) -> None:
    killed, _ = half_made(index, making)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()

    assert making.cache.list() == []
    index.held.set()
    made = making.maker().make(making.recipe("alpha==1.0"))
    assert not made.was_there
    assert version_of(made.python) == "1.0"


def test_a_lock_ends_though_a_process_that_inherited_it_lives_on(tmp_path: Path) -> None:
    descriptor = locking.locked(tmp_path / "lock")
    assert descriptor is not None
    with subprocess.Popen(["sleep", "60"], pass_fds=(descriptor,)) as heir:
        assert locking.locked(tmp_path / "lock") is None
        locking.unlocked(descriptor)
        again = locking.locked(tmp_path / "lock")
        heir.kill()
    assert again is not None
    locking.unlocked(again)


def test_what_a_killed_run_left_is_swept(making: Making, index: Index) -> None:
    index.wheel("alpha", "1.0")
    left = making.cache.environments / ("0123456789abcdef" * 2) / "bin"
    left.mkdir(parents=True)

    making.maker().make(making.recipe("alpha"))

    assert not left.exists()
    assert len(making.cache.list()) == 1


def test_nothing_of_the_users_own_is_removed_from_the_folder(tmp_path: Path) -> None:
    names = ("environments/production/settings.toml", "sources/main.c", "resolutions/2025/one.txt")
    files = [tmp_path / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text("mine")
        for path in (file, file.parent):
            os.utime(path, (0, 0))
    cache = EnvironmentCache(tmp_path)

    cache.sweep()
    cache.prune()

    assert [file.read_text() for file in files] == ["mine"] * 3


def test_an_interrupt_ends_uv_and_removes_what_it_made(index: Index, making: Making) -> None:
    process, digest = half_made(index, making)

    os.kill(process.pid, signal.SIGINT)
    told, _ = process.communicate()

    assert told.splitlines()[-1] == "interrupted"
    assert not (making.cache.environments / digest).exists()
    # uv would still hold the lock
    descriptor = locking.locked(making.cache.environments / f"{digest}.lock")
    assert descriptor is not None
    locking.unlocked(descriptor)


def test_without_uv_one_line(making: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)

    with pytest.raises(UnusableError, match=r"uv is not installed beside clientbench; try: .*pip"):
        making.maker().make(making.recipe("alpha"))


def test_an_environment_in_use_is_not_removed(index: Index, making: Making) -> None:
    index.wheel("alpha", "1.0")
    maker = making.maker()
    made = maker.make(making.recipe("alpha"))

    assert making.cache.prune() == []
    with pytest.raises(UnusableError, match="in use by a run"):
        making.cache.remove(made.digest)
    maker.close()
    making.cache.remove(made.digest)

    assert making.cache.list() == []
    assert list(making.cache.environments.iterdir()) == []
    with pytest.raises(UnusableError, match="there is no environment"):
        making.cache.remove(made.digest)


def test_prune_keeps_what_was_used_last_or_lately(index: Index, making: Making) -> None:
    for number in range(3):
        index.wheel(f"client{number}", "1.0")
        with making.maker() as maker:
            made = maker.make(making.recipe(f"client{number}"))
        long_ago = time.time() - (3 - number) * 86400
        os.utime(made.folder / "environment.json", (long_ago, long_ago))

    def names() -> list[str]:
        return [kept.content.requirements[0] for kept in making.cache.list()]

    assert names() == ["client2", "client1", "client0"]
    making.cache.prune(older_than_s=2.5 * 86400)
    assert names() == ["client2", "client1"]
    making.cache.prune(keep=1)
    assert names() == ["client2"]
    os.utime(making.cache.list()[0].folder / "environment.json", (2**32, 2**32))  # a clock ahead
    making.cache.prune()
    assert names() == []


def test_prune_removes_locks_of_what_was_never_made(making: Making) -> None:
    making.cache.environments.mkdir(parents=True)
    (making.cache.environments / f"{digest('never')}.lock").touch()

    making.cache.prune()

    assert list(making.cache.environments.iterdir()) == []


def test_prune_forgets_old_answers_and_half_written_files(making: Making) -> None:
    folder = making.cache.folder
    folder.mkdir(exist_ok=True)
    for age_s in (0, 7200):
        for name in ("clients-{}.json", ".clients-{}.json.1f", ".pythons.json.{}"):
            path = folder / name.format(age_s)
            path.write_text("")
            os.utime(path, (time.time() - age_s,) * 2)

    making.cache.prune()

    fresh = {"clients-0.json", ".clients-0.json.1f", ".pythons.json.0"}
    assert fresh <= {path.name for path in folder.iterdir()}
    assert not list(folder.glob("*7200*"))


def test_what_is_listed_says_what_it_is(index: Index, making: Making) -> None:
    index.wheel("alpha", "1.0")
    made = making.maker().make(making.recipe("alpha"))

    (kept,) = making.cache.list()

    assert kept.python == made.python
    assert kept.content.requirements == ("alpha",)
    assert kept.content.python_version == making.python.version
    assert kept.content.lock == made.lock
    assert 0 < kept.own_bytes < kept.size_bytes
    assert kept.made_at <= kept.used_at <= time.time()


def test_a_shell_is_offered_the_beginnings_of_ids(index: Index, making: Making) -> None:
    index.wheel("alpha", "1.0")
    making.maker().make(making.recipe("alpha"))
    (kept,) = making.cache.list()
    complete = completer("environment")

    assert complete is not None
    assert (complete(kept.digest[0]), complete("x")) == ([kept.digest[:8]], [])


def test_a_lock_makes_exactly_this_environment_again(
    index: Index, making: Making, tmp_path: Path
) -> None:
    index.wheel("alpha", "1.0")
    lock = making.maker().make(making.recipe("alpha")).lock
    index.wheel("alpha", "1.1")
    elsewhere = Making(EnvironmentCache(tmp_path / "elsewhere"), making.python)

    made = elsewhere.maker().make(elsewhere.recipe("alpha", lock=lock))

    assert version_of(made.python) == "1.0"
    assert made.lock == lock
    elsewhere.makers[0].close()


@pytest.mark.parametrize("change", ["edit", "delete", "add"])
def test_an_environment_that_was_changed_is_made_again(
    index: Index, making: Making, change: str
) -> None:
    index.wheel("alpha", "1.0")
    with making.maker() as maker:
        made = maker.make(making.recipe("alpha"))
    (module,) = made.folder.glob("lib/*/site-packages/alpha*/__init__.py")
    text = module.read_text()
    module.unlink()  # the file is a link into uv's cache
    if change != "delete":
        module.write_text(text + "# changed" * (change == "edit"))
    if change == "add":
        (module.parent / "more.py").write_text("")

    with making.maker() as maker:
        again = maker.make(making.recipe("alpha"))
    assert not again.was_there
    assert module.read_text() == text
    with making.maker() as maker:
        assert maker.make(making.recipe("alpha")).was_there


def test_an_environment_may_be_empty(making: Making, index: Index) -> None:
    made = making.maker().make(making.recipe())

    assert version_of(made.python, "csv") == "1.0"


def test_a_file_that_changed_is_another_client(
    index: Index, making: Making, tmp_path: Path
) -> None:
    def made(text: str) -> str:
        file, content = indexes.wheel(
            "alpha", "1.0", files={"alpha/note.py": f"__version__ = '{text}'\n"}
        )
        (tmp_path / file).write_bytes(content)
        recipe = making.recipe(f"alpha @ {(tmp_path / file).as_uri()}")
        return version_of(making.maker().make(recipe).python, "alpha.note")

    assert [made("old"), made("new")] == ["old", "new"]


def test_an_environment_without_its_interpreter_is_none(
    index: Index, making: Making, python: FoundPython
) -> None:
    index.wheel("alpha", "1.0")
    with making.maker() as maker:
        made = maker.make(making.recipe("alpha"))
    Path(made.python).unlink()

    again = making.maker().make(making.recipe("alpha"))

    assert not again.was_there
    assert version_of(again.python) == "1.0"


def test_a_cache_that_cannot_be_written_is_one_line(
    index: Index, making: Making, tmp_path: Path
) -> None:
    index.wheel("alpha", "1.0")
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", Path("/proc/clientbench")):
        with pytest.raises(UnusableError, match=r"cannot be written: .*; set CLIENTBENCH_CACHE"):
            Making(EnvironmentCache(folder), making.python).maker().make(making.recipe("alpha"))


def damage(folder: Path) -> Path:
    """Change a file as an editor does, and so uv's copy with it."""
    (module,) = folder.glob("lib/*/site-packages/alpha/__init__.py")
    with module.open("a") as file:
        file.write("# changed\n")
    return module


@pytest.fixture
def damaged(index: Index, making: Making) -> Path:
    """The environment of a release that was changed together with uv's copy."""
    index.wheel("alpha", "1.0")
    index.wheel("beta", "1.0")
    with making.maker() as maker:
        made = maker.make(making.recipe("alpha"))
        maker.make(making.recipe("beta"))
    damage(made.folder)
    return made.folder


def module_of(folder: Path) -> Path:
    return next(folder.glob("lib/*/site-packages/alpha/__init__.py"))


def test_what_was_changed_in_the_cache_of_uv_reaches_no_environment(
    damaged: Path, making: Making
) -> None:
    again = making.maker().make(making.recipe("alpha"))
    other = making.maker().make(making.recipe("alpha", "beta"))

    assert [module_of(one.folder).read_text() for one in (again, other)] == [
        '__version__ = "1.0"\n'
    ] * 2
    # uv's copy is mended, and shared as before
    assert module_of(again.folder).stat().st_ino == module_of(other.folder).stat().st_ino
    told = [line for line in making.told if "fetched again" in line]
    assert told == ["changed in uv's cache, so fetched again: alpha (alpha/__init__.py)"]


def test_what_was_changed_in_the_cache_of_uv_is_not_fetched_offline(
    damaged: Path, making: Making
) -> None:
    with pytest.raises(UnusableError) as caught:
        making.maker(offline=True).make(making.recipe("alpha"))

    assert caught.value.problem == (
        "changed in uv's cache: alpha (alpha/__init__.py); run once without --offline"
    )


def test_a_file_of_ours_that_was_changed_in_the_cache_of_uv_is_unpacked_again(
    index: Index, making: Making, tmp_path: Path
) -> None:
    file, content = indexes.wheel("alpha", "1.0")
    (tmp_path / file).write_bytes(content)
    recipe = making.recipe(f"alpha @ {(tmp_path / file).as_uri()}")
    with making.maker(offline=True) as maker:
        module = damage(maker.make(recipe).folder)

    with making.maker(offline=True) as maker:
        maker.make(recipe)

    assert module.read_text() == '__version__ = "1.0"\n'


def test_a_wheel_that_lists_a_wrong_hash_can_be_had(index: Index, making: Making) -> None:
    index.wheel("alpha", "1.0", listed={"alpha/__init__.py": "of something else"})

    assert version_of(making.maker().make(making.recipe("alpha")).python) == "1.0"
