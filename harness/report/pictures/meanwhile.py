"""The machine and the processes while the run was measured: CPU, steal, memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.analysis.summaries import by_label
from harness.records.model import Reading, TrialSummary
from harness.report import figures
from harness.report.answer.facts import Facts
from harness.report.pictures.lines import Chart, Series, draw_series
from harness.report.pictures.picture import Missing, Picture, Table, styles_of
from harness.report.pictures.sheet import Sheet, style
from harness.report.pictures.ticks import linear_ticks, tick

__all__ = ["MEANWHILE"]

MOST_POINTS = 120  # of a line
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Meanwhile:
    """Lines over the time in s since the first reading."""

    cpu: Sequence[Series]  # % of one core
    memory: Sequence[Series]  # MB
    length_s: float


def find(facts: Facts) -> Meanwhile | Missing:
    """Return the readings of the whole run, and the memory of every entry."""
    readings = [one for trial in facts.trials for one in trial.readings]
    if not readings:
        return Missing(
            "No reading of CPU and memory was taken; older and very short runs have none."
        )
    first = min(one.at_ns for one in readings)
    machine = [one for one in readings if one.source == "machine"]
    cpu = [
        ("machine", _points(((one.at_ns, one.cpu_percent) for one in machine), first)),
        ("target", _points(_summed(readings, _is_target), first)),
        ("clients", _points(_summed(readings, _is_worker), first)),
        ("steal", _points(_steal(machine), first)),
    ]
    lines = [Series(name, style(number), of) for number, (name, of) in enumerate(cpu) if of]
    last = max(one.at_ns for one in readings)
    return Meanwhile(lines, list(_memory(facts, first)), max(1e-3, (last - first) / 1e9))


def _memory(facts: Facts, first_ns: int) -> Iterator[Series]:
    styles = styles_of(facts)
    for one in facts.summaries:
        own = (trial for trial in facts.trials if trial.label == one.label)
        values = ((reading.at_ns, (reading.rss_bytes or 0) / 1e6) for reading in _workers(own))
        points = _points(values, first_ns)
        if points:
            yield Series(one.label, styles[one.name], points)


def _is_worker(reading: Reading) -> bool:
    return reading.source == "worker"


def _is_target(reading: Reading) -> bool:
    return reading.source == "target" or reading.source.startswith("container ")


def _workers(trials: Iterable[TrialSummary]) -> Iterable[Reading]:
    return (one for trial in trials for one in trial.readings if _is_worker(one) and one.rss_bytes)


def _steal(machine: Iterable[Reading]) -> list[tuple[int, float]]:
    return [(one.at_ns, one.steal_percent) for one in machine if one.steal_percent is not None]


def _summed(
    readings: Iterable[Reading], kind: Callable[[Reading], bool]
) -> Iterable[tuple[int, float]]:
    """Add up the CPU of all processes of a kind at each instant."""
    found: dict[int, float] = {}
    for one in readings:
        if kind(one):
            found[one.at_ns] = found.get(one.at_ns, 0.0) + one.cpu_percent
    return found.items()


def _points(values: Iterable[tuple[int, float]], first_ns: int) -> Points:
    """Return seconds and values; of long series means over equal numbers of readings."""
    found = sorted(((at - first_ns) / 1e9, value) for at, value in values)
    size = -(-len(found) // MOST_POINTS)
    if size < 2:
        return found
    parts = (found[begin : begin + size] for begin in range(0, len(found), size))
    return [(fmean(x for x, _ in part), fmean(y for _, y in part)) for part in parts]


def draw(meanwhile: Meanwhile, sheet: Sheet) -> None:
    """Draw CPU, and memory below it."""
    top = 0.0
    panels = (
        ("CPU, % of one core", meanwhile.cpu),
        ("Memory of the clients' processes, MB", meanwhile.memory),
    )
    for heading, every in panels:
        if not every:
            continue
        chart = Chart(sheet, top, heading, lines=len(every))
        chart.linear_y(max(y for one in every for _, y in one.points), tick)
        ticks = linear_ticks(0, meanwhile.length_s, 5 if sheet.is_narrow else 9)
        chart.x(0, meanwhile.length_s, [(x, f"{x:g}") for x in ticks], "seconds")
        draw_series(chart, every, figures.significant, markers=False)
        top = chart.bottom
    sheet.height = round(max(top, 1))


def tables(facts: Facts) -> list[Table]:
    """Return the looks at the machine before and after, and the means of the readings."""
    found = [_moments(facts), _means(facts)]
    return [one for one in found if one.rows]


def _moments(facts: Facts) -> Table:
    rows = [
        (
            one.moment,
            one.at[:19].replace("T", " "),
            figures.significant(one.load_average),
            one.governor or figures.NOTHING,
            figures.significant(one.frequency_mhz),
            figures.with_unit(one.steal_ns),
        )
        for one in facts.run.machine_readings
    ]
    headings = (
        *("look at the machine", "UTC", "load average (1 min)", "governor", "fastest CPU MHz"),
        "stolen since boot",
    )
    return Table(headings, rows, "The machine before and after", texts=(0, 1, 3))


def _means(facts: Facts) -> Table:
    rows = []
    for label, own in by_label(facts.trials).items():
        own_readings = [one for trial in own for one in trial.readings]
        machine = [one.cpu_percent for one in own_readings if one.source == "machine"]
        shares = [one.target_cpu_share for one in own if one.target_cpu_share is not None]
        rows.append(
            (
                label,
                figures.significant(fmean(machine)) if machine else figures.NOTHING,
                figures.significant(100 * max(shares)) if shares else figures.NOTHING,
                figures.with_unit(sum(one.orchestrator_cpu_ns for one in own)),
                figures.with_unit(sum(one.idle_cpu_ns for one in own)),
            )
        )
    headings = (
        *("entry", "machine CPU %, mean", "target's CPUs used %, largest"),
        *("clientbench's own CPU", "its CPU while others were measured"),
    )
    return Table(headings, rows, "While each entry was measured")


MEANWHILE = Picture(
    "meanwhile",
    "While it was measured",
    "CPU of the machine and of the processes (100 % is one core), CPU time that the hypervisor "
    "stole, and memory, over the whole run. "
    "What the machine used beyond clients and target was used by other programs and by clientbench.",
    find,
    draw,
    tables,
)
