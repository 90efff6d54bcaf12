"""The whole self-test, part after part."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from harness.clients.bundle import Bundle
from harness.clock import utc_now
from harness.errors import UnusableError
from harness.input.scenario_input import SLICE_S
from harness.machine import description as environment
from harness.machine.processors import assign, available
from harness.records.figure import Figure
from harness.records.model import RunRecord
from harness.records.selftest_result import SelfTest, SelftestPart
from harness.selftest.apart import apart
from harness.selftest.ceiling import OVERHEAD_US, limits, overhead
from harness.selftest.contest import Contest, measure
from harness.selftest.judgement import AGAIN, PLAIN, SLOWED, judged
from harness.selftest.lengths import Lengths
from harness.selftest.measures import named
from harness.selftest.pacing import UNIFORM, paced
from harness.selftest.stall import stalled
from harness.selftest.stand import SEED, Stand, open_stand
from harness.selftest.waits import RATE, Waits, error, waited

__all__ = ["run"]

T = TypeVar("T")
RAW = ("raw:sync", "raw:async")
CLIENT = "aiohttp:async"  # always installed, and it keeps its CPU busy, so that wasted CPU shows


def run(lengths: Lengths, announce: Callable[[str], None]) -> SelfTest:
    """Test this machine and this program; announce each part as it begins.

    All measuring runs in processes of its own. Raises ``UnusableError`` if something that should
    always work does not. A failure of the comparison at the end keeps the earlier findings.
    """
    started_at = utc_now()
    where = environment.describe(assign(available(), 1, pin=True), platform.python_version())
    parts = list(_on_the_target(lengths, announce))
    announce("the same client twice, and slowed")
    compared, resolution = judged(partial(_contest, lengths))
    return SelfTest(
        id=str(uuid.uuid4()),
        started_at=started_at,
        ended_at=utc_now(),
        environment=where,
        full=lengths.full,
        resolution=resolution,
        parts=(*parts, *compared),
    )


def _on_the_target(lengths: Lengths, announce: Callable[[str], None]) -> Iterator[SelftestPart]:
    for name, work in (
        ("ceiling and overhead", _ceiling),
        ("known latencies", _waits),
        ("pacing", _pacing),
        ("a stall", _stalls),
    ):
        announce(name)
        yield SelftestPart(name, tuple(apart(_on_stand, work, lengths)))


def _on_stand(work: Callable[[Stand, Lengths], T], lengths: Lengths) -> T:
    with open_stand(warmup_s=lengths.warmup_s) as stand:
        return work(stand, lengths)


def _ceiling(stand: Stand, lengths: Lengths) -> list[Figure]:
    return [
        *(f for client in (*RAW, CLIENT) for f in limits(stand, client, lengths.ceiling_s)),
        *overhead(stand, "null:sync", OVERHEAD_US, lengths.ceiling_s),
        *overhead(stand, "null:async", None, lengths.ceiling_s),
    ]


def _waits(stand: Stand, lengths: Lengths) -> list[Figure]:
    figures = []
    for client in RAW:
        for name, seconds in lengths.waits_s.items():
            waits = waited(stand, client, RATE, name, seconds, lengths.floor_s)
            figures.append(waits.count)
            if not waits.count.missed:
                figures += [*waits.errors(lengths.percentiles), _with_delays(waits, 99)]
    return figures


def _with_delays(waits: Waits, percent: float) -> Figure:
    """Return the error that remains after subtracting the machine's own delays."""
    found = error(waits.name, percent, waits.seen_ns, waits.delayed_ns(), False)
    name = f"{waits.name}: {named(percent)} error beyond the machine's own delays"
    return replace(found, name=name)


def _pacing(stand: Stand, lengths: Lengths) -> list[Figure]:
    return [figure for case in UNIFORM for figure in paced(stand, case, lengths.pacing_s)]


def _stalls(stand: Stand, lengths: Lengths) -> list[Figure]:
    return [figure for client in RAW for figure in stalled(stand, client, lengths.stall_s)]


def _contest(lengths: Lengths) -> RunRecord:
    """Compare the client with itself: unchanged, and slowed by shares of its CPU per request."""
    duration_s = lengths.rounds * lengths.trial_s
    shares = {PLAIN: 0.0, AGAIN: 0.0, **SLOWED}
    contest = Contest(CLIENT, shares, lengths.rounds, duration_s, SLICE_S, SEED)
    # If this command is killed, the next one clears the bundle's folder.
    with Bundle() as bundle:
        return _measured(contest, bundle.path / "contest.db")


def _measured(contest: Contest, database: Path) -> RunRecord:
    outcome = measure(contest, database)
    reasons = [trial.reason for trial in outcome.trials if trial.reason is not None]
    if outcome.run.state != "complete" or reasons:
        raise UnusableError(f"self-test: {contest.client}: {(reasons or [outcome.run.state])[0]}")
    return outcome.run
