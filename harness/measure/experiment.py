"""The main job, from a scenario to an outcome. ``run`` reads as a table of contents."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.analysis.comparison import compare
from harness.analysis.doubts.barring import barred
from harness.analysis.doubts.conclusion import concluding_doubts
from harness.analysis.doubts.connections import port_doubts
from harness.analysis.doubts.run import contamination_doubts, processor_doubts
from harness.analysis.endpoint_comparison import compare_endpoints
from harness.analysis.gating import judge
from harness.clients.bundle import Bundle
from harness.clients.catalogues import Making
from harness.clients.contamination import Contamination
from harness.clock import utc_now
from harness.machine import description as environment
from harness.machine import limits, processors, provenance
from harness.machine.other_load import LoadMeter
from harness.measure import ceiling, generator, preparation
from harness.measure.contenders import Contender, Resolver
from harness.measure.place import Place
from harness.measure.rounds import FinishedRound, Progress, Rounds, is_spared
from harness.measure.targets import Targets, running
from harness.records.conditions import by_condition
from harness.records.model import Doubt, RunRecord, RunState, TrialSummary
from harness.records.provenance import Identity
from harness.scenario.plan import Plan, make_plan
from harness.scenario.scenario import Scenario
from harness.scenario.sequence import draw
from harness.store import Keeper, Kept
from servers.spec import TargetSpec

__all__ = ["Outcome", "run"]


@dataclass(frozen=True)
class Outcome:
    """A run that has ended, by itself or by Ctrl-C, with everything that was kept."""

    run: RunRecord
    trials: tuple[TrialSummary, ...]
    kept: Kept


def run(
    scenario: Scenario,
    database: Path,
    sampling_interval_s: float,
    progress: Progress,
    look: Callable[[], None] = lambda: None,
    making: Making | None = None,
    identity: Identity | None = None,
) -> Outcome:
    """Measure a scenario and store the result.

    ``look`` is called once, after all that can be refused. Targets are up then, but idle.
    ``making`` says how environments are made that are not there, ``identity`` what the run is
    called and where it comes from.

    Raises ``ClientbenchError`` before anything is stored if it cannot be measured at all. An
    interrupt ends the run; the rounds that were finished are kept. The outcome says where.
    """
    keeper = Keeper(database, progress.say)
    keeper.check()
    with contextlib.ExitStack() as stack:
        bundle = stack.enter_context(Bundle(making.adapter_files if making else ()))
        launcher = stack.enter_context(contextlib.closing(processors.Launcher()))
        resolver = Resolver(bundle, making)
        resolver.check(scenario)
        plan = make_plan(scenario)
        sequence = draw(scenario, plan)
        cpus = _processors(scenario)
        targets = stack.enter_context(running(scenario, cpus, launcher))
        stack.enter_context(_demoted(cpus))
        meter = LoadMeter(targets.all, here=scenario.unix_path is not None)
        found = resolver.contenders(scenario, targets.of, sequence)
        resolved = [_fitted(one, plan) for one in found]
        place = Place(bundle, launcher, cpus.workers, scenario.redactor().message)
        places = targets.places(place, cpus)
        prepared = preparation.prepare(resolved, places, plan.load.highest if plan.load else None)
        look()
        contenders = list(prepared.contenders)
        contaminations = resolver.contaminations(contenders)
        record = _begin(scenario, prepared, cpus, targets, contaminations, identity or Identity())
        store = stack.enter_context(keeper)
        record = replace(record, selftest=store.selftest_of(record.environment))
        store.begin(record)
        record = _with_checks(record, contenders, plan, resolver, places)
        store.save_checks(record)
        rounds = Rounds(plan, contenders, places, targets, sampling_interval_s, progress, scenario)
        state = rounds.run_all(record, partial(_save, store, record.id))
        record = _finish(replace(record, other_load=meter.read()), state, rounds, scenario)
        store.finish(record)
        return Outcome(record, tuple(rounds.trials), store.kept)


def _with_checks(
    record: RunRecord,
    contenders: Sequence[Contender],
    plan: Plan,
    resolver: Resolver,
    places: Mapping[TargetSpec, Place],
) -> RunRecord:
    """Test ``null`` and ``raw`` under each contender's load, and add their results."""
    usable = [one for one in contenders if one.refusal is None]
    return replace(
        record,
        held=tuple(generator.check(usable, plan, resolver, places)),
        ceilings=tuple(ceiling.measure(usable, plan, resolver, places)),
    )


