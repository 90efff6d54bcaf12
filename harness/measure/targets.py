"""The targets of a run: all of them running at once, and their own counts of requests."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from harness import interrupts
from harness.analysis.doubts.connections import Opened, connection_doubt
from harness.analysis.doubts.run import count_doubt, instance_doubt, target_doubt
from harness.errors import UnusableError
from harness.machine import processors
from harness.measure.meters import TargetClock
from harness.measure.place import Place
from harness.measure.trial import Trial
from harness.records.model import Doubt, Spread, TargetRecord
from harness.scenario.scenario import Scenario
from servers.base import Counts, Target, TargetError
from servers.catalogue import most_cpus, software
from servers.hosted import HostedTarget
from servers.software import Address, Layout
from servers.spec import TargetSpec
from servers.url import UrlTarget

__all__ = ["Ledger", "Targets", "make_target", "running", "usable_cpus"]


class Targets:
    """Running targets, in the order of the competitors that use them."""

    def __init__(self, by_spec: Mapping[TargetSpec, Target]) -> None:
        self._by_spec = by_spec
        self.specs = tuple(by_spec)
        self.all = tuple(by_spec.values())

    def of(self, spec: TargetSpec) -> Target:
        """Return the target of ``spec``."""
        return self._by_spec[spec]

    def records(self) -> tuple[TargetRecord, ...]:
        """Return the record of each, as it is stored."""
        return tuple(
            TargetRecord(spec.told, target.describe()) for spec, target in self._by_spec.items()
        )

    def places(self, place: Place, cpus: processors.Processors) -> dict[TargetSpec, Place]:
        """``place`` for trials against each of them."""
        return {
            spec: replace(
                place,
                target_cpus=usable_cpus(spec, cpus.target or processors.available()),
                target_cpu_ns=TargetClock(target.processes_by_role()),
            )
            for spec, target in self._by_spec.items()
        }


def usable_cpus(spec: TargetSpec, cpus: Collection[int]) -> int:
    """Return how many of ``cpus``, or of those named in the spec, a target can keep busy."""
    allowed = len(spec.cpus or cpus)
    return min(allowed, most_cpus(spec) or allowed)


@contextlib.contextmanager
def running(
    scenario: Scenario, cpus: processors.Processors, launcher: processors.Launcher
) -> Iterator[Targets]:
    """Start every target of the scenario; afterwards all are gone. Raises ``UnusableError``."""
    specs = dict.fromkeys(competitor.target for competitor in scenario.competitors)
    with contextlib.ExitStack() as stack:
        by_spec = {
            spec: stack.enter_context(_started(make_target(spec), cpus, launcher)) for spec in specs
        }
        yield Targets(by_spec)


@contextlib.contextmanager
def _started(
    target: Target, cpus: processors.Processors, launcher: processors.Launcher
) -> Iterator[Target]:
    try:
        launcher.run(target.start, cpus.target)
        with interrupts.allowed():
            target.wait_ready()
        for pid in target.processes():
            processors.hasten(pid)
        yield target
    except TargetError as error:
        raise UnusableError(str(error), "target") from error
    finally:
        target.stop()


def make_target(spec: TargetSpec) -> Target:
    """The target that ``spec`` means, not yet started."""
    if spec.url:
        return UrlTarget(spec.url)
    alone = Layout("", Address("127.0.0.1", 0), spec.tls, folder="", scratch="")
    one_process = spec.runtime == "native" and spec.instances == 1
    return (one_process and software(spec.name).process(alone)) or HostedTarget(spec)


class Ledger:
    """The targets' counts, round by round: checked against the clients' counts, kept by instance.

    ``lost`` is set when a target is gone: then nothing more can be measured.
    """

    def __init__(self, targets: Targets, *, watching: bool = False) -> None:
        """``watching``: connections are counted after each turn, and kept apart by trial."""
        self.lost = False
        self.doubts: list[Doubt] = []
        self.spreads: list[Spread] = []
        self._targets = targets
        self._before: dict[TargetSpec, Counts | None] = {}
        self._gone: set[tuple[TargetSpec, str]] = set()
        self._watching = watching
        self._accepted: dict[TargetSpec, int] = {}  # connections, as last seen
        self._told: set[str] = set()  # subjects of doubts about connections

    def begin(self) -> None:
        """A round begins."""
        self._before = {spec: self._counts(spec) for spec in self._targets.specs}

    def turn_ends(self, trial: Trial | None) -> None:
        """A trial has loaded its target for a while; None: all of them have sent first requests."""
        if not self._watching:
            return
        for spec in self._targets.specs if trial is None else (trial.contender.target,):
            counts = self._counts(spec)
            if counts is None or counts.connections is None:
                continue
            before = self._accepted.get(spec, counts.connections)
            self._accepted[spec] = counts.connections
            if trial is not None:
                trial.opened += counts.connections - before

    def end(self, round_number: int, trials: Sequence[Trial]) -> None:
        """The round is over."""
        for index, spec in enumerate(self._targets.specs):
            before, after = self._before[spec], self._counts(spec)
            if before is None or after is None:
                continue
            self._keep_spread(index, round_number, before, after)
            self._keep_lost(spec, round_number, after)
            if spec.config:  # the user's configuration may answer by itself, or ask twice
                continue
            own = [trial for trial in trials if trial.contender.target == spec]
            self._check(round_number, own, before, after)
            if before.connections is not None and after.connections is not None:
                opened = after.connections - before.connections
                self._check_connections(round_number, own, opened)

    def _keep_spread(self, index: int, round_number: int, before: Counts, after: Counts) -> None:
        if len(after.by_instance) < 2:
            return
        self.spreads += [
            Spread(index, round_number, name, requests - before.by_instance.get(name, 0))
            for name, requests in after.by_instance.items()
        ]

    def _keep_lost(self, spec: TargetSpec, round_number: int, counts: Counts) -> None:
        for message in counts.lost:
            if (spec, message) not in self._gone:
                self._gone.add((spec, message))
                self.doubts.append(instance_doubt(spec.name, round_number, message))

    def _check(
        self, round_number: int, trials: Sequence[Trial], before: Counts, after: Counts
    ) -> None:
        if any(trial.over for trial in trials):
            return
        seen = [trial for trial in trials if trial.contender.uses_target]
        doubt = count_doubt(
            round_number,
            sent=sum(trial.sent[0] for trial in seen),
            responses=sum(trial.responses for trial in seen),
            counted=after.requests - before.requests,
        )
        self.doubts += [doubt] if doubt is not None else []

    def _check_connections(self, round_number: int, trials: Sequence[Trial], opened: int) -> None:
        """Check connections by trial if turns were watched, otherwise for all together."""
        seen = [trial for trial in trials if trial.contender.uses_target]
        if self._watching:
            for trial in seen:
                self._doubt_connections([trial], round_number, trial.opened, *trial.loaded)
            return
        sent = sum(trial.sent[0] for trial in seen)
        answered = sum(trial.responses for trial in seen)
        self._doubt_connections(seen, round_number, opened, sent, answered)

    def _doubt_connections(
        self, trials: Sequence[Trial], round_number: int, opened: int, sent: int, answered: int
    ) -> None:
        """Warn once for the same trials, unless one failed or its number of
        connections is unknown.
        """
        labels = [trial.contender.label for trial in trials]
        kept = [trial.contender.kept_connections for trial in trials]
        subject = labels[0] if len(labels) == 1 else "run"
        if subject in self._told or any(trial.over for trial in trials) or None in kept:
            return
        counts = Opened(opened, sent, answered, slots=sum(filter(None, kept)))
        asked = trials[0].contender.connection if trials else "keep-alive"
        doubt = connection_doubt(subject, round_number, asked, counts)
        if doubt is not None:
            self._told.add(subject)
            self.doubts.append(doubt)

    def _counts(self, spec: TargetSpec) -> Counts | None:
        try:
            return self._targets.of(spec).counts()
        except TargetError as error:  # earlier measurements are kept
            if not self.lost:
                self.doubts.append(target_doubt(str(error)))
            self.lost = True
            return None
