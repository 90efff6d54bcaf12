"""Differences between two runs besides their results: machine, software, settings. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from harness.records.fields import COLUMNS
from harness.scenario.factors import FACTORS

if TYPE_CHECKING:
    from harness.records.model import RunRecord, TrialSummary

__all__ = ["Difference", "Kind", "StoredRun", "common_labels", "differences"]

Kind = Literal["machine", "software", "settings"]
StoredRun = tuple["RunRecord", Sequence["TrialSummary"]]
Facts = Mapping[str, Any]

MEMORY_TOLERANCE = 0.01  # the kernel's own share of memory differs from boot to boot
CONTENT = ".content"  # suffix of a distribution's name: the digest of its files
LONGEST_VALUE = 60  # characters of a value in a line of text
SOFTWARE = frozenset({"orchestrator_python", "implementation", "versions"})
# Each trial knows its own Python; ``python`` of the environment is that of the first client only.
OF_TRIALS = frozenset({"python"})
SAID_LATER = frozenset({"virtualisation", "machine_name"})
# Settings that list and order the competitors, without effect on how each is measured.
OF_THE_WHOLE = frozenset({"competitors", "axis", "condition_factor", "baseline", "seed"})
FACTOR_FIELDS = tuple(
    field for field in COLUMNS if field.name in {factor.column for factor in FACTORS.values()}
)
# Settings that trials record better: as they were, not as they were given.
SEEN_IN_TRIALS = frozenset(
    {
        *("label", "condition", "target.name", "target.upstream"),
        *(one.field for one in FACTORS.values() if one.column and one.field != "target"),
    }
)


@dataclass(frozen=True)
class Difference:
    """One difference between two runs; values are plain JSON, None for a missing one."""

    kind: Kind
    field: str  # its name in the database; for versions with the prefix ``client.`` or ``target.``
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        """``kernel: 6.1.0 against 6.18.44``."""
        return f"{self.field}: {_shown(self.ours)} against {_shown(self.theirs)}"


def common_labels(ours: StoredRun, theirs: StoredRun) -> tuple[str, ...]:
    """Return the labels of competitors in both runs, in the order of the first."""
    others = {trial.label for trial in theirs[1]}
    return tuple(dict.fromkeys(trial.label for trial in ours[1] if trial.label in others))


def differences(ours: StoredRun, theirs: StoredRun) -> tuple[Difference, ...]:
    """Return all differences: machine, then software, then settings.

    Only clients and targets that both runs have are compared. A value that only one run has
    recorded is a difference, unless it is empty: older runs lack settings that were added later.
    """
    both = ours, theirs
    environments = [run.environment for run, _ in both]
    return (
        *_unequal("machine", *_known_to_both(*_close_memory(*map(_machine_facts, environments)))),
        *_unequal("software", *map(_software_facts, environments)),
        *_of_software(ours, theirs),
        *_of_targets(ours, theirs),
        *_unequal("settings", *(_scenario_facts(run.scenario) for run, _ in both)),
        *_of_clients("settings", ours, theirs, _competitor_facts),
    )


def _unequal(kind: Kind, ours: Facts, theirs: Facts) -> Iterator[Difference]:
    for field in dict.fromkeys((*ours, *theirs)):
        a, b = ours.get(field), theirs.get(field)
        absent = (field in ours) != (field in theirs)
        if a != b and (a or b or not absent):
            yield Difference(kind, field, a, b)


def _machine_facts(environment: Facts) -> Facts:
    """Return every fact not known to be about software, so that future facts count as well."""
    return {k: v for k, v in environment.items() if k not in SOFTWARE | OF_TRIALS}


def _known_to_both(ours: Facts, theirs: Facts) -> tuple[Facts, Facts]:
    """Leave out what only one of the runs says, where older versions, or users, did not say it."""
    said = {fact for fact in (*ours, *theirs) if fact in ours and fact in theirs}
    kept = said | ((ours.keys() | theirs.keys()) - SAID_LATER)
    return (
        {fact: value for fact, value in ours.items() if fact in kept},
        {fact: value for fact, value in theirs.items() if fact in kept},
    )


def _software_facts(environment: Facts) -> Facts:
    return _flat({k: v for k, v in environment.items() if k in SOFTWARE})


def _scenario_facts(scenario: Facts) -> Facts:
    return _flat({k: v for k, v in scenario.items() if k not in OF_THE_WHOLE})


def _close_memory(ours: Facts, theirs: Facts) -> tuple[Facts, Facts]:
    """Make sizes of memory equal if they differ by less than the tolerance."""
    low, high = sorted(facts.get("memory_bytes") or 0 for facts in (ours, theirs))
    if low and high - low < MEMORY_TOLERANCE * high:
        return {**ours, "memory_bytes": high}, {**theirs, "memory_bytes": high}
    return ours, theirs


def _of_clients(
    kind: Kind,
    ours: StoredRun,
    theirs: StoredRun,
    facts_of: Callable[[RunRecord, TrialSummary], Facts],
) -> Iterator[Difference]:
    """Yield differences between clients, with the labels concerned unless all are."""
    labels = common_labels(ours, theirs)
    found: dict[str, tuple[Difference, list[str]]] = {}
    for label in labels:
        facts = [facts_of(run, _typical(trials, label)) for run, trials in (ours, theirs)]
        if all(facts):
            for one in _unequal(kind, *facts):
                found.setdefault(repr(one), (one, []))[1].append(label)
    for one, concerned in found.values():
        named = "" if len(concerned) == len(labels) else f" of {', '.join(concerned)}"
        yield replace(one, field=one.field + named)


def _of_software(ours: StoredRun, theirs: StoredRun) -> Iterator[Difference]:
    """Yield different versions first, then different contents of the same version."""
    versions = list(_of_clients("software", ours, theirs, _client_facts))
    told = {one.field.partition(" of ")[0] for one in versions}
    yield from versions
    for one in _of_clients("software", ours, theirs, _content_facts):
        if one.field.partition(" of ")[0].removesuffix(CONTENT) not in told:
            yield one


def _typical(trials: Sequence[TrialSummary], label: str) -> TrialSummary:
    """Return a trial of a competitor, preferably one that ran and so knows its versions."""
    own = [trial for trial in trials if trial.label == label]
    return next((trial for trial in own if trial.versions or trial.client_version), own[0])


def _client_facts(run: RunRecord, trial: TrialSummary) -> Facts:
    """Return the versions of a client; nothing if it never ran."""
    if not trial.versions and not trial.client_version:
        return {}
    versions = {trial.client_library: trial.client_version, **trial.versions}
    of_client = {f"client.{name}": version for name, version in versions.items()}
    return {"python": trial.python_version, **of_client}


def _content_facts(run: RunRecord, trial: TrialSummary) -> Facts:
    """Return build and contents of an environment; nothing for trials stored without one."""
    environment = trial.client_environment
    if environment is None:
        return {}
    build = {f"python.{name}": value for name, value in asdict(environment.interpreter).items()}
    contents = {f"client.{one.name}{CONTENT}": one.digest for one in environment.distributions}
    spoken = {"http_version": trial.http_version}
    return {**build, **contents, "adapters": environment.code, **spoken}


def _competitor_facts(run: RunRecord, trial: TrialSummary) -> Facts:
    asked = run.scenario.get("competitors", ())
    entry: Facts = next((one for one in asked if one["label"] == trial.label), {})
    return {
        **{k: v for k, v in _flat(entry).items() if not SEEN_IN_TRIALS & {k, k.partition(".")[0]}},
        "client_type": trial.client_type,
        "event_loop": trial.event_loop,
        "upstream": trial.target.upstream,
        **{field.csv_heading or field.name: field.value(trial) for field in FACTOR_FIELDS},
    }


def _of_targets(ours: StoredRun, theirs: StoredRun) -> Iterator[Difference]:
    """Compare version and configuration of targets in both runs; another target is a setting."""
    described = [_descriptions(one) for one in (ours, theirs)]
    used = [dict.fromkeys(str(trial.target) for trial in trials) for _, trials in (ours, theirs)]
    common = [target for target in used[0] if target in used[1]]
    for target in common:
        named = f" of {target}" if len(common) > 1 else ""
        facts = [
            {f"target.{name}{named}": value for name, value in of_run.get(target, {}).items()}
            for of_run in described
        ]
        yield from _unequal("software", *facts)


def _descriptions(stored: StoredRun) -> dict[str, Facts]:
    """Return descriptions by target; an unfinished run has only that of its baseline."""
    run, trials = stored
    if run.targets:
        return {str(record.spec): record.description for record in run.targets}
    return {str(trial.target): run.target for trial in trials if trial.name == run.baseline}


def _flat(facts: Facts, prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings: ``{"a": {"b": 1}}`` becomes ``{"a.b": 1}``."""
    flat: dict[str, Any] = {}
    for key, value in facts.items():
        name = prefix + key
        flat |= _flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return flat


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_VALUE else f"{line[: LONGEST_VALUE - 1]}…"