def _save(store: Keeper, run_id: str, ended: FinishedRound) -> None:
    """Store a round at once, so that no finished round is ever lost."""
    store.save_round(
        run_id,
        ended.number,
        order=ended.order,
        started_at=ended.started_at,
        ended_at=ended.ended_at,
        trials=ended.trials,
    )


def _processors(scenario: Scenario) -> processors.Processors:
    """Return the CPUs of targets and workers; CPUs that the user named apply to all targets."""
    wanted = next((c.target.cpus for c in scenario.competitors if c.target.cpus), ())
    return processors.assign(processors.available(), scenario.processes, scenario.pin, wanted)


def _fitted(contender: Contender, plan: Plan) -> Contender:
    """Limit slots to the number of requests, and pace first requests to a server that is not ours.

    Their rate is the given one, or ten per second if that is more.
    """
    fitted = replace(contender, most_slots=plan.most_starts(spared=is_spared(contender, plan)))
    if plan.load is None or not contender.is_foreign:
        return fitted
    pace = max(plan.load.highest, preparation.FIRST_PER_S)
    return replace(fitted, first_gap_ns=round(1e9 / pace))


@contextlib.contextmanager
def _demoted(cpus: processors.Processors) -> Iterator[None]:
    """Measure at low priority on the target's CPU.

    The priority cannot be taken back without privileges, which a command that ends does not mind.
    """
    before = processors.available()
    processors.demote(cpus.target)
    try:
        yield
    finally:
        if cpus.target is not None:
            processors.move(before)


def _begin(
    scenario: Scenario,
    prepared: preparation.Preparation,
    cpus: processors.Processors,
    targets: Targets,
    contaminations: Sequence[Contamination],
    identity: Identity,
) -> RunRecord:
    contenders = prepared.contenders
    what = "compare" if len(contenders) > 1 else "load"
    baseline = next(one for one in scenario.competitors if one.name == scenario.baseline)
    named = {} if identity.machine is None else {"machine_name": identity.machine}
    return RunRecord(
        id=str(uuid.uuid4()),
        name=identity.name or f"{what} {_names(scenario)}",
        started_at=utc_now(),
        ended_at=utc_now(),
        state="failed",
        axis=scenario.axis,
        condition_factor=scenario.condition_factor,
        baseline=scenario.baseline,
        seed=scenario.seed,
        scenario=scenario.snapshot(),
        environment=environment.describe(cpus, contenders[0].python_version) | named,
        target=targets.of(baseline.target).describe(),
        targets=targets.records(),
        doubts=(
            *processor_doubts(cpus, scenario.pin),
            *contamination_doubts(contaminations),
            *prepared.doubts,
            *map(_left_out, scenario.left_out),
        ),
        prepared=prepared.sent,
        provenance=identity.provenance,
        machine_readings=(provenance.reading("start"),),
    )


def _left_out(one: tuple[str, str]) -> Doubt:
    label, why = one
    return Doubt("left out", label, why, "see the reason, or leave it out yourself")


def _names(scenario: Scenario) -> str:
    """Return the names of the competitors, and the conditions."""
    groups = by_condition(scenario.competitors)
    names = ", ".join(dict.fromkeys(competitor.name for competitor in scenario.competitors))
    conditions = ", ".join(condition for condition in groups if condition is not None)
    return f"{names} at {conditions}" if conditions else names


def _finish(record: RunRecord, state: RunState, rounds: Rounds, scenario: Scenario) -> RunRecord:
    trials = rounds.trials
    gate = scenario.gate
    doubts = [
        *record.doubts,
        *rounds.ledger.doubts,
        *concluding_doubts(record, trials),
        *port_doubts(trials, None if scenario.unix_path else limits.outgoing_ports()),
    ]
    ended = replace(
        record,
        state=state,
        ended_at=utc_now(),
        machine_readings=(*record.machine_readings, provenance.reading("end")),
        spreads=tuple(rounds.ledger.spreads),
        doubts=tuple(doubts),
        comparisons=tuple(
            compare(trials, scenario.baseline, barred(doubts), confidence=record.confidence)
        ),
        endpoint_comparisons=tuple(
            compare_endpoints(
                trials, scenario.baseline, barred(doubts), confidence=record.confidence
            )
        ),
        ending=rounds.ending,
    )
    if gate is None or gate.against == "history":  # which is in the database
        return ended
    return replace(ended, gate=tuple(judge(gate, ended, trials, ended.confidence)))
