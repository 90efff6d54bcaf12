"""``results show --lock``: the environments of a stored run, as a file for ``--lock``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.cli.locks import lock_notice
from harness.cli.screen import say
from harness.clients.environments.lock import LockedEnvironment, of_lock, of_versions, write
from harness.errors import UnusableError
from harness.records.model import TrialSummary
from harness.store import reading

__all__ = ["show_lock"]


def show_lock(database: Path, key: str) -> None:
    """Print the lock of a run's clients. Raises ``UnusableError`` if it has none."""
    run, trials = reading.show_run(database, key, lock_notice(database))
    by_client = {trial.label.removesuffix(f" {trial.condition}"): trial for trial in trials}
    found = [one for label, trial in by_client.items() for one in _locked(label, trial)]
    if not found:
        raise UnusableError(f"run {run.id[:8]} has no client with packages", "run")
    say(write(found), end="")


def _locked(label: str, trial: TrialSummary) -> Sequence[LockedEnvironment]:
    environment = trial.client_environment
    if environment is None or not environment.distributions:
        return ()
    if environment.lock is not None:
        return (of_lock(environment.lock),)
    versions = {one.name: one.version for one in environment.distributions}
    return (of_versions(label, versions, environment.interpreter),)
