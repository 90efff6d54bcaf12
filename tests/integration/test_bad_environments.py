"""What cannot be made into an environment: one line that says what to do, and nothing is measured.

The package index is a test's own, so that each case is there whatever the real one has.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli.main import run
from harness.clients.environments.cache import EnvironmentCache
from harness.clients.environments.making import Maker
from harness.clients.environments.pythons import find
from harness.clients.environments.recipe import Recipe
from harness.clients.environments.source import source
from harness.errors import UnusableError
from tests.cli.command import Ended
from tests.clients.environments import index as indexes
from tests.clients.environments.conftest import index
from tests.clients.environments.index import Index
from tests.require import require

__all__ = ["index"]

PROGRESS = ("resolving ", "making ", "building ")
LOCK = """
format = 1
[[environment]]
label = "httplib2==0.31.0"
requirements = ["httplib2==0.31.0"]
python = "3.11.7"
implementation = "cpython"
platform = "macosx-14-arm64"
lock = '''
# clientbench: python 3.11.7, cpython, macosx-14-arm64
httplib2==0.31.0 --hash=sha256:00
'''
"""
Refusal = Callable[..., tuple[int, str]]


@pytest.fixture
def stocked(index: Index) -> Index:
    index.wheel("httplib2", "0.31.0")
    index.wheel("httpx", "0.28.1")
    index.wheel("mureq", "0.2.0", tag="cp399-cp399-manylinux_2_17_x86_64")
    index.wheel("niquests", "3.99.0", python=">=3.99")
    index.wheel("impit", "0.99.0", tag="py3-none-win_amd64")
    index.sdist("pyureq", "0.99", indexes.FAILING)
    index.wheel("primp", "2.5.0", ["nothere"])
    return index


@pytest.fixture
def refusal(
    stocked: Index,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Refusal:
    """Compares; returns the exit code and the only line beside progress. Nothing was stored."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    # what is known of interpreters is asked once; no environment is made
    monkeypatch.delenv("CLIENTBENCH_CACHE")

    def refused(*words: str) -> tuple[int, str]:
        before = set(folder.iterdir())
        code = run(("compare", *words))
        ended = Ended(code, *capfd.readouterr())
        (line,) = (one for one in ended.err.splitlines() if not one.startswith(PROGRESS))
        assert ended.out == ""
        assert set(folder.iterdir()) == before
        return code, line.removeprefix("clientbench: ")

    return refused


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (
            ("httpx==0.22.0",),
            3,
            "client version: 0.22.0 is older than the adapter of httpx supports; accepted: 0.23.0 and newer",
        ),
        (
            ("null", "httpx==0.28.99"),
            3,
            "client 'httpx==0.28.99:sync': httpx has no version 0.28.99; leave it out for the newest",
        ),
        (
            ("zapros",),
            3,
            "client 'zapros:sync': the package index has no package zapros; check the name",
        ),
        (
            ("primp:async",),
            3,
            "client 'primp:async': the package index has no package nothere; check the name",
        ),
        (
            ("mureq",),
            3,
            r"client 'mureq': mureq==0.2.0 has no wheel for this Python \(cp3\d+\), only for cp399, "
            "and no source to build from; choose another version or @PYTHON",
        ),
        (
            ("niquests",),
            3,
            r"client 'niquests:sync': niquests==3.99.0 needs Python >=3.99, this is 3\.\d+(\.\d+)?; "
            "choose another with @PYTHON",
        ),
        (
            ("impit",),
            3,
            r"client 'impit:sync': impit==0.99.0 has no wheel for this platform \(.*\), only for "
            "win_amd64, and no source to build from; choose another version",
        ),
        (
            ("pyureq",),
            3,
            "client 'pyureq': pyureq==0.99 has no wheel for this Python and platform, and its build "
            "failed: checking for libcurl / libcurl is not found: install its headers",
        ),
        (
            ("htpx",),
            2,
            "client: 'htpx' is unknown; did you mean httpx, httpx2 or httpxyz\\? "
            "`clientbench clients` lists all",
        ),
        (
            ("httplib2==0.31.0@3.99",),
            3,
            "client interpreter: '3.99' is not found; there are .*; a path is accepted, too",
        ),
        (
            ("httplib2==0.31.0@./nowhere",),
            3,
            "client interpreter: './nowhere' is not an executable file; there are .*",
        ),
        (
            ("httplib2==0.31.0@/bin/true",),
            3,
            "client interpreter: '/bin/true' does not answer like Python; there are .*",
        ),
        (("head=httpx=./nowhere",), 3, "client: './nowhere' does not exist"),
        (("httpx=./" + "x" * 5000,), 3, "client: './xxx+…' does not exist"),
        (
            ("httpx=file:///httpx-1.0-py3-none-any.whl",),
            2,
            "client source: 'file:///httpx-1.0-py3-none-any.whl' is not valid; expected a path, or .*",
        ),
        (
            ("httpx=http://127.0.0.1:99999/httpx-1.0-py3-none-any.whl",),
            2,
            "client source: 'http://127.0.0.1:99999/httpx-1.0-py3-none-any.whl' is not valid; .*",
        ),
        (
            ("head=httpx=./empty",),
            3,
            "client: './empty' is no Python project: it has neither pyproject.toml nor setup.py",
        ),
        (
            ("head=httpx=./other",),
            3,
            "client: './other' is the distribution 'requests', not 'httpx'",
        ),
        (
            ("head=httpx=./broken",),
            3,
            "client 'head': broken could not be built: checking for libcurl / libcurl is not "
            "found: install its headers",
        ),
        (
            ("httplib2==0.31.0", "--with", "nosuch>=3"),
            3,
            "client 'httplib2==0.31.0': the package index has no package nosuch; check the name",
        ),
        (
            ("httplib2==0.31.0", "--with", "not a name"),
            2,
            "--with: 'not a name' is not valid; expected a requirement such as 'orjson>=3'",
        ),
        (
            ("httpx", "--versions", "0.30..0.31"),
            3,
            "--versions: httpx has no release in 0.30..0.31 for this Python; the newest is 0.28.1",
        ),
        (
            ("httpx", "--versions", "0.28..0.27"),
            2,
            "--versions: 0.28..0.27 is the wrong way round; try 0.27..0.28",
        ),
        (
            ("httplib2==0.31.0", "--constraint", "nowhere.txt"),
            2,
            "--constraint: 'nowhere.txt' cannot be read: No such file or directory",
        ),
        (
            ("httplib2==0.31.0", "--constraint", "bad.txt"),
            2,
            "--constraint: a line is '!!'; expected versions such as 'idna<4', .*",
        ),
        (
            ("httplib2==0.31.0", "--lock", "nowhere.lock"),
            2,
            "--lock: 'nowhere.lock' cannot be read: No such file or directory",
        ),
        (("httplib2==0.31.0", "--lock", "bad.txt"), 2, "--lock: 'bad.txt' is no lock: .*"),
        (
            ("httplib2==0.31.0", "--lock", "elsewhere.lock"),
            3,
            "client 'httplib2==0.31.0': the lock is for macosx-14-arm64, this is linux-.*",
        ),
        (
            ("httplib2==0.22.0", "--lock", "elsewhere.lock"),
            3,
            "--lock: it has no environment with httplib2==0.22.0; it has those of httplib2==0.31.0",
        ),
        (
            ("httplib2==0.30.0", "--offline"),
            3,
            "client 'httplib2==0.30.0': httplib2.* is not cached, and --offline forbids to fetch it; run "
            "once without --offline",
        ),
    ],
)
def test_what_cannot_be_had(words: tuple[str, ...], code: int, line: str, refusal: Refusal) -> None:
    Path("empty").mkdir()
    indexes.project(Path("other"), "requests", "1.0", indexes.PLAIN)
    indexes.project(Path("broken"), "httpx", "1.0", indexes.FAILING)
    Path("bad.txt").write_text("httpx<1\n!!\n")
    Path("elsewhere.lock").write_text(LOCK)
    found = refusal(*words)

    assert found[0] == code, found
    assert re.fullmatch(line, found[1]), found


