"""A comparison that is killed at some instant: finished rounds stay, nothing else is left.

The victim is the command itself, a worker, the target or its host. Everything is checked from
outside.
"""

from __future__ import annotations

import random
import re
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.campaign_command import Ended, Place, faults, left_running

__all__ = ["Kill", "attempt", "planned"]

ROUNDS = 3
CLIENTS = ("raw:sync", "null:sync")
LENGTH = ("--duration", "0.4", "--rounds", str(ROUNDS), "--warmup", "0.02", "--concurrency", "3")
LIFE_S = 4.0  # duration of such a command on a quiet machine
END_S = 60.0
# How often the command itself is hit, by which signal, and how often what it has started.
WEIGHTS = {
    "command SIGKILL": 10,
    "command SIGTERM": 2,
    "command SIGINT": 2,
    "command SIGINT 10 times": 1,
    "command SIGHUP": 1,
    "worker SIGKILL": 2,
    "target SIGKILL": 1,
    "host SIGKILL": 1,
}
_ROUND = re.compile(r"round (\d+)(?:/| )")
# The interpreter itself is still starting: an interrupt then ends it in its own way.
STARTING_S = 0.5


@dataclass(frozen=True)
class Kill:
    """One kill: victim, signal and delay after the start of the command or of a round."""

    what: str
    after_s: float
    in_round: int | None

    @property
    def victim(self) -> str:
        """Return the kind of process to kill: the command or one that it has started."""
        return self.what.split()[0]

    @property
    def signal(self) -> signal.Signals:
        """Return the signal to send."""
        return signal.Signals[self.what.split()[1]]


def planned(number: int, seed: int) -> Kill:
    """Return the kill of a case; the same for the same numbers."""
    draw = random.Random(f"{seed}:{number}")
    what = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    if draw.random() < 0.5 and what.startswith("command"):
        return Kill(what, draw.uniform(0, LIFE_S), None)
    return Kill(what, draw.uniform(0, 0.6), draw.randint(1, ROUNDS))


def attempt(number: int, seed: int, folder: Path) -> list[str]:
    """Start a comparison in ``folder``, kill the victim, and return the faults."""
    kill = planned(number, seed)
    place = Place(folder, f"kill-{number}")
    target = ("--instances", "2") if kill.victim == "host" else ()
    run = _Run(place, (*CLIENTS, *LENGTH, *target, "--db", "kills.db"))
    hit_s = run.strike(kill)
    ended, finished = run.end()
    wrong = _of_end(kill, ended, hit_s)
    wrong += left_running(place.mark)
    wrong += [f"{what} (round {finished} was reported)" for what in _lost(place, finished)]
    wrong += _next(place)
    return [f"{one} [{kill.what} after {hit_s:.2f} s]" for one in wrong]


class _Run:
    """The running comparison and its output."""

    def __init__(self, place: Place, words: Sequence[str]) -> None:
        self._words = ("compare", *words)
        self._started = time.monotonic()
        self.process = place.start(*self._words)
        self._lines: list[str] = []
        self._round = 0
        self._moved = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._moved:
                self._lines.append(line)
                found = _ROUND.match(line)
                self._round = int(found[1]) if found else self._round
                self._moved.notify_all()

    def strike(self, kill: Kill) -> float:
        """Wait for the instant and send the signal; return the seconds since the start."""
        if kill.in_round is not None:
            with self._moved:
                self._moved.wait_for(lambda: self._round >= (kill.in_round or 0), END_S)
        time.sleep(kill.after_s)
        hit_s = time.monotonic() - self._started
        if kill.victim == "command":
            for _ in range(10 if "10 times" in kill.what else 1):
                with suppress(ProcessLookupError):
                    self.process.send_signal(kill.signal)
                time.sleep(0.01)
        else:
            for process in self._of(kill.victim):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(kill.signal)
        return hit_s

    def _of(self, victim: str) -> list[psutil.Process]:
        """Return one process of the kind, or none if there is none at this instant."""
        marks = {"worker": "start.py", "target": "servers.embedded", "host": "servers.host"}
        found = []
        with suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    if marks[victim] in " ".join(child.cmdline()):
                        found.append(child)
        return found[:1]

    def end(self) -> tuple[Ended, int]:
        """Return how it ended, and the last round that it reported as finished."""
        assert self.process.stdout is not None
        code: int | None
        try:
            code = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        self._reader.join()
        out = self.process.stdout.read()
        self.process.stdout.close()
        assert self.process.stderr is not None
        self.process.stderr.close()
        took_s = time.monotonic() - self._started
        ended = Ended(self._words, code, out, "".join(self._lines), took_s)
        # A round is saved before the next one is announced, and all are before the table is shown.
        return ended, ROUNDS if code == 0 else max(0, self._round - 1)


def _of_end(kill: Kill, ended: Ended, hit_s: float) -> list[str]:
    if ended.code == -signal.SIGKILL and kill.what == "command SIGKILL":
        return []
    if kill.what == "command SIGHUP" and ended.code in (-signal.SIGHUP, 130):
        return []
    if kill.victim == "command" and hit_s < STARTING_S:
        return [] if ended.code in (-kill.signal, 0, 1, 130) else faults(ended)
    return faults(ended)


def _lost(place: Place, finished: int) -> list[str]:
    """Return the reported rounds that are missing in the database."""
    path = place.folder / "kills.db"
    if not path.exists():
        return ["database: there is none"] if finished else []
    try:
        with closing(sqlite3.connect(path)) as connection:
            return _broken(connection, finished)
    except sqlite3.Error as error:
        return [f"database: {error}"]


def _broken(connection: sqlite3.Connection, finished: int) -> list[str]:
    wrong = [
        f"database: {row[0]}"
        for row in connection.execute("PRAGMA integrity_check")
        if row[0] != "ok"
    ]
    wrong += [f"database: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "benchmark_results" not in tables:
        return [*wrong, *(["database: no table"] if finished else [])]
    trials = dict(
        connection.execute("SELECT round, COUNT(*) FROM benchmark_results GROUP BY round")
    )
    missing = set(range(1, finished + 1)) - set(trials)
    wrong += [f"round lost: {number}" for number in sorted(missing)]
    halves = [number for number, count in trials.items() if count != len(CLIENTS)]
    wrong += [f"round in part: {number}" for number in halves]
    (bare,) = connection.execute(
        "SELECT COUNT(*) FROM benchmark_results AS trial WHERE state = 'complete'"
        " AND NOT EXISTS (SELECT 1 FROM slices WHERE trial_id = trial.id)"
    ).fetchone()
    return [*wrong, *([f"trials without slices: {bare}"] if bare else [])]


def _next(place: Place) -> list[str]:
    """Check that the next command works with the same database and removes all leftovers."""
    known = (place.folder / "kills.db").exists()
    tiny = ("--requests", "1", "--rounds", "1", "--warmup", "0", "--concurrency", "1")
    again = place.run("compare", "null:sync", *tiny, "--db", "kills.db")
    shown = [
        place.run("results", "list", "--db", "kills.db"),
        place.run("results", "show", "latest", "--db", "kills.db"),
    ]
    wrong = []
    for ended in (again, *shown):
        wrong += [f"next command, {one}" for one in faults(ended)]
        if ended.code != 0:
            said = f"{ended.words[:2]} {ended.code} {ended.err[-200:]!a}"
            wrong.append(f"next command, exit code: {said} (database before: {known})")
    wrong += [f"temporary file left: {name}" for name in place.remains()]
    return [*wrong, *left_running(place.mark)]
