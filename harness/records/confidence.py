"""What a comparison may say, and how sure it is of it."""

from __future__ import annotations

from typing import Literal

__all__ = ["CONFIDENCE", "STOPPED_CONFIDENCE", "Verdict"]

Verdict = Literal["faster", "slower", "equivalent", "inconclusive"]

CONFIDENCE = 0.95
# Asked for by runs that stop when they are precise enough, so that their intervals hold as often as the others:
# see benchmarks/coverage.py.
STOPPED_CONFIDENCE = 1 - 0.7 * (1 - CONFIDENCE)
