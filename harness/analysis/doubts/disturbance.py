"""Warnings about the machine: CPU time that others used, and the CPU's clock.

For the whole run, the kernel's counters are read twice, which is enough even for a short run. For
one competitor, the readings during its windows are used, which needs some seconds of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.summaries import by_label
from harness.option_names import option
from harness.records.model import Doubt, OtherLoad, Reading, TrialSummary
from harness.text import is_loopback

__all__ = ["disturbance_doubts", "not_watched", "was_watched"]

OTHERS_PERCENT = 10.0  # 100 = one core
BUSY_SHARE = (
    0.25  # share of all CPUs; above it clients and target wait for CPU, some more than others
)
STEAL_PERCENT = 2.0  # 100 = one core
FREQUENCY_RATIO = 1.05
ENOUGH_NS = 4_000_000_000  # window time needed: the kernel counts in ticks of 10 ms
ENOUGH_OF_RUN_NS = 1_000_000_000  # each of the two reads is exact to some ticks of 10 ms
STOP_THEM = "stopping them (`clientbench doctor` names them) or on another machine"
STOP_AND_REPEAT = "stop them (`clientbench doctor` names them) and measure again"
SEE_DOCTOR = "see `clientbench doctor` while nothing is measured"
MOVE = "moving to a machine that is not shared"
NOT_CHECKED = "other programs may have disturbed the run"

Finding = tuple[str, str]  # what was seen, what to do before measuring again


def disturbance_doubts(
    trials: Iterable[TrialSummary], other_load: OtherLoad | None, cpus: int | None = None
) -> list[Doubt]:
    """Warn of each disturbed competitor, or else of the run as a whole if that was disturbed.

    If other programs kept the machine's ``cpus`` busy, there is one grave warning for all. If other
    programs were not watched, or could not be told apart from the target, a note says so.
    """
    groups = by_label(trials)
    busy = _busy(other_load, cpus)
    apart = other_load is None or other_load.targets_apart
    rounds = {label: [one.readings for one in own] for label, own in groups.items()}
    by_others = {
        label: [] if busy else list(_by_others(own, apart)) for label, own in groups.items()
    }
    found = {label: [*by_others[label], *_frequency(rounds[label])] for label in groups}
    doubts = [_disturbed(label, seen) for label, seen in found.items() if seen]
    if not groups or any(by_others.values()):
        return doubts
    return [*(busy or _of_run(other_load)), *doubts]


def _busy(load: OtherLoad | None, cpus: int | None) -> list[Doubt]:
    """Warn if other programs used a large share of the machine's CPUs."""
    if load is None or cpus is None or not was_watched(load) or not load.targets_apart:
        return []
    used = (load.used_ns or 0) / load.length_ns
    if used < BUSY_SHARE * cpus:
        return []
    what = f"other programs used {used:.1f} of {cpus} CPUs"
    return [Doubt("busy machine", "run", what, STOP_AND_REPEAT)]


def was_watched(load: OtherLoad | None) -> bool:
    """Say whether the CPU use of other programs is known: readable counters, a long enough run."""
    return load is not None and load.used_ns is not None and load.length_ns >= ENOUGH_OF_RUN_NS


def not_watched(load: OtherLoad | None) -> tuple[str, str] | None:
    """Return why it is not known whether other programs disturbed a run, and what to do about it.

    None if it is known.
    """
    if load is None or load.used_ns is None:
        return "whether other programs disturbed it: the kernel does not tell", SEE_DOCTOR
    if not was_watched(load):
        return "the run was too short to see whether other programs disturbed it", "measure longer"
    if not load.targets_apart and 100 * load.used_ns >= OTHERS_PERCENT * load.length_ns:
        why = "other programs cannot be told from your server, which runs on this machine"
        return why, SEE_DOCTOR
    return None


def _disturbed(subject: str, found: Sequence[Finding]) -> Doubt:
    seen, remedies = zip(*found, strict=True)
    return Doubt(
        "disturbed", subject, "; ".join(seen), f"measure again after {', '.join(remedies)}"
    )


def _of_run(load: OtherLoad | None) -> Iterator[Doubt]:
    """Judge the whole run by the counters read before the first round and after the last."""
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
            f"together with your target they {others}",
            "run `clientbench doctor` while nothing is measured: it names busy programs",
        )


def _not_checked(why: str, remedy: str) -> Doubt:
    return Doubt("not checked", "run", f"{NOT_CHECKED}: {why}", remedy)


def _by_others(trials: Sequence[TrialSummary], apart: bool) -> Iterator[Finding]:
    """Yield the CPU time that others took while one competitor was measured, if for long enough."""
    if sum(trial.window_ns for trial in trials if trial.readings) >= ENOUGH_NS:
        readings = [reading for trial in trials for reading in trial.readings]
        yield from _others(readings, trials[0].url, apart)
        yield from _steal(readings)


def _others(readings: Sequence[Reading], url: str, apart: bool) -> Iterator[Finding]:
    """Compare the CPU time of the whole machine with that of the run's processes."""
    machine = _percents(readings, "machine")
    target = _target_percent(readings, is_here=is_loopback(url) or not apart)
    if not machine or target is None:
        return
    ours = sum(_mean(_percents(readings, source)) for source in ("worker", "orchestrator"))
    others = _mean(machine) - ours - target
    if others >= OTHERS_PERCENT:
        yield f"other programs used {others:.0f} % of a CPU", STOP_THEM


def _target_percent(readings: Sequence[Reading], *, is_here: bool) -> float | None:
    """Return the target's CPU use; None if it runs here and cannot be told apart from other
    programs.

    Visible processes in containers are included in ``target``. For invisible ones, the container
    engine's figures are used.
    """
    own = _percents(readings, "target")
    if own:
        return _mean(own)
    names = {one.source for one in readings if one.source.startswith("container ")}
    if names:
        return sum(_mean(_percents(readings, name)) for name in names)
    return None if is_here else 0.0


def _steal(readings: Iterable[Reading]) -> Iterator[Finding]:
    """Report steal time: the hypervisor ran other machines while this one was ready to run."""
    known = [one.steal_percent for one in readings if one.steal_percent is not None]
    if _mean(known) >= STEAL_PERCENT:
        yield _stolen(_mean(known)), MOVE


def _stolen(percent: float) -> str:
    return f"the hypervisor took {percent:.1f} % of a CPU (steal time)"


def _frequency(rounds: Iterable[Sequence[Reading]]) -> Iterator[Finding]:
    """Report rounds that ran at different clock frequencies."""
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
