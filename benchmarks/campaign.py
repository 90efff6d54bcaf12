"""Robustness tests with many kills, generated inputs and hostile servers: none may fail.

* kills: 200 comparisons, of which the command, a worker, the target or its host is killed at a
  random instant.
* inputs: 5,000 command lines and environments, over every option of every command.
* hostile: every client against every behaviour of ``benchmarks/hostile_behaviours.py``, in a
  process each; then whole comparisons of all clients against each.

Resumable: results are kept in ``results/campaign.db``, and those of the same code and seed count.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks import campaign_attempts, campaign_hostile, campaign_kills, hostile_clients
from benchmarks import figures as figures_module
from benchmarks.figures import DATABASE, Figure, report
from benchmarks.forks import preload
from benchmarks.hostile_behaviours import BEHAVIOURS
from benchmarks.hostile_server import HostileServer, running

__all__ = ["Case", "Kept", "figures", "main", "run"]

ROOT = Path(__file__).parent.parent
KILLS, INPUTS, LEAST_BEHAVIOURS = 200, 5_000, 70
PARTS = ("kills", "inputs", "hostile")
SHOWN = 40  # wrong cases in the report

SCHEMA = """
CREATE TABLE IF NOT EXISTS cases (
    code TEXT, seed INTEGER, part TEXT, name TEXT, wrong TEXT, took_s REAL, at TEXT,
    PRIMARY KEY (code, seed, part, name)
)
"""


@dataclass(frozen=True)
class Case:
    """One case, with a name that is unique in its part; it gets its own folder."""

    part: str
    name: str
    attempt: Callable[[Path], list[str]]  # returns faults, each as ``kind: detail``


@dataclass(frozen=True)
class Kept:
    """The stored result of a case."""

    part: str
    name: str
    wrong: tuple[str, ...]
    took_s: float


class State:
    """The cases run so far, for this code and seed."""

    def __init__(self, path: Path, seed: int) -> None:
        path.parent.mkdir(exist_ok=True)
        self._path, self._seed, self._code = path, seed, _code()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(SCHEMA)

    def all(self) -> list[Kept]:
        """Return all results, oldest first."""
        with closing(sqlite3.connect(self._path)) as connection:
            rows = connection.execute(
                "SELECT part, name, wrong, took_s FROM cases WHERE code = ? AND seed = ? ORDER BY at",
                (self._code, self._seed),
            ).fetchall()
        return [Kept(part, name, tuple(json.loads(wrong)), s) for part, name, wrong, s in rows]

    def keep(self, kept: Kept) -> None:
        """Store one result."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        row = (
            self._code,
            self._seed,
            kept.part,
            kept.name,
            json.dumps(kept.wrong),
            kept.took_s,
            at,
        )
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _code() -> str:
    """Return a digest of all code, of the product and of this program, that affects the results."""
    digest = hashlib.sha256()
    for package in ("adapters", "benchmarks", "harness", "servers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if package != "benchmarks" or path.name.startswith(("campaign", "hostile", "forked")):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def main() -> int:
    """Run the missing cases, or some of them, and report on all results."""
    given = _given()
    for module in (campaign_attempts, campaign_hostile, campaign_kills, figures_module):
        preload(module.__name__)  # each fork runs this file, as far as it defines things
    state = State(given.database, given.seed)
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        place = Path(folder)
        (place / "server").mkdir()
        with running(place / "server") as server:
            parts = {
                "kills": lambda: _kills(given.seed),
                "inputs": lambda: _inputs(given.seed, server, place),
                "hostile": lambda: _hostile(server),
            }
            for part in given.part or PARTS:
                _try(parts[part](), state, place, given)
    return report("campaign", figures(state.all(), given.part or PARTS))


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="only this; repeatable")
    parser.add_argument(
        "--now", type=int, default=sys.maxsize, help="at most so many more of a part"
    )
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--jobs", type=int, default=4, help="cases at once")
    parser.add_argument("--again", action="store_true", help="try those anew that went wrong")
    parser.add_argument("--database", type=Path, default=DATABASE.with_name("campaign.db"))
    return parser.parse_args()


def _kills(seed: int) -> list[Case]:
    return [
        Case("kills", str(n), lambda folder, n=n: campaign_kills.attempt(n, seed, folder))  # type: ignore[misc]
        for n in range(KILLS)
    ]


