"""Labels of two runs: one for each client, whichever version of clientbench stored it."""

from __future__ import annotations

from harness.analysis.environments import StoredRun
from harness.analysis.same_labels import with_labels_of
from harness.records.model import TrialSummary
from tests.examples import run, trial


def client(label: str, mode: str = "async", loop: str | None = "asyncio") -> TrialSummary:
    return trial(label, client_type=mode, event_loop=loop if mode == "async" else None)


def stored(*trials: TrialSummary) -> StoredRun:
    return run(baseline=trials[0].name), list(trials)


def labels(ours: StoredRun, theirs: StoredRun) -> list[str]:
    return [one.label for one in with_labels_of(ours, theirs)[1]]


def test_a_client_gets_the_label_of_the_first_run() -> None:
    new, old = stored(client("aiohttp")), stored(client("aiohttp:async"))
    assert labels(new, old) == ["aiohttp"]
    assert labels(old, new) == ["aiohttp:async"]
    assert with_labels_of(new, old)[0].baseline == "aiohttp"


def test_another_mode_or_event_loop_is_another_client() -> None:
    new = stored(client("httpx:async"))
    for other in (client("httpx", "sync"), client("httpx:async+uvloop", loop="uvloop")):
        assert labels(new, stored(other)) == [other.label]


def test_two_clients_of_a_run_never_get_one_label() -> None:
    ours = stored(client("aiohttp"))
    theirs = stored(client("aiohttp:async"), client("aiohttp", "sync"))
    assert labels(ours, theirs) == ["aiohttp:async", "aiohttp"]
    assert with_labels_of(ours, theirs) is theirs


def test_a_run_that_has_one_client_under_both_labels_keeps_them() -> None:
    theirs = stored(client("aiohttp:async"), client("aiohttp"))
    assert with_labels_of(stored(client("aiohttp")), theirs) is theirs
