"""Runs ``servers.conformance`` over targets: started in every way that they can be, asked, and stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from harness import interrupts
from harness.measure.targets import make_target
from harness.records.conformance import Checked, ClaimResult, Outcome
from servers.base import Target, TargetError
from servers.conformance.claims import CLAIMS, STARTS, STOPS, Claim, Traces
from servers.conformance.visit import Failed, Visit, starts
from servers.spec import TargetSpec

__all__ = ["check"]

CLAIM_S = 30.0  # a claim takes seconds at most
NEVER_STARTED = "it never started"


def check(spec: TargetSpec) -> Checked:
    """Let a target answer for every claim; afterwards nothing of it runs."""
    reasons: dict[str, list[str]] = {}
    applied: set[str] = set()
    version = None
    for how, way in starts(spec).items():
        target = make_target(way)
        for claim, reason in _checked(Visit(target, way)):
            applied.add(claim.name)
            if reason is not None:
                reasons.setdefault(claim.name, []).append(f"{how}: {reason}")
            elif claim is STARTS:
                with suppress(TargetError):  # it has ended already
                    version = version or target.describe().get(spec.name)
    results = [
        _result(claim, claim.name in applied, reasons.get(claim.name, ())) for claim in CLAIMS
    ]
    if STOPS.name not in applied:
        results = [
            _unchecked(result) if result.state == "does not apply" else result for result in results
        ]
    return Checked(f"{spec.name} ({spec.runtime})", version, tuple(results))


def _result(claim: Claim, applied: bool, reasons: Sequence[str]) -> ClaimResult:
    state: Outcome = "failed" if reasons else "passed" if applied else "does not apply"
    return ClaimResult(
        claim.name, claim.sentence, state, " ".join("; ".join(reasons).split()) or None
    )


def _unchecked(result: ClaimResult) -> ClaimResult:
    return replace(result, state="not checked", reason=NEVER_STARTED)


def _checked(visit: Visit) -> Iterator[tuple[Claim, str | None]]:
    """Each claim that applies to this start, and why it does not hold."""
    traces: Traces | None = None
    try:
        problem = _start(visit)
        if problem is not None:
            yield STARTS, problem
            return
        with suppress(TargetError):
            traces = Traces.of(visit)
        for claim in CLAIMS:
            if claim is not STOPS and claim.concerns(visit):
                yield claim, _reason(partial(claim.check, visit))
    finally:
        visit.target.stop()
    if traces is not None:
        yield STOPS, _reason(partial(_expect_stopped, visit.target, traces))


def _start(visit: Visit) -> str | None:
    """Start it, which has deadlines of its own; why it cannot be used."""
    try:
        visit.target.start()
        with interrupts.allowed():
            visit.target.wait_ready()
    except TargetError as error:
        return str(error)
    return None


def _expect_stopped(target: Target, traces: Traces) -> None:
    target.stop()  # which may be called again
    traces.expect_none()


def _reason(work: partial[None]) -> str | None:
    """Why it failed, in one line; it is left to itself when it takes too long."""
    try:
        interrupts.aside(work, time.monotonic() + CLAIM_S)
    except (Failed, TargetError) as error:
        return str(error)
    except TimeoutError as error:
        return str(error) or f"did not end within {CLAIM_S:g} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