def _inputs(seed: int, server: HostileServer, place: Path) -> list[Case]:
    origin = f"http://127.0.0.1:{server.ports['http']}"
    database = campaign_attempts.template(place / "template")

    def case(number: int) -> Case:
        return Case(
            "inputs",
            str(number),
            lambda folder: campaign_attempts.attempt(number, seed, origin, database, folder),
        )

    return [case(number) for number in range(INPUTS)]


def _hostile(server: HostileServer) -> list[Case]:
    def alone(client: hostile_clients.Client, name: str) -> Case:
        return Case(
            "hostile",
            f"{name} {client}",
            lambda _: hostile_clients.faults(
                name, client, hostile_clients.meet(client, name, server)
            ),
        )

    def compared(name: str) -> Case:
        return Case(
            "hostile",
            f"{name} compare",
            lambda folder: campaign_hostile.attempt(name, server, folder),
        )

    clients = hostile_clients.clients()
    single = [alone(client, name) for name in BEHAVIOURS for client in clients]
    return [*single, *map(compared, BEHAVIOURS)]


def _try(cases: Iterable[Case], state: State, place: Path, given: argparse.Namespace) -> None:
    tried = {(k.part, k.name) for k in state.all() if not (given.again and k.wrong)}
    left = [case for case in cases if (case.part, case.name) not in tried][: given.now]
    for number, kept in enumerate(run(left, place, given.jobs), 1):
        state.keep(kept)
        for one in kept.wrong:
            print(f"{kept.part} {kept.name}: {one}", file=sys.stderr)
        if number % 100 == 0 or number == len(left):
            print(f"{kept.part}: {number} of {len(left)}", file=sys.stderr)


def run(cases: Sequence[Case], place: Path, jobs: int) -> Iterator[Kept]:
    """Run cases, ``jobs`` at a time, each in its own folder below ``place``.

    Yield them as they end.
    """
    waiting = iter(enumerate(cases))
    with ThreadPoolExecutor(jobs) as pool:
        pending = {
            pool.submit(_attempt, c, place / f"{os.getpid()}-{n}") for n, c in islice(waiting, jobs)
        }
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for number, case in islice(waiting, len(done)):
                pending.add(pool.submit(_attempt, case, place / f"{os.getpid()}-{number}"))
            for future in done:
                yield future.result()


def _attempt(case: Case, folder: Path) -> Kept:
    folder.mkdir()
    started = time.monotonic()
    wrong = case.attempt(folder)
    took_s = time.monotonic() - started
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)
    return Kept(case.part, case.name, tuple(wrong), took_s)


def figures(tried: Sequence[Kept], parts: Iterable[str]) -> list[Figure]:
    """Return the figures of each part: cases run, failures by kind, and the slowest case."""
    return [
        figure for part in parts for figure in _of_part(part, [k for k in tried if k.part == part])
    ]


def _behaviours(tried: Sequence[Kept]) -> int:
    """Return how many behaviours every client was tested with, alone and in a comparison."""
    met = Counter(kept.name.split()[0] for kept in tried)
    return sum(number > len(hostile_clients.clients()) for number in met.values())


def _of_part(part: str, tried: Sequence[Kept]) -> list[Figure]:
    least = {"kills": KILLS, "inputs": INPUTS}.get(part, LEAST_BEHAVIOURS)
    number = len(tried) if part != "hostile" else _behaviours(tried)
    wrong = [k for k in tried if k.wrong]
    kinds = Counter(kind for k in wrong for kind in {one.partition(":")[0] for one in k.wrong})
    count = [
        Figure(f"{part}: tried", number, least, "higher", "", f"{len(tried)} cases"),
        Figure(
            f"{part}: wrong", len(wrong), 0, "lower", "", ", ".join(k.name for k in wrong[:SHOWN])
        ),
        *(Figure(f"{part}: {kind}", n, 0, "lower", "") for kind, n in kinds.most_common()),
    ]
    if not tried:
        return count
    slowest = max(tried, key=lambda k: k.took_s)
    return [*count, Figure(f"{part}: slowest", slowest.took_s, None, "lower", "s", slowest.name)]


if __name__ == "__main__":
    sys.exit(main())
