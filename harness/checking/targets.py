"""Runs ``servers.conformance`` over targets: starts each in every way, checks and stops it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

from harness import interrupts
from harness.measure.targets import make_target
from harness.records.checked import Checked, ClaimResult, Outcome
from servers.base import TargetError
from servers.conformance.claims import CLAIMS, Claim
from servers.conformance.leftovers import Leftovers
from servers.conformance.visit import Failed, Visit, starts
from servers.spec import TargetSpec

__all__ = ["check"]

CLAIM_S = 30.0  # a claim takes seconds at most
NEVER_STARTED = "it never started"


def check(spec: TargetSpec) -> Checked:
    """Check every claim of a target; afterwards nothing of it runs."""
    reasons: dict[Claim, list[str]] = {}  # by claim that applies: why it does not hold
    version = None
    for how, way in starts(spec).items():
        target = make_target(way)
        for claim, reason in _checked(Visit(target, way)):
            reasons.setdefault(claim, []).extend([] if reason is None else [f"{how}: {reason}"])
            if claim.when == "started" and reason is None:
                with suppress(TargetError):  # it has ended already
                    version = version or target.describe().get(spec.name)
    ran = any(claim.when == "stopped" for claim in reasons)
    results = tuple(_result(claim, reasons.get(claim), ran) for claim in CLAIMS)
    return Checked(f"{spec.name} ({spec.runtime})", version, results)


def _result(claim: Claim, reasons: Sequence[str] | None, ran: bool) -> ClaimResult:
    outcome: Outcome = "failed" if reasons else "passed"
    reason = " ".join("; ".join(reasons or ()).split()) or None
    if reasons is None:
        outcome, reason = ("does not apply", None) if ran else ("not checked", NEVER_STARTED)
    return ClaimResult(claim.name, claim.sentence, outcome, reason)


def _checked(visit: Visit) -> Iterator[tuple[Claim, str | None]]:
    """Yield each claim that applies to this start, and why it does not hold (None: it does)."""
    mark = f"CLIENTBENCH_CHECK_{uuid.uuid4().hex}"
    try:
        with _marked(mark):
            problem = _start(visit)
        if problem is not None:
            yield from ((claim, problem) for claim in CLAIMS if claim.when == "started")
            return
        with suppress(TargetError):
            visit = replace(visit, leftovers=Leftovers.of(visit.target, mark))
        for claim in CLAIMS:
            if claim.when != "stopped" and claim.concerns(visit):
                yield claim, _reason(claim, visit)
    finally:
        visit.target.stop()
    for claim in CLAIMS if visit.leftovers else ():
        if claim.when == "stopped":
            yield claim, _reason(claim, visit)


@contextmanager
def _marked(mark: str) -> Iterator[None]:
    """Set a variable that every process started in the block inherits."""
    os.environ[mark] = "1"
    try:
        yield
    finally:
        del os.environ[mark]


def _start(visit: Visit) -> str | None:
    """Start the target, which has deadlines of its own. Return why it cannot be used, or None."""
    try:
        visit.target.start()
        with interrupts.allowed():
            visit.target.wait_ready()
    except TargetError as error:
        return str(error)
    return None


def _reason(claim: Claim, visit: Visit) -> str | None:
    """Return why a claim does not hold, or None. A check that takes too long is abandoned."""
    try:
        interrupts.aside(partial(claim.check, visit), time.monotonic() + CLAIM_S)
    except (Failed, TargetError) as error:
        return str(error)
    except TimeoutError as error:
        return str(error) or f"did not end within {CLAIM_S:g} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
