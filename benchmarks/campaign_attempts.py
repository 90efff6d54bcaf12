"""One case of the generated inputs: a folder with typical files, a command, and its faults."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from benchmarks.campaign_command import Place, faults, found_secrets
from benchmarks.campaign_inputs import generated
from benchmarks.campaign_values import SECRETS

__all__ = ["attempt", "template"]

TO_BEGIN_WITH = (
    *("compare", "raw", "null", "--requests", "2", "--rounds", "1", "--warmup", "0"),
    *("--concurrency", "1", "--db", "good.db"),
)
SPAWNED_SHARE = 0.03  # part of the commands that are a process of their own
# A report may not take the place of any of these, and no command may change them.
THEIRS = ("body.txt", "own.md", "own.json", "unreadable.md", "damaged.db")


def template(folder: Path) -> Path:
    """A database with a run in it, made once, copied for every case."""
    place = Place(folder, "template")
    ended = place.run(*TO_BEGIN_WITH)
    if ended.code != 0:
        raise SystemExit(f"no database to begin with: {ended.err}")
    return place.folder / "good.db"


def attempt(number: int, seed: int, origin: str, database: Path, folder: Path) -> list[str]:
    """Run one generated command line in ``folder``; return its faults."""
    place = Place(folder, str(number))
    _furnish(place.folder, database)
    before, since_ns = _contents(place.folder), place.touched_ns()
    words, environ = generated(number, seed, origin)
    spawned = random.Random(f"spawn {seed}:{number}").random() < SPAWNED_SHARE
    with _written(place.folder / "fifo"):
        ended = place.run(*words, environ=environ, fork=not spawned)
    wrong = [*faults(ended, SECRETS), *_of_files(place, words, before, environ)]
    if words[:2] == ["targets", "up"] and ended.code == 0:
        place.run("targets", "down", "--all", environ=environ)
    return wrong + place.left(since_ns)


@contextmanager
def _written(pipe: Path) -> Iterator[None]:
    """Let a thread write to the pipe once it is read: the command would wait forever otherwise."""

    def write() -> None:
        with suppress(OSError):  # nobody has read it, or not all
            pipe.write_bytes(b"X: y\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        while writer.is_alive():
            os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
            writer.join(0.01)


def _furnish(folder: Path, database: Path) -> None:
    """Files a user might have, and some that nobody should have."""
    (folder / "body.txt").write_text("a body\n")
    for name in ("own.md", "own.json", "unreadable.md"):
        (folder / name).write_text("a user's own\n")
    (folder / "unreadable.md").chmod(0)
    (folder / "folder").mkdir()
    shutil.copy(database, folder / "good.db")
    damaged = bytearray(database.read_bytes())
    damaged[1000:3000] = b"\xff" * 2000
    (folder / "damaged.db").write_bytes(damaged)
    os.mkfifo(folder / "fifo")
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nowhere/x")
    (folder / "link.md").symlink_to("good.db")
    (folder / "link.db").symlink_to("good.db")
    os.link(folder / "good.db", folder / "hard.md")


def _contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in THEIRS}


def _of_files(
    place: Place, words: Sequence[str], before: dict[str, bytes], environ: dict[str, str]
) -> list[str]:
    wrong = []
    if "--force" not in words:
        for name, content in before.items():
            path = place.folder / name
            if not path.exists() or path.read_bytes() != content:
                wrong.append(f"file changed: {name}")
    wrong += [f"database: {problem}" for problem in _of_database(place.folder / "good.db")]
    for path in place.folder.rglob("*"):
        if path.is_file() and path.name not in THEIRS:
            text = path.read_bytes().decode("latin-1")
            wrong += [
                f"secret: {form} in {path.name[:40]!a}" for form in found_secrets(text, SECRETS)
            ]
    return wrong


def _of_database(path: Path) -> list[str]:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check").fetchone()
            (runs,) = connection.execute("SELECT COUNT(*) FROM runs").fetchone()
    except sqlite3.Error as error:
        return [str(error)]
    return ([] if found == "ok" else [str(found)]) + ([] if runs else ["its run is gone"])