def test_no_network(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")

    assert refusal("httplib2==0.31.0") == (
        3,
        "client 'httplib2==0.31.0': http://127.0.0.1:9/simple/httplib2/ cannot be fetched: Connection "
        "refused; check the network, or use --offline for what is cached",
    )


def test_a_cache_that_cannot_be_written(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTBENCH_CACHE", "/proc/clientbench")
    code, line = refusal("httplib2==0.31.0")

    assert code == 3
    assert re.fullmatch(
        "client 'httplib2==0.31.0': /proc/clientbench.* cannot be written: No such file or directory; "
        "set CLIENTBENCH_CACHE to a folder that can.*",
        line,
    )


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system that is full with one environment."""
    folder = tmp_path / "small"
    folder.mkdir()
    words = ("mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder))
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    require(made.returncode == 0, f"no file system can be mounted: {made.stderr.strip()}")
    yield folder
    subprocess.run(("umount", str(folder)), check=True)


def test_a_full_cache_of_uv(
    small: Path, stocked: Index, refusal: Refusal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(small / "uv"))
    stocked.wheel("httplib2", "0.32.0", files={"httplib2/large.py": "#" * 1_000_000})

    assert refusal("httplib2==0.32.0") == (
        3,
        f"client 'httplib2==0.32.0': the disk is full below {small}/uv; free some space, or set "
        "UV_CACHE_DIR",
    )


def test_a_warm_environment_of_a_cache_that_cannot_be_written(
    small: Path, stocked: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    cache, recipe = EnvironmentCache(small), Recipe(find(None), ("httplib2",))
    with Maker(cache) as maker:
        made = maker.make(recipe)
    (resolved,) = small.glob("resolutions/*.json")
    resolved.write_text(json.dumps({**json.loads(resolved.read_text()), "at": 0}))
    subprocess.run(("mount", "-o", "remount,ro", str(small)), check=True)
    del stocked.files["httplib2"]

    with Maker(cache) as maker:
        assert maker.make(recipe).folder == made.folder
        with pytest.raises(UnusableError, match="cannot be written: Read-only file system"):
            maker.make(replace(recipe, requirements=("httpx",)))


def test_a_full_disk(
    small: Path, stocked: Index, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTBENCH_CACHE", str(small))
    stocked.wheel("httplib2", "0.32.0", files={"httplib2/large.py": "#" * 1_000_000})
    code, line = refusal("httplib2==0.32.0")

    assert code == 3
    assert re.fullmatch(
        f"client 'httplib2==0.32.0': the disk is full below {small}.*; free some space, or set "
        "CLIENTBENCH_CACHE",
        line,
    )
    assert not list(small.glob("environments/*/environment.json"))


def test_a_full_folder_for_temporary_files(
    small: Path, stocked: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is full when the copy of a wheel is made there."""
    file, content = indexes.wheel("httplib2", "0.32.0", files={"large.py": "#" * 1_000_000})
    (tmp_path / file).write_bytes(content)
    monkeypatch.setattr(tempfile, "tempdir", str(small))

    with pytest.raises(UnusableError) as caught, Maker(EnvironmentCache(tmp_path / "own")) as maker:
        source(str(tmp_path / file), "httplib2", find(None), maker)
    assert caught.value.problem == (
        f"the disk is full below {small}; free some space, or set TMPDIR"
    )


GONE = "zz=httpx==0.28.99:sync"
NO_RELEASE = "httplib2 has no release in 0.40..0.41 for this Python; the newest is 0.31.0"


@pytest.mark.parametrize(
    ("words", "code", "lines"),
    [
        (
            ("stdlib", "httplib2", "--versions", "0.40..0.41"),
            0,
            [f"left out: httplib2 ({NO_RELEASE})"],
        ),
        (
            ("stdlib", "httplib2", "--versions", "0.40..0.41", "--baseline", "httplib2"),
            3,
            [
                f"left out: httplib2 ({NO_RELEASE})",
                "clientbench: --baseline: 'httplib2' is left out for the reason above; name "
                "another one",
            ],
        ),
        (
            ("httplib2", "--versions", "0.40..0.41"),
            3,
            [
                f"left out: httplib2 ({NO_RELEASE})",
                "clientbench: client: no client is left that can be measured",
            ],
        ),
        (
            (GONE, "stdlib"),
            0,
            [
                "left out: zz (httpx has no version 0.28.99; leave it out for the newest)",
                "the baseline is stdlib, because zz is left out",
            ],
        ),
        (
            (GONE, "stdlib", "--baseline", "zz"),
            3,
            [
                "left out: zz (httpx has no version 0.28.99; leave it out for the newest)",
                "clientbench: --baseline: 'zz' is left out for the reason above; name another one",
            ],
        ),
    ],
)
def test_the_others_go_on_and_each_left_out_is_one_line(
    words: tuple[str, ...],
    code: int,
    lines: list[str],
    stocked: Index,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    short = ("--rounds", "1", "--duration", "0.05", "--warmup", "0", "--quiet")

    assert run(("compare", *words, "--keep-going", *short)) == code

    errors = capfd.readouterr().err.splitlines()
    assert [one for one in errors if not one.startswith((*PROGRESS, "round "))] == lines


def test_a_range_that_is_none_ends_the_run_though_others_could_go_on(refusal: Refusal) -> None:
    found = refusal("stdlib", "httplib2", "--versions", "newest", "--keep-going")

    assert found[0] == 2
    assert found[1].startswith("--versions: 'newest' is not valid; expected a range such as")


def test_a_name_that_is_no_client_has_no_versions(refusal: Refusal) -> None:
    found = refusal("htpx", "--versions", "last:2")

    assert found == (
        2,
        "client: 'htpx' is unknown; did you mean httpx, httpx2 or httpxyz? `clientbench clients` "
        "lists all",
    )
