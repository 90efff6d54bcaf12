"""Why a result should be read with care. Pure: summaries in, doubts out (DESIGN §7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.comparison import ENOUGH_BEYOND
from harness.competitors import CompetitorSummary, competitors
from harness.model import Doubt, OpenLoop, TrialSummary
from harness.plan import MEDIANS_PER_SLICE
from harness.processors import Processors

__all__ = [
    "count_doubt",
    "instance_doubt",
    "open_loop_doubts",
    "processor_doubts",
    "saturated",
    "target_doubt",
    "trial_doubts",
]

BUSY_TARGET = 0.9
BUSY_IDLE = 0.02
ERROR_BUDGET = 0.0
LOST_STARTS = 0.001  # share of the planned
PACER_LIMIT_NS = 1_000_000


def processor_doubts(processors: Processors, pinned: bool) -> list[Doubt]:
    """Too few CPUs for what was asked."""
    if processors.shortage is None:
        return []
    remedy = "use a machine with more cores" if pinned else "results may vary more"
    return [Doubt("few processors", "run", processors.shortage, remedy)]


def count_doubt(round_number: int, sent: int, responses: int, counted: int) -> Doubt | None:
    """Clients and target must agree on how many requests there were.

    ``counted`` is what the target saw in the round; every response was a request it saw, and every
    request it saw was sent.
    """
    if responses <= counted <= sent:
        return None
    return Doubt(
        "counts differ",
        "run",
        f"in round {round_number} clients sent {sent} requests and got {responses} responses, "
        f"the target counted {counted}",
        "let nothing else use the target, or look for retries",
    )


def target_doubt(message: str) -> Doubt:
    """The target went away during the run."""
    return Doubt("target lost", "run", message, "find out why it ended and measure again")


def instance_doubt(target: str, round_number: int, message: str) -> Doubt:
    """One of the servers behind a proxy went away during the run, and the others went on."""
    return Doubt(
        *("instance lost", target),
        f"in round {round_number}, {message}",
        "later rounds have one server less: measure again for figures of all of them",
    )


def trial_doubts(trials: Sequence[TrialSummary]) -> list[Doubt]:
    """What the trials say about themselves, one line per competitor and kind."""
    by_label: dict[str, list[TrialSummary]] = {}
    for trial in trials:
        by_label.setdefault(trial.label, []).append(trial)
    doubts = []
    for summary in competitors(trials):
        of_label = by_label[summary.label]
        doubts += [
            doubt
            for doubt in (
                _server_bound(summary.label, of_label),
                _errors(summary),
                _too_few(summary),
                _short_slices(summary, of_label),
                _lost(summary.label, of_label),
                _not_idle(summary.label, of_label),
                _unequal(summary),
            )
            if doubt is not None
        ]
    return doubts


def open_loop_doubts(trials: Sequence[TrialSummary], held: Mapping[str, OpenLoop]) -> list[Doubt]:
    """Who did not hold an open loop: the generator, or the client.

    ``held`` says by label how ``null`` held the same plan; nothing is told apart without it.
    """
    doubts = []
    for summary in competitors(trials):
        ours, theirs = held.get(summary.label), summary.open_loop
        if ours is not None and _unsteady(ours):
            doubts.append(_generator_saturated(summary.label, ours))
        elif ours is not None and theirs is not None and _unsteady(theirs):
            doubts.append(_client_saturated(summary.label, theirs))
    return doubts


def saturated(doubts: Iterable[Doubt]) -> frozenset[str]:
    """The competitors whose load the generator itself did not hold: no verdict on what it falsifies."""
    return frozenset(doubt.subject for doubt in doubts if doubt.kind == "generator-saturated")


def _unsteady(loop: OpenLoop) -> bool:
    """Whether a noticeable part of the starts did not come about, or came late with a slot free."""
    lag_ns = loop.pacer_lag.percentile(99) or 0
    lost = loop.missed + loop.dropped
    return lost > LOST_STARTS * loop.planned or lag_ns > PACER_LIMIT_NS


def _generator_saturated(label: str, loop: OpenLoop) -> Doubt:
    return Doubt(
        "generator-saturated",
        label,
        f"without sending anything, {_starts(loop)}",
        "allow no verdict; lower --rate, or use more --processes or a quieter machine",
    )


def _client_saturated(label: str, loop: OpenLoop) -> Doubt:
    return Doubt(
        "client-saturated",
        label,
        f"{_starts(loop)}; with null in its place the plan is held",
        "it cannot take this load here: that is the result; for latencies lower --rate",
    )


def _starts(loop: OpenLoop) -> str:
    lost = loop.missed + loop.dropped
    lag_ms = (loop.pacer_lag.percentile(99) or 0) / 1e6
    return (
        f"{lost:,} of {loop.planned:,} planned starts were missed or dropped, "
        f"p99 of the pacer lag is {lag_ms:.3g} ms"
    )


def _unequal(summary: CompetitorSummary) -> Doubt | None:
    """Parity settings that the library has no switch for."""
    if not summary.unequal:
        return None
    settings = "; ".join(summary.unequal)
    return Doubt("unequal settings", summary.label, settings, "keep it in mind when comparing")


def _server_bound(label: str, trials: Sequence[TrialSummary]) -> Doubt | None:
    shares = [t.target_cpu_share for t in trials if t.target_cpu_share is not None]
    if not shares or sum(shares) / len(shares) < BUSY_TARGET:
        return None
    return Doubt(
        "server-bound",
        label,
        f"the target used {100 * sum(shares) / len(shares):.0f} % of its CPU",
        "its throughput is a lower bound; give the target more cores",
    )


def _errors(summary: CompetitorSummary) -> Doubt | None:
    if not summary.errors or (summary.error_rate or 0.0) <= ERROR_BUDGET:
        return None
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(summary.error_counts.items()))
    return Doubt(
        "errors",
        summary.label,
        f"{summary.errors} of {summary.population} requests failed ({kinds})",
        "mend the cause before comparing",
    )


def _too_few(summary: CompetitorSummary) -> Doubt | None:
    percents = (50.0, 95.0, 99.0)
    weak = [
        p
        for p in percents
        if summary.service.total > 0 and summary.samples_beyond(p) < ENOUGH_BEYOND
    ]
    if not weak:
        return None
    names = ", ".join(f"p{percent:g}" for percent in weak)
    return Doubt(
        "too few samples",
        summary.label,
        f"{summary.service.total} samples leave fewer than {ENOUGH_BEYOND} beyond {names}",
        "measure longer (--duration)",
    )


def _short_slices(summary: CompetitorSummary, trials: Sequence[TrialSummary]) -> Doubt | None:
    """A slice must hold 20 requests of a slot, or its edges weigh too much."""
    median_ns = summary.service.percentile(50)
    lengths = [s.end_ns - s.start_ns for trial in trials for s in trial.slices]
    if median_ns is None or not lengths or min(lengths) >= MEDIANS_PER_SLICE * median_ns:
        return None
    return Doubt(
        "short slices",
        summary.label,
        f"slices of {min(lengths) / 1e6:.0f} ms hold fewer than {MEDIANS_PER_SLICE} of its median "
        f"service times ({median_ns / 1e6:.3g} ms)",
        "measure longer (--duration), in fewer rounds (--rounds), or with less --concurrency",
    )


def _lost(label: str, trials: Sequence[TrialSummary]) -> Doubt | None:
    lost = sum(trial.lost_rows for trial in trials)
    if not lost:
        return None
    return Doubt(
        "rows lost",
        label,
        f"{lost} of {sum(trial.sent for trial in trials)} requests were not recorded in time",
        "leave the orchestrator some CPU",
    )


def _not_idle(label: str, trials: Sequence[TrialSummary]) -> Doubt | None:
    """A client that works while others are measured (background threads) slows them down."""
    idle = sum(trial.idle_cpu_ns for trial in trials)
    busy = sum(trial.cpu_ns for trial in trials)
    if not busy or idle / busy < BUSY_IDLE:
        return None
    return Doubt(
        "not idle",
        label,
        f"it used {idle / 1e6:.0f} ms of CPU while others were measured",
        "compare it alone against each of the others",
    )
