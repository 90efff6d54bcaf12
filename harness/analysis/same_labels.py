"""Equal labels for equal clients in two runs, such as ``aiohttp`` and ``aiohttp:async``. Pure.

Up to 0.1 a label contained the mode if it was typed; now it does if the library has several
(``harness.scenario.labels``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.loops import default_loop
from harness.analysis.environments import StoredRun
from harness.errors import UsageError
from harness.records.model import TrialSummary
from harness.scenario.selector import parse

__all__ = ["with_labels_of"]


def with_labels_of(ours: StoredRun, theirs: StoredRun) -> StoredRun:
    """Return the second run, with the labels of the first for the same clients.

    A client keeps its label if another one of its run has the new label.
    """
    known = _labels(ours[1])
    taken = {trial.label for trial in theirs[1]}
    names = {
        label: known[key]
        for key, label in _labels(theirs[1]).items()
        if key in known and known[key] not in taken
    }
    return _renamed(theirs, names) if names else theirs


def _labels(trials: Sequence[TrialSummary]) -> dict[str, str]:
    """Return labels by meaning, without meanings that have two labels in the run."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for trial in trials:
        found[_meaning(trial)].add(trial.label)
    return {key: next(iter(labels)) for key, labels in found.items() if len(labels) == 1}


def _meaning(trial: TrialSummary) -> str:
    """Return the label with mode and event loop, whether or not they were typed."""
    selector, blank, rest = trial.label.partition(" ")
    try:
        spec = parse(selector)
    except UsageError:  # a label chosen by the user
        return trial.label
    loop = trial.event_loop or default_loop(spec.name, trial.client_type)
    # as text: a stored run may name any loop
    client = replace(spec, mode=trial.client_type, loop=None, python=None)
    return f"{client}+{loop}@{spec.python}{blank}{rest}"


def _renamed(stored: StoredRun, names: Mapping[str, str]) -> StoredRun:
    run, trials = stored
    renamed = [replace(trial, label=names.get(trial.label, trial.label)) for trial in trials]
    bare = {old.name: new.name for old, new in zip(trials, renamed, strict=True)}
    record = replace(
        run,
        baseline=bare.get(run.baseline, run.baseline),
        doubts=tuple(
            replace(doubt, subject=names.get(doubt.subject, doubt.subject)) for doubt in run.doubts
        ),
        scenario=_with_labels(run.scenario, names),
    )
    return record, renamed


def _with_labels(scenario: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    asked = [
        {**one, "label": names.get(one["label"], one["label"])}
        for one in scenario.get("competitors", ())
    ]
    return {**scenario, "competitors": asked} if asked else dict(scenario)
