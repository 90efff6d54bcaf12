"""The kinds of warnings: how much each matters, what it means, and what to do about it.

This is the only place that decides how much a warning matters. Each kind has an anchor of its own on the page
docs/validity.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.option_names import option

__all__ = ["KINDS", "Kind", "Severity", "severity"]

# grave: figures or verdicts may be wrong. worth knowing: figures are right, but say less than they seem to.
# note: nothing speaks against the result.
Severity = Literal["grave", "worth knowing", "note"]


@dataclass(frozen=True)
class Kind:
    """What warnings of one kind have in common."""

    severity: Severity
    means: str  # about several competitors, as one line of the answer says it
    remedy: str


KINDS: Mapping[str, Kind] = {
    # grave
    "busy machine": Kind(
        "grave", "other programs used much of the CPUs", "stop them and measure again"
    ),
    "connections differ": Kind(
        "grave",
        f"connections were not opened as {option('connection')} asks",
        "compare the others only",
    ),
    "contaminated environment": Kind(
        "grave",
        "another package was written over the one that is measured",
        "install each in an environment of its own",
    ),
    "counts differ": Kind(
        "grave",
        "the target counted other requests than clients sent",
        "let nothing else use the target; look for hidden retries",
    ),
    "generator-saturated": Kind(
        "grave",
        "clientbench could not keep the schedule, so no verdict is given",
        f"lower {option('rate')}, or use more {option('processes')}",
    ),
    "instance lost": Kind(
        "grave", "a server behind the proxy ended during the run", "find out why, and measure again"
    ),
    "rows lost": Kind(
        "grave", "some requests were not recorded in time", "leave clientbench more CPU"
    ),
    "target lost": Kind(
        "grave", "the target ended during the run", "find out why, and measure again"
    ),
    "unequal bytes": Kind(
        "grave", "the request sent is not the one that was asked for", "compare the others only"
    ),
    "unequal work": Kind(
        "grave",
        "responses differ from those that other clients got",
        "compare clients that get the same",
    ),
    # worth knowing
    "client-saturated": Kind(
        "worth knowing",
        "the client cannot take this rate, so its latencies leave out what was never sent",
        f"lower {option('rate')} to compare latencies",
    ),
    "disturbed": Kind(
        "worth knowing",
        "other programs or the hypervisor took CPU time",
        "stop them (`clientbench doctor` names them) and measure again",
    ),
    "errors": Kind(
        "worth knowing",
        "requests failed, and count as no throughput",
        "find the cause before comparing",
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
        "some rounds failed, and figures are those of the others",
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
        "in some rounds nothing fell into the measured time",
        f"measure longer ({option('duration')}), or in fewer {option('rounds')}",
    ),
    "queue not settled": Kind(
        "worth knowing",
        "queues were still growing at the end, so no verdict is given",
        f"measure longer ({option('duration')}), or lower {option('rate')}",
    ),
    "server-bound": Kind(
        "worth knowing",
        "the server was the limit, so throughput is a lower bound",
        "give the target more CPUs or servers",
    ),
    "short slices": Kind(
        "worth knowing",
        "slices hold too few requests for a verdict",
        f"measure longer ({option('duration')}), or with less {option('concurrency')}",
    ),
    "slow tail": Kind(
        "worth knowing",
        "slow answers fell outside the measured time, so figures look too good",
        f"measure longer ({option('duration')})",
    ),
    "target-paced": Kind(
        "worth knowing",
        "the target's own wait is measured, more than the client",
        "use a target or a path that answers at once",
    ),
    "too few samples": Kind(
        "worth knowing",
        "too few requests in a round for some percentiles",
        f"measure longer ({option('duration')}), or in fewer {option('rounds')}",
    ),
    # notes
    "not checked": Kind("note", "something could not be checked", f"see {option('details')}"),
    "paced as asked": Kind(
        "note", "the target waits as asked", "compare CPU, and the time added to the wait"
    ),
    "unequal settings": Kind(
        "note",
        "the library has no switch for some settings",
        f"check with {option('profile')} defaults",
    ),
}


def severity(kind: str) -> Severity:
    """How much a warning of this kind matters; one of an unknown kind, of another version, is worth knowing."""
    known = KINDS.get(kind)
    return "worth knowing" if known is None else known.severity
