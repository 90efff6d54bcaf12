"""A machine that gives too little: one line names the limit, the file or the field; it is no bug of ours."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.main import run
from harness.cli.refusals import refusal_of_machine
from tests.cli.command import ONE
from tests.require import require

LONG = "x" * 300
HERE = Path(__file__).resolve().parents[2]


def ended(command: list[str], folder: Path, code: int, *parts: str, **environ: str) -> str:
    """Standard error of a command that ends with ``code`` and one line with these parts."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    complaints = [one for one in done.stderr.splitlines() if one.startswith("clientbench: ")]
    assert (done.returncode, len(complaints)) == (code, 1), done
    assert "this is a bug" not in done.stderr and "Traceback" not in done.stderr
    assert all(part in complaints[0] for part in parts), done
    return done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("limit", "number", "code", "parts"),
    [
        ("RLIMIT_FSIZE", 1024, 3, ("File too large",)),
        ("RLIMIT_AS", 100 * 2**20, 3, ("ulimit -v: 102400", "expected at least")),
        ("RLIMIT_DATA", 100 * 2**20, 3, ("ulimit -d: 102400", "expected at least")),
        ("RLIMIT_NOFILE", 20, 2, ("concurrency: 1", "up to 0 by the open-file limit", "129")),
    ],
    ids=str,
)
def test_a_low_limit(
    limit: str, number: int, code: int, parts: tuple[str, ...], tmp_path: Path
) -> None:
    start = f"import resource as r; r.setrlimit(r.{limit}, ({number}, {number}));"
    start += "from harness.cli.main import main; main()"
    ended([sys.executable, "-B", "-c", start, "compare", "null", *ONE], tmp_path, code, *parts)

    assert list(tmp_path.iterdir()) == []


def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    start = "import os; os.rmdir('../gone'); from harness.cli.main import main; main()"
    ended([sys.executable, "-c", start, "results", "list"], gone, 3, "working folder: No such file")


def mounted(script: str, folder: Path, code: int, *parts: str, **environ: str) -> None:
    """The same for a shell script that has mounts of its own."""
    require(shutil.which("unshare") is not None, "there is no unshare")
    own = ["unshare", "--mount", "bash", "-c"]
    may = subprocess.run([*own, "mount -t tmpfs none /mnt"], capture_output=True, check=False)
    require(may.returncode == 0, f"mounting is not allowed: {may.stderr.decode().strip()}")
    ended([*own, script], folder, code, *parts, **environ)


def test_a_machine_without_proc(tmp_path: Path) -> None:
    words = " ".join([sys.executable, "-m", "harness", "compare", "null", *ONE])
    mounted(f"mount -t tmpfs none /proc && {words}", tmp_path, 3, "/proc/")


def test_a_full_folder_for_temporary_files(tmp_path: Path) -> None:
    words = " ".join([sys.executable, "-m", "harness", "compare", "null", *ONE])
    folder = tmp_path / "small"
    folder.mkdir()
    script = f"mount -t tmpfs -o size=40k none {folder} && {words}"
    mounted(script, tmp_path, 3, "No space left on device", str(folder), TMPDIR=str(folder))


@pytest.mark.parametrize(
    ("words", "field"),
    [
        *((("compare", "null", flag, LONG + end), flag) for flag, end in (("--db", ""), ("--output", ".md"))),
        (("compare", "null", "--method", "POST", "--body", f"@{LONG}"), "--body"),
        (("compare", "null", "--header", f"@{LONG}"), "--header"),
        (("compare", "null", "--target", LONG), "--target"),
        (("compare", f"null@/{LONG}"), "interpreter"),
        *((("compare", "null", "--rate", rate), "--rate") for rate in ("inf", "1e-310", "9e-7")),
        (("compare", "null", "--rate", "1e-5", "--requests", "20"), "--requests"),
        (("results", "list", "--limit", "1e20"), "--limit"),
        (("results", "list", "--limit", "9223372036854775808"), "--limit"),
        (("results", "list", "--limit", "0"), "--limit"),
        (("results", "sql", "SELECT 1", "--timeout", "inf"), "--timeout"),
        (("results", "show", LONG, "--db", LONG), "--db"),
        (("targets", "logs", "x", "--lines", "1e20"), "--lines"),
        (("doctor", "--seconds", "1e20"), "--seconds"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else value,
)  # fmt: skip
def test_a_value_beyond_all_bounds(
    words: tuple[str, ...],
    field: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code = run(words)
    err = capfd.readouterr().err

    assert code in {2, 3}, err
    assert field in err and err.count("\n") == 1 and len(err) < 1100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "memory: there is not enough; see ulimit -v, and what else runs here"),
        (RuntimeError("can't start new thread"), "threads: no more can be started; see ulimit -u"),
        (OSError(errno.EMFILE, "Too many open files"), "this machine: Too many open files; see ulimit -n"),
        (OSError(errno.EACCES, "Permission denied", "/x"), "'/x': Permission denied"),
        (ConnectionResetError(), None),
        (ValueError("x"), None),
        (RuntimeError("x"), None),
    ],
)  # fmt: skip
def test_what_the_machine_refuses_is_told_from_bugs(error: Exception, line: str | None) -> None:
    assert refusal_of_machine(error) == line
