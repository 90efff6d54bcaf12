"""How far a run can be trusted: one judgement, from its warnings, its length and its intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.trust import is_told, trust
from harness.records.model import Comparison, Doubt, OtherLoad, SelftestNote
from tests.examples import SECOND, run

QUIET = OtherLoad(30 * SECOND, SECOND, 0, 0.2, targets_apart=True)
PASSED = SelftestNote("s", "2025-03-01T10:00:00+00:00", full=False, resolution=0.02, failed=())


def compared(label: str, low: float | None, high: float | None) -> Comparison:
    return Comparison(label, "requests", "throughput", 1.0, low, high, 5, "faster")


def level(**changes: Any) -> tuple[str, str]:
    found = trust(run(**{"other_load": QUIET, **changes}), [])
    return found.level, found.why


def test_a_quiet_run_of_all_rounds_is_good() -> None:
    assert level() == level(selftest=PASSED) == ("good", "")


@pytest.mark.parametrize("kind", ["unequal settings", "short slices", "disturbed", "of tomorrow"])
def test_what_is_not_grave_leaves_it_good(kind: str) -> None:
    assert level(doubts=(Doubt(kind, "run", "what", "do"),))[0] == "good"


def test_a_grave_warning_is_quoted() -> None:
    of_run = Doubt("busy machine", "run", "other programs used 1.6 of 2 CPUs", "stop them")
    assert level(doubts=(of_run,)) == ("none", "other programs used 1.6 of 2 CPUs")
    of_client = Doubt("unequal bytes", "pycurl", "at length", "leave it out")
    found = trust(run(doubts=(of_client,), other_load=QUIET), [])
    assert found.why == "pycurl: at length"
    assert found.remedy == "leave it out"


def test_a_grave_warning_about_one_client_condemns_no_other() -> None:
    doubts = tuple(
        Doubt(kind, "treq", "at length", "leave it out") for kind in ("unequal bytes", "rows lost")
    )
    pairs = [compared("treq", None, None), compared("aiohttp", 0.98, 1.02)]
    found = trust(run(doubts=doubts, other_load=QUIET), pairs)

    assert (found.level, found.why, found.distrusted) == ("limited", "", ("treq",))
    assert found.resolution == pytest.approx(0.0202, rel=0.01)
    assert not any(is_told(one, found) for one in doubts)  # they are among the warnings


@pytest.mark.parametrize("subject", ["requests", "aiohttp"])
def test_where_it_leaves_nothing_to_compare_the_run_is_not_trusted(subject: str) -> None:
    doubt = Doubt("unequal bytes", subject, "at length", "leave it out")
    found = trust(run(doubts=(doubt,), other_load=QUIET), [compared("aiohttp", 0.98, 1.02)])

    assert (found.level, found.why) == ("none", f"{subject}: at length")
    assert found.distrusted == ()
    assert is_told(doubt, found)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("busy machine", "run"),
        ("rows lost", "run"),
        ("counts differ", "run"),
        ("instance lost", "nginx"),
        ("target lost", "run"),
    ],
)
def test_what_is_wrong_with_the_machine_or_the_target_condemns_all(kind: str, subject: str) -> None:
    doubts = (
        Doubt("unequal bytes", "treq", "at length", "leave it out"),
        Doubt(kind, subject, "it is wrong", "repeat it"),
    )
    pairs = [compared("treq", None, None), compared("aiohttp", 0.98, 1.02)]

    assert trust(run(doubts=doubts, other_load=QUIET), pairs).level == "none"


def test_a_machine_that_failed_its_self_test_is_not_trusted() -> None:
    assert level(selftest=replace(PASSED, failed=("pacing",))) == (
        "none",
        "this machine failed its last self-test (pacing)",
    )


@pytest.mark.parametrize("kind", ["errors", "incomplete", "nothing measured"])
def test_figures_that_are_partly_missing_limit_it(kind: str) -> None:
    found = trust(run(doubts=(Doubt(kind, "httpx", "at length", "do"),), other_load=QUIET), [])
    assert (found.level, found.why, found.remedy) == (
        "limited",
        "with care: httpx: at length",
        "do",
    )


@pytest.mark.parametrize("state", ["interrupted", "stopped", "failed", "unfinished"])
def test_a_run_without_all_its_rounds_is_limited(state: str) -> None:
    assert level(state=state)[0] == "limited"


@pytest.mark.parametrize(
    "load", [None, replace(QUIET, length_ns=SECOND // 2), replace(QUIET, used_ns=None)]
)
def test_what_was_not_watched_was_not_checked(load: OtherLoad | None) -> None:
    found, why = level(other_load=load)
    assert found == "limited" and why.startswith("not checked: ")


def test_a_server_of_the_users_here_hides_other_programs() -> None:
    load = replace(QUIET, used_ns=15 * SECOND, targets_apart=False)
    assert level(other_load=load)[1].startswith("not checked: other programs cannot be told")
    assert level(other_load=replace(load, used_ns=SECOND))[0] == "good"


def test_an_interval_without_a_verdict_counts_for_nothing() -> None:
    barred = replace(compared("a", 0.98, 1.02), verdict=None, reason="short slices")
    found = trust(run(other_load=QUIET), [barred])
    assert (found.resolution, found.silent) == (None, ("short slices",))


def test_an_open_loop_is_judged_by_its_p99() -> None:
    tail = replace(compared("a", 0.5, 2.0), metric="p99")
    record = run(other_load=QUIET, scenario={"open_load": {"rate": 5}})
    assert trust(record, [compared("a", 0.999, 1.001), tail]).resolution == pytest.approx(1.0)


def test_the_resolution_is_the_middle_half_width_and_wide_ones_are_named() -> None:
    found = trust(
        run(other_load=QUIET),
        [compared("a", 0.98, 1.02), compared("b", 0.97, 1.03), compared("c", 0.5, 2.0)],
    )
    assert found.resolution == pytest.approx(0.0305, abs=1e-3)  # the larger of the two
    assert [label for label, _ in found.wide] == ["c"]


def test_without_an_interval_there_is_no_resolution() -> None:
    found = trust(run(other_load=QUIET), [compared("a", None, None)])
    assert (found.resolution, found.wide) == (None, ())


def test_it_counts_the_verdicts_and_their_rounds() -> None:
    undecided = replace(compared("pycurl", 0.02, 80.0), verdict="inconclusive", rounds=2)
    silent = replace(compared("raw", None, None), verdict=None, rounds=9)
    other = replace(compared("raw", 0.9, 1.1), metric="p99")
    pairs = [compared("aiohttp", 1.9, 2.1), undecided, silent, other]
    found = trust(run(other_load=QUIET), pairs)

    assert (found.decided, found.undecided, found.rounds) == (1, 1, 5)
