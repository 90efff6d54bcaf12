"""Each failure of uv is one line of our own that says what to do, and never a credential."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from harness.clients.environments import failures
from harness.clients.environments.cache import writing
from harness.errors import UnusableError
from harness.redaction import Redactor
from servers import scratch
from tests.clients.environments import index as indexes
from tests.clients.environments.conftest import Making
from tests.clients.environments.index import Index


def told(making: Making, *requirements: str, offline: bool = False, **more: str) -> str:
    with pytest.raises(UnusableError) as caught:
        making.maker(offline).make(making.recipe(*requirements, **more))
    line = str(caught.value)
    assert "\n" not in line
    assert scratch.UV not in line
    return line


@pytest.fixture
def stocked(index: Index) -> Index:
    index.wheel("alpha", "1.0")
    index.wheel("alpha", "1.1", ["beta>=2"])
    index.wheel("beta", "1.0")
    index.wheel("beta", "2.0")
    index.wheel("lacking", "1.0", ["nothere"])
    index.wheel("tagged", "1.0", tag="cp399-cp399-manylinux_2_17_x86_64")
    index.wheel("windows", "1.0", tag="py3-none-win_amd64")
    index.wheel("newer", "1.0", python=">=3.99")
    index.wheel("odd-name", "1.0")  # a wheel's name has no hyphen, so it is not taken
    index.sdist("broken", "1.0", indexes.FAILING)
    index.files["corrupt"] = {"corrupt-1.0-py3-none-any.whl": b"this is no archive"}
    return index


@pytest.mark.parametrize(
    ("requirements", "line"),
    [
        (["nosuch"], "the package index has no package nosuch; check the name"),
        (["lacking"], "the package index has no package nothere; check the name"),
        (["alpha==9"], "alpha has no version 9; leave it out for the newest"),
        (
            ["odd-name"],
            "the package index has no odd-name for this Python and platform; try another version or "
            "@PYTHON",
        ),
        (["alpha>9"], "there is no alpha>9; the package index has only alpha<=1.1"),
        (
            ["alpha==1.1", "beta<2"],
            "the requirements contradict each other: alpha>=1.1 depends on beta>=2 and you require "
            "alpha==1.1, so you require beta>=2; and you require beta<2; change one of them",
        ),
        (
            ["alpha==1.0", "alpha==1.1"],
            "the requirements contradict each other: you require alpha==1.0 and alpha==1.1; change "
            "one of them",
        ),
        (
            ["tagged"],
            r"tagged==1.0 has no wheel for this Python \(cp3\d+\), only for cp399, and no source to "
            "build from; choose another version or @PYTHON",
        ),
        (
            ["windows==1.0"],
            r"windows==1.0 has no wheel for this platform \(.*\), only for win_amd64, and no source "
            "to build from; choose another version",
        ),
        (
            ["newer"],
            r"newer==1.0 needs Python >=3.99, this is 3\.[\d.]+; choose another with @PYTHON",
        ),
        (
            ["broken"],
            "broken==1.0 has no wheel for this Python and platform, and its build failed: checking "
            "for libcurl / libcurl is not found: install its headers",
        ),
        (
            ["corrupt"],
            "the package index has a broken file of corrupt==1.0; choose another version",
        ),
        (
            ["not a name"],
            "'not a name' is not a requirement such as 'orjson>=3' or .*",
        ),
        (["x @ file:///no/x-1.0-py3-none-any.whl"], "/no/x-1.0-py3-none-any.whl does not exist"),
    ],
)
def test_what_cannot_be_had(
    stocked: Index, making: Making, requirements: list[str], line: str
) -> None:
    found = told(making, *requirements)

    assert re.fullmatch(line, found), found


def test_a_folder_that_is_no_project(index: Index, making: Making, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert told(making, f"x @ {(tmp_path / 'empty').as_uri()}") == (
        f"{tmp_path / 'empty'} is no Python project: it has neither pyproject.toml nor setup.py"
    )


@pytest.mark.parametrize("length", [5, 200])
def test_a_wheel_that_is_cut(index: Index, making: Making, tmp_path: Path, length: int) -> None:
    file, content = indexes.wheel("alpha", "1.0")
    (tmp_path / file).write_bytes(content[:length])

    line = told(making, f"alpha @ {(tmp_path / file).as_uri()}")

    assert line.endswith(f"{file} is not a wheel that can be read; build or download it again")


def test_a_wheel_of_another_name(index: Index, making: Making, tmp_path: Path) -> None:
    file, content = indexes.wheel("alpha", "1.0")
    for name in (file, "odd.whl"):
        (tmp_path / name).write_bytes(content)

    assert told(making, f"other @ {(tmp_path / file).as_uri()}") == (
        "the file is of alpha, not of other; check the name"
    )
    assert told(making, f"alpha @ {(tmp_path / 'odd.whl').as_uri()}") == (
        "odd.whl is no name of a wheel; download it again"
    )


def test_constraints_that_cannot_be_read(stocked: Index, making: Making) -> None:
    assert told(making, "alpha", constraints="beta<2\n!!\n").startswith("line 2 of the constraints")


def test_no_network(index: Index, making: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://me:pa55w0rd-of-mine@127.0.0.1:9/simple")

    assert told(making, "alpha") == (
        "http://127.0.0.1:9/simple/alpha/ cannot be fetched: Connection refused; check the network, "
        "or use --offline for what is cached"
    )


def test_offline_and_never_seen(stocked: Index, making: Making) -> None:
    ending = "is not cached, and --offline forbids to fetch it; run once without --offline"

    assert told(making, "alpha", offline=True) == f"alpha {ending}"
    making.maker().make(making.recipe("beta==2.0"))
    assert told(making, "beta==1.0", offline=True) == f"beta==1.0 {ending}"


def test_an_index_that_wants_credentials(
    stocked: Index, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked.password = "correct-horse-battery"
    refused = (
        "the package index refuses access (status 401); give its credentials to uv, by its "
        "variables or a netrc file"
    )

    assert told(making, "beta") == refused
    url = stocked.url.replace("//", "//me:wr0ng-pa55word@")
    monkeypatch.setenv("UV_DEFAULT_INDEX", url)
    assert told(making, "beta") == refused
    monkeypatch.setenv("UV_DEFAULT_INDEX", url.replace("wr0ng-pa55word", stocked.password))
    made = making.maker().make(making.recipe("beta"))

    assert "beta==2.0" in made.lock
    kept = [path for path in making.cache.folder.rglob("*.json") if "/uv/" not in str(path)]
    assert not any(stocked.password in path.read_text() for path in kept)
    assert stocked.password not in made.lock + "".join(making.told)


def test_a_lock_whose_file_was_replaced(stocked: Index, making: Making) -> None:
    lock = making.maker().make(making.recipe("alpha==1.0")).lock
    other = re.sub("sha256:(.)", lambda one: "sha256:" + "10"[one[1] == "1"], lock)

    assert told(making, lock=other) == (
        "the file of alpha==1.0 is not the one that the lock names: its hash differs"
    )
    assert told(making, lock=lock.replace("sha256:", "sha256:0")).startswith("the lock is damaged")


def test_a_cache_of_uv_that_cannot_be_written(
    stocked: Index, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", "/proc/clientbench")

    assert told(making, "alpha") == (
        "/proc/clientbench cannot be written: No such file or directory; set UV_CACHE_DIR to a "
        "folder that can be written"
    )


PLACES = {"/cache/uv": "UV_CACHE_DIR", "/cache": "CLIENTBENCH_CACHE", "/tmp": "TMPDIR"}


def explained(errors: str, code: int = 1, *secrets: str) -> str:
    return failures.explained(errors, code, Redactor(secrets), PLACES).problem


FULL = "the disk is full below {}; free some space, or set {}"


def test_a_full_disk() -> None:
    errors = "error: Failed to write\n  cause: No space left on device (os error 28)\n"

    assert explained(errors, 2) == FULL.format("/cache/uv", "UV_CACHE_DIR")
    full = FULL.format("/cache", "CLIENTBENCH_CACHE")
    with pytest.raises(UnusableError, match=re.escape(full)), writing(Path("/cache")):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("named", "place", "variable"),
    [
        ("copy file from /cache/uv/a to /cache/environments/b", "/cache", "CLIENTBENCH_CACHE"),
        ("write to file `/cache/uv/a`", "/cache/uv", "UV_CACHE_DIR"),
        ("write to file `/tmp/a`", "/tmp", "TMPDIR"),
    ],
)
def test_the_full_folder_is_named_with_its_variable(named: str, place: str, variable: str) -> None:
    full = f"error: Failed to install\n  cause: failed to {named}: No space left on device\n"
    unwritable = f"error: Failed\n  cause: failed to {named}: Read-only file system (os error 30)\n"

    assert explained(full, 2) == FULL.format(place, variable)
    assert explained(unwritable, 2) == (
        f"{place} cannot be written: Read-only file system; set {variable} to a folder that can be "
        "written"
    )


def test_the_last_lines_of_a_long_build_and_no_more() -> None:
    lines = "\n".join(f"         line {number}" for number in range(1000))
    errors = (
        "error: Failed to build `a==1`\n  cause: The build backend returned an error\n"
        f"  cause: Call to `b.build_wheel` failed (exit status: 1)\n\n         [stderr]\n{lines}\n\n"
        "hint: Build failures usually indicate a problem with the package\n"
    )

    assert explained(errors) == (
        "a==1 has no wheel for this Python and platform, and its build failed: "
        "line 996 / line 997 / line 998 / line 999"
    )


def test_what_is_not_known_is_shown_without_secrets() -> None:
    errors = "error: Odd\n  cause: https://me:hunter22@host/ and hunter22\x1b[31m\n"

    line = explained(errors, 2, "hunter22")

    assert line.startswith("uv failed with exit code 2: Odd cause: https://host/ and ***")
    assert "\x1b" not in line
    assert explained("", 2) == "uv failed with exit code 2: it said nothing"
    assert explained("", -9) == "uv was ended by signal 9; is the memory full?"
