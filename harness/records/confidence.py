"""Verdicts of comparisons, and the confidence of their intervals."""

from __future__ import annotations

from typing import Literal

__all__ = ["CONFIDENCE", "DECIDED_CONFIDENCE", "STOPPED_CONFIDENCE", "Verdict"]

Verdict = Literal["faster", "slower", "equivalent", "inconclusive"]

CONFIDENCE = 0.95
# Runs that stop at a precision use this level, so that their intervals hold as often as the others:
# see benchmarks/coverage.py.
STOPPED_CONFIDENCE = 1 - 0.7 * (1 - CONFIDENCE)
# Runs that stop once a gate is decided: an interval that lies beside its limit ends them, so they
# stop at misses far more often than runs that wait for a narrow one. See benchmarks/gates.py.
DECIDED_CONFIDENCE = 1 - 0.2 * (1 - CONFIDENCE)
