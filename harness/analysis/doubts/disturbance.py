"""Doubts about the machine: what others took of it, and its clock.

Over the whole run they are told by two looks at the kernel's counters, so a short run is enough; while one
competitor was measured by its readings, which takes longer.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.summaries import by_label
from harness.option_names import option
from harness.records.model import Doubt, OtherLoad, Reading, TrialSummary
from harness.text import is_loopback

__all__ = ["disturbance_doubts"]

OTHERS_PERCENT = 10.0  # of one core
STEAL_PERCENT = 2.0  # of one core
FREQUENCY_RATIO = 1.05
ENOUGH_NS = 4_000_000_000  # of windows: the kernel counts the machine's time in ticks of 10 ms
ENOUGH_OF_RUN_NS = 1_000_000_000  # its two looks are each exact to some ticks of 10 ms
STOP_THEM = "stopping them (`clientbench doctor` names them) or on another machine"
MOVE = "moving to a machine that is not shared"
NOT_CHECKED = "whether other programs disturbed it"

Finding = tuple[str, str]  # what was seen, what to do before measuring again


def disturbance_doubts(trials: Iterable[TrialSummary], other_load: OtherLoad | None) -> list[Doubt]:
    """One per competitor that was disturbed, by whatever it was; else one of the run, if it was.

    Where that was not looked at, or others could not be told from the target, this is said.
    """
    groups = by_label(trials)
    apart = other_load is None or other_load.targets_apart
    rounds = {label: [one.readings for one in own] for label, own in groups.items()}
    by_others = {label: list(_by_others(own, apart)) for label, own in groups.items()}
    found = {label: [*by_others[label], *_frequency(rounds[label])] for label in groups}
    doubts = [_disturbed(label, seen) for label, seen in found.items() if seen]
    if not groups or any(by_others.values()):
        return doubts
    return [*_of_run(other_load), *doubts]


def _disturbed(subject: str, found: Sequence[Finding]) -> Doubt:
    seen, remedies = zip(*found, strict=True)
    return Doubt(
        "disturbed", subject, "; ".join(seen), f"measure again after {', '.join(remedies)}"
    )


def _of_run(load: OtherLoad | None) -> Iterator[Doubt]:
    """What two looks at the machine say, one before the first round and one after the last."""
    if load is None or load.used_ns is None:
        why = "the run has not ended" if load is None else "the kernel's counters cannot be read"
        yield _not_checked(why, "see `clientbench doctor`")
    elif load.length_ns < ENOUGH_OF_RUN_NS:
        yield _not_checked(
            f"it took {load.length_ns / 1e9:.2g} s, and the kernel counts in ticks of 10 ms",
            f"measure longer ({option('duration')} or {option('requests')})",
        )
    else:
        yield from _of_long_enough(load, 100 * load.used_ns / load.length_ns)


def _of_long_enough(load: OtherLoad, used: float) -> Iterator[Doubt]:
    stolen = 100 * (load.steal_ns or 0) / load.length_ns
    others = f"used {used:.0f} % of a CPU during the whole run ({load.length_ns / 1e9:.3g} s)"
    found = []
    if used >= OTHERS_PERCENT and load.targets_apart:
        found.append((f"other programs {others}", STOP_THEM))
    if stolen >= STEAL_PERCENT:
        found.append((_stolen(stolen), MOVE))
    if found:
        yield _disturbed("run", found)
    if used >= OTHERS_PERCENT and not load.targets_apart:
        yield _not_checked(
            f"the target runs on this machine, started by somebody else; it and all others {others}",
            "`clientbench doctor` names those who use the CPU while nothing is measured",
        )


def _not_checked(why: str, remedy: str) -> Doubt:
    return Doubt("not checked", "run", f"{NOT_CHECKED}: {why}", remedy)


def _by_others(trials: Sequence[TrialSummary], apart: bool) -> Iterator[Finding]:
    """What others took while one competitor was measured; nothing is known of less than some seconds."""
    if sum(trial.window_ns for trial in trials if trial.readings) >= ENOUGH_NS:
        readings = [reading for trial in trials for reading in trial.readings]
        yield from _others(readings, trials[0].url, apart)
        yield from _steal(readings)


def _others(readings: Sequence[Reading], url: str, apart: bool) -> Iterator[Finding]:
    """What the machine's CPUs did beyond the processes of the run."""
    machine = _percents(readings, "machine")
    target = _target_percent(readings, is_here=is_loopback(url) or not apart)
    if not machine or target is None:
        return
    ours = sum(_mean(_percents(readings, source)) for source in ("worker", "orchestrator"))
    others = _mean(machine) - ours - target
    if others >= OTHERS_PERCENT:
        yield f"other programs used {others:.0f} % of a CPU", STOP_THEM


def _target_percent(readings: Sequence[Reading], *, is_here: bool) -> float | None:
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
    return None if is_here else 0.0


def _steal(readings: Iterable[Reading]) -> Iterator[Finding]:
    """Time in which the hypervisor let others run although we could have."""
    known = [one.steal_percent for one in readings if one.steal_percent is not None]
    if _mean(known) >= STEAL_PERCENT:
        yield _stolen(_mean(known)), MOVE


def _stolen(percent: float) -> str:
    return f"the hypervisor took {percent:.1f} % of a CPU (steal time)"


def _frequency(rounds: Iterable[Sequence[Reading]]) -> Iterator[Finding]:
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
