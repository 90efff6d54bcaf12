"""The kinds of warnings: the severity of each, its meaning, and what to do about it.

Severity is decided only here. Each kind has its own anchor on the page docs/validity.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.option_names import option
from harness.records.model import Doubt

__all__ = [
    "KINDS",
    "SOME_PERCENTILES",
    "Kind",
    "Severity",
    "acceptable",
    "condemned",
    "condemns_all",
    "is_grave",
    "severity",
]

# grave: figures or verdicts may be wrong. worth knowing: figures are right, but must be read with
# care. note: no objection to the result.
Severity = Literal["grave", "worth knowing", "note"]
SOME_PERCENTILES = "some percentiles"  # in a text; the warnings themselves name them


@dataclass(frozen=True)
class Kind:
    """The text that stands for all warnings of one kind, and their severity."""

    severity: Severity
    means: str  # what happened and why it matters, for several competitors at once
    remedy: str
    # A grave one about one client says nothing against the others: only that one is condemned.
    of_client: bool = False


KINDS: Mapping[str, Kind] = {
    # grave
    "busy machine": Kind(
        "grave", "other programs used much of the CPUs", "stop them and measure again"
    ),
    "connections differ": Kind(
        "grave",
        f"connections were not used as {option('connection')} says",
        "compare the other clients only",
        of_client=True,
    ),
    "contaminated environment": Kind(
        "grave",
        "another package overwrote files of the measured one",
        "install each package in its own environment",
        of_client=True,
    ),
    "counts differ": Kind(
        "grave",
        "the target counted a different number of requests than were sent",
        "keep others off the target; look for retries",
    ),
    "generator-saturated": Kind(
        "grave",
        "clientbench could not keep the schedule, so no verdict is given",
        f"lower {option('rate')}, or use more {option('processes')}",
        of_client=True,
    ),
    "instance lost": Kind(
        "grave", "a server behind the proxy ended during the run", "find out why, and measure again"
    ),
    "rows lost": Kind(
        "grave",
        "some requests were not recorded in time",
        "leave clientbench more CPU",
        of_client=True,
    ),
    "target lost": Kind(
        "grave", "the target ended during the run", "find out why, and measure again"
    ),
    "unequal bytes": Kind(
        "grave",
        "the request sent differs from the one you specified",
        "compare the other clients only",
        of_client=True,
    ),
    "unequal work": Kind(
        "grave",
        "responses differ between clients, so they do not do the same work",
        "compare clients that get the same response",
        of_client=True,
    ),
    # worth knowing
    "left out": Kind(
        "worth knowing",
        "some clients that were asked for could not be had",
        f"see the reasons, or name the others without {option('keep_going')}",
    ),
    "client-saturated": Kind(
        "worth knowing",
        "the client cannot keep this rate; its latencies leave out requests never sent",
        f"lower {option('rate')} to compare latencies",
    ),
    "disturbed": Kind(
        "worth knowing",
        "other programs or the hypervisor took CPU time",
        "stop them (`clientbench doctor` names them) and measure again",
    ),
    "errors": Kind(
        "worth knowing",
        "some HTTP requests failed; they do not count as throughput",
        "fix the cause before comparing",
    ),
    "few ports": Kind(
        "worth knowing",
        "this machine may have run out of ports for new connections",
        "lower the rate, or measure for a shorter time",
    ),
    "few processors": Kind(
        "worth knowing",
        "target and clients share a CPU, so figures vary more",
        "use a machine with more CPUs",
    ),
    "incomplete": Kind(
        "worth knowing",
        "some rounds failed; figures are those of the other rounds",
        "find out why, and measure again",
    ),
    "not idle": Kind(
        "worth knowing",
        "the client used CPU while others were measured",
        "compare it alone against each of the others",
    ),
    "not stationary": Kind(
        "worth knowing",
        "throughput changed during the run",
        f"measure again; a longer {option('warmup')} may help",
    ),
    "nothing measured": Kind(
        "worth knowing",
        "in some rounds no request fell into the measured time",
        f"measure longer ({option('duration')}), or in fewer {option('rounds')}",
    ),
    "queue not settled": Kind(
        "worth knowing",
        "windows were too short for queues to settle, so there is no verdict",
        f"measure longer ({option('duration')}), or lower {option('rate')}",
    ),
    "server-bound": Kind(
        "worth knowing",
        "the server was the bottleneck, so throughput is a lower bound",
        "give the target more CPUs or servers",
    ),
    "short slices": Kind(
        "worth knowing",
        "slices hold too few HTTP requests for a verdict",
        f"measure longer ({option('duration')}), or with less {option('concurrency')}",
    ),
    "slow tail": Kind(
        "worth knowing",
        "slow responses ended outside the measured time, so figures look too good",
        f"measure longer ({option('duration')})",
    ),
    "target-paced": Kind(
        "worth knowing",
        "most of the time is the target's own wait, so clients differ little",
        "use a target or a path that answers at once",
    ),
    "too few samples": Kind(
        "worth knowing",
        f"rounds are too short for {SOME_PERCENTILES}",
        f"measure longer ({option('duration')}), or in fewer {option('rounds')}",
    ),
    # notes
    "not checked": Kind("note", "something could not be checked", f"see {option('details')}"),
    "paced as asked": Kind(
        "note",
        "the wait in the URL limits throughput",
        "compare CPU, and the time added to the wait",
    ),
    "unequal settings": Kind(
        "note",
        "the library has no switch for some settings",
        f"check with {option('profile')} defaults",
    ),
}


def acceptable() -> dict[str, str]:
    """Return the kinds that a user may accept, by the name that he types; notes need no accepting.

    The name has dashes for blanks: ``short-slices``.
    """
    return {kind.replace(" ", "-"): kind for kind, of in KINDS.items() if of.severity != "note"}


def severity(kind: str) -> Severity:
    """Return the severity of a kind; kinds of another version are unknown, and worth knowing."""
    known = KINDS.get(kind)
    return "worth knowing" if known is None else known.severity


def is_grave(kind: str) -> bool:
    """Say whether figures or verdicts may be wrong because of warnings of this kind."""
    return severity(kind) == "grave"


def condemns_all(doubt: Doubt) -> bool:
    """Say whether no figure of the run can be trusted because of this warning."""
    return is_grave(doubt.kind) and not _is_of_client(doubt)


def condemned(doubts: Iterable[Doubt]) -> dict[str, Doubt]:
    """Return the first grave warning about each client that only its own figures suffer from.

    The key is the label of the client. The figures of all others can be trusted.
    """
    found: dict[str, Doubt] = {}
    for one in doubts:
        if is_grave(one.kind) and _is_of_client(one):
            found.setdefault(one.subject, one)
    return found


def _is_of_client(doubt: Doubt) -> bool:
    known = KINDS.get(doubt.kind)
    return known is not None and known.of_client and doubt.subject != "run"
