"""Doubts about the machine: what others took of it while a competitor was measured, and its clock."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from harness.competitors import by_label
from harness.model import Doubt, Reading, TrialSummary

__all__ = ["disturbance_doubts"]

OTHERS_PERCENT = 10.0  # of one core
STEAL_PERCENT = 2.0  # of one core
FREQUENCY_RATIO = 1.05
ENOUGH_NS = 4_000_000_000  # of windows: the kernel counts the machine's time in ticks of 10 ms


def disturbance_doubts(trials: Iterable[TrialSummary]) -> list[Doubt]:
    """One per competitor that was disturbed, by whatever it was."""
    doubts = []
    for label, of_label in by_label(trials).items():
        rounds = [trial.readings for trial in of_label]
        found = list(_frequency(rounds))
        if sum(trial.window_ns for trial in of_label if trial.readings) >= ENOUGH_NS:
            readings = [reading for of_round in rounds for reading in of_round]
            found = [*_others(readings, of_label[0].url), *_steal(readings), *found]
        if found:
            seen, remedies = zip(*found, strict=True)
            remedy = f"measure again after {', '.join(remedies)}"
            doubts.append(Doubt("disturbed", label, "; ".join(seen), remedy))
    return doubts


def _others(readings: Sequence[Reading], url: str) -> Iterator[tuple[str, str]]:
    """What the machine's CPUs did beyond the processes of the run."""
    machine = _percents(readings, "machine")
    target = _target_percent(readings, url)
    if not machine or target is None:
        return
    ours = sum(_mean(_percents(readings, source)) for source in ("worker", "orchestrator"))
    others = _mean(machine) - ours - target
    if others >= OTHERS_PERCENT:
        yield (
            f"other programs used {others:.0f} % of a CPU",
            "stopping them (`clientbench doctor` names them) or on another machine",
        )


def _target_percent(readings: Sequence[Reading], url: str) -> float | None:
    """CPU of the target; None where it runs on this machine, and cannot be told from others.

    Processes in containers are among those of ``target`` where they can be seen. Where they cannot, their
    engine's account takes that place.
    """
    own = _percents(readings, "target")
    if own:
        return _mean(own)
    names = {one.source for one in readings if one.source.startswith("container ")}
    if names:
        return sum(_mean(_percents(readings, name)) for name in names)
    return None if _is_local(url) else 0.0


def _steal(readings: Iterable[Reading]) -> Iterator[tuple[str, str]]:
    """Time in which the hypervisor let others run although we could have."""
    known = [one.steal_percent for one in readings if one.steal_percent is not None]
    if _mean(known) >= STEAL_PERCENT:
        yield (
            f"the hypervisor took {_mean(known):.1f} % of a CPU (steal time)",
            "moving to a machine that is not shared",
        )


def _frequency(rounds: Iterable[Sequence[Reading]]) -> Iterator[tuple[str, str]]:
    """Rounds whose CPUs ran at another clock."""
    known = [[one.frequency_mhz for one in readings if one.frequency_mhz] for readings in rounds]
    medians = [statistics.median(values) for values in known if values]
    if medians and max(medians) > FREQUENCY_RATIO * min(medians):
        yield (
            f"the CPU's clock was {min(medians):.0f} MHz in one round, {max(medians):.0f} in another",
            "fixing the governor (performance) and turning turbo off",
        )


def _percents(readings: Iterable[Reading], source: str) -> list[float]:
    return [reading.cpu_percent for reading in readings if reading.source == source]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
