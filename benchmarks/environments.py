"""Environments: the time until one is there, the disk that they use, the start of a trial in one.

*Found*: ``Catalogues.choose`` in a fresh process, as at the beginning of a command, for an
environment that is in the cache. *Made*: the same with an empty cache of uv (which downloads), then
with a filled one after the environment was removed, and after all that clientbench keeps was. The
caches are temporary; downloads depend on the network, so cold figures have no bound. With
``@PYTHON`` that interpreter is also asked who it is, in a process of its own.

*Disk*: blocks of every file of ten environments with ten versions of one client, each counted
once, relative to the sum of what each uses alone. Its bytecode is an environment's own: it contains
the folder's name.

*Start*: from the start of a trial's process until it is ready, of the same release in a made
environment and beside clientbench, in turn: made, here, here, made. The ratio is the geometric mean
over these groups of four; its interval is the 95 % t-interval. *No slower* means that the interval
reaches down to 1: a ratio of ten groups is never exactly 1. So that a wide interval does not pass
for that reason alone, the ratio itself has a limit, too.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from benchmarks.figures import Figure, report
from benchmarks.made_environments import OURS, Chosen, base_python, caches, choose, own_version
from harness.clients.catalogues import Making, versions
from harness.errors import UnusableError
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.measure.contenders import Contender
from harness.measure.trial import Trial
from harness.scenario.selector import ClientSpec
from harness.selftest.apart import apart
from harness.selftest.stand import Stand, open_stand

__all__ = ["disk_share", "start_figures"]

CLIENT = "httpx==0.28.1"
OTHER = "httpx==0.28.0"  # not what is beside clientbench
FOUND, MADE = 20, 5  # repetitions
SEVERAL = "last:10"
FOUND_S, MADE_S = 0.05, 2.0
NO_SLOWER, START_RATIO = 1.0, 1.05
GROUPS = 10  # of four starts
BLOCK_BYTES = 512  # the unit of st_blocks


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="for a try: fewer repetitions")
    quick = parser.parse_args().quick
    found, made, groups = (5, 2, 3) if quick else (FOUND, MADE, GROUPS)
    figures: list[Figure] = []
    with caches(own_uv_cache=True) as folder:
        parts: tuple[Callable[[], list[Figure]], ...] = (
            lambda: _times(folder, found, made),
            _disk,
            lambda: _starts(groups),
        )
        for part in parts:
            figures += part()
            print(f"{len(figures)} figures", file=sys.stderr)
    return report("environments, quick" if quick else "environments", figures)


def _times(folder: Path, found: int, made: int) -> list[Figure]:
    """Return the times until an environment is there: cold, made again, found."""
    text = f"{CLIENT}@{base_python()}"
    cold = apart(choose, text)
    resolved = [_again(text, folder, "environments", "resolutions") for _ in range(made)]
    again = [_again(text, folder, "environments") for _ in range(made)]
    apart(choose, OTHER)
    return [
        _median(f"{CLIENT}: made with its downloads, nothing cached", [cold], None),
        _median(f"{CLIENT}: resolved and made from uv's cache", resolved, None),
        _median(f"{CLIENT}: made from uv's cache", again, MADE_S),
        *(
            _median(f"{name}: found", [apart(choose, one) for _ in range(found)], FOUND_S)
            for name, one in ((OTHER, OTHER), (f"{CLIENT}@PYTHON", text))
        ),
    ]


def _median(name: str, seen: list[Chosen], bound_s: float | None) -> Figure:
    times_s = [one.took_s for one in seen]
    cpu_s = statistics.median(one.cpu_s for one in seen)
    detail = f"median of {len(seen)}; slowest {max(times_s):.3g} s; CPU {cpu_s:.3g} s"
    return Figure(name, statistics.median(times_s), bound_s, "lower", "s", detail)


def _again(text: str, folder: Path, *removed: str) -> Chosen:
    """Return an environment that is made after these parts of the cache were removed."""
    for part in removed:
        shutil.rmtree(folder / OURS / part)
    return apart(choose, text)


def _disk() -> list[Figure]:
    """Return the figures of ten environments together."""
    releases = versions(Making(), ClientSpec("httpx", python=base_python()), SEVERAL)
    texts = [f"httpx=={release}@{base_python()}" for release in releases]
    files = [list(_files(apart(choose, text).folder)) for text in texts]
    share, together, further = disk_share(files)
    detail = f"{together / 1e6:.1f} MB together; each further one {further / 1e6:.2f} MB"
    name = f"{len(files)} environments: disk, together ÷ sum of each alone"
    return [Figure(name, share, None, "lower", "×", detail)]


def _files(folder: Path) -> Iterator[tuple[int, int]]:
    """Yield inode and bytes on disk of every file and folder below."""
    for top, folders, names in os.walk(folder):
        for name in (*folders, *names):
            seen = os.lstat(f"{top}/{name}")
            yield seen.st_ino, seen.st_blocks * BLOCK_BYTES


def disk_share(files: list[list[tuple[int, int]]]) -> tuple[float, int, float]:
    """Return together ÷ sum of each alone, bytes together, bytes of each further one on average.

    ``files`` has (inode, bytes) of each file of each environment, the first made first.
    """
    alone = [sum(dict(one).values()) for one in files]
    together = sum({inode: size for one in files for inode, size in one}.values())
    further = (together - alone[0]) / max(1, len(files) - 1)
    return together / sum(alone), together, further


def _starts(groups: int) -> list[Figure]:
    """Compare the start of a trial in a made environment with that beside clientbench."""
    release = own_version("httpx")
    texts = (f"httpx=={release}:sync@{base_python()}", f"httpx=={release}:sync")
    with open_stand() as stand:
        made, here = (_contender(stand, text) for text in texts)
        for one in (made, here):
            _start_s(stand, one)
        order = (made, here, here, made)
        logs, in_place = [], []
        for _ in range(groups):
            times = [_start_s(stand, one) for one in order]
            logs.append(math.log((times[0] + times[3]) / (times[1] + times[2])))
            in_place.append((times[1] + times[2]) / 2)
    return start_figures(logs, 1000 * statistics.median(in_place))


def start_figures(logs: list[float], here_ms: float) -> list[Figure]:
    """Return the figures of ``logs``, the logarithms of made ÷ here, one for each group."""
    groups, mean = len(logs), statistics.mean(logs)
    half = float(stdtrit(groups - 1, 0.975) * np.std(logs, ddof=1) / math.sqrt(groups))
    detail = f"± {100 * half:.1f} %, {groups} groups; here {here_ms:.0f} ms"
    name = "start of a trial, made ÷ here"
    return [
        Figure(name, math.exp(mean), START_RATIO, "lower", "×", detail),
        Figure(f"{name}, low end of its interval", math.exp(mean - half), NO_SLOWER, "lower", "×"),
    ]


def _contender(stand: Stand, text: str) -> Contender:
    scenario = build(Options.of(clients=(text,), concurrency=1, seed=1), Defaults())
    (found,) = stand.resolver.contenders(scenario, lambda _: stand.target)
    return found


def _start_s(stand: Stand, contender: Contender) -> float:
    """Return the time until a trial is ready. Raises ``UnusableError``."""
    trial = Trial(contender, 1, stand.place)
    started = time.perf_counter()
    try:
        trial.start()
        if not trial.over:
            trial.wait_ready()
        took_s = time.perf_counter() - started
        if trial.over:
            raise UnusableError(f"{contender.label}: {trial.summary().reason}")
    finally:
        trial.end()
    return took_s


if __name__ == "__main__":
    sys.exit(main())
