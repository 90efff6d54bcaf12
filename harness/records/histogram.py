"""Latency histograms: HdrHistogram's buckets, filled by numpy, encoded by ``hdrhistogram``.

A percentile is HdrHistogram's: the smallest recorded value such that at least p % of the samples
are at most that value (nearest rank), at three significant digits. Source: Gil Tene, HdrHistogram;
the bucket layout is that of its V2 encoding.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Censored", "Histogram", "percentile", "rank"]

LOWEST = 1
HIGHEST = 3_600_000_000_000  # an hour, in ns
DIGITS = 3
HALF_MAGNITUDE = 10  # 2^11 sub-buckets resolve 3 significant digits
HALF = 1 << HALF_MAGNITUDE
LENGTH = (HIGHEST.bit_length() - HALF_MAGNITUDE) * HALF + HALF

Integers = npt.NDArray[np.int64]


class Histogram:
    """Counts of non-negative integer values (here: ns) up to an hour; larger ones
    count as an hour.
    """

    def __init__(self, counts: Integers | None = None) -> None:
        self.counts: Integers = np.zeros(LENGTH, np.int64) if counts is None else counts

    @property
    def total(self) -> int:
        """The number of recorded values."""
        return int(self.counts.sum())

    def record(self, values: npt.ArrayLike) -> None:
        """Add values; their order is of no consequence."""
        array = np.clip(np.asarray(values, np.int64), 0, HIGHEST)
        if array.size:
            indices, counts = np.unique(_index(array), return_counts=True)
            self.counts[indices] += counts

    def merged(self, other: Histogram) -> Histogram:
        """A new histogram of both populations."""
        return Histogram(self.counts + other.counts)

    def percentile(self, percent: float) -> int | None:
        """Nearest-rank percentile (largest value equivalent to it); None without any value."""
        total = self.total
        if not total:
            return None
        index = np.searchsorted(np.cumsum(self.counts), rank(percent, total))
        return highest_equivalent(int(index))

    def counted(self) -> list[tuple[int, int]]:
        """(largest equivalent value, count) of everything recorded, in ascending order."""
        return [
            (highest_equivalent(int(i)), int(self.counts[i])) for i in np.flatnonzero(self.counts)
        ]

    def encode(self) -> bytes:
        """HdrHistogram V2, compressed and base64: readable by any HdrHistogram tool."""
        from hdrh.histogram import HdrHistogram  # noqa: PLC0415  only when something is stored

        hdr: Any = HdrHistogram(LOWEST, HIGHEST, DIGITS)
        used = np.flatnonzero(self.counts)
        source = np.ascontiguousarray(self.counts[: hdr.counts_len])
        ctypes.memmove(hdr.counts, source.ctypes.data, source.nbytes)
        if used.size:
            hdr.set_internal_tacking_values(int(used[0]), int(used[-1]), self.total)
        return bytes(hdr.encode())

    @classmethod
    def decode(cls, encoded: bytes) -> Histogram:
        """The inverse of ``encode``."""
        from hdrh.histogram import HdrHistogram  # noqa: PLC0415

        hdr: Any = HdrHistogram.decode(encoded)
        counts = np.zeros(LENGTH, np.int64)
        stored = np.ctypeslib.as_array(hdr.counts)
        counts[: stored.size] = stored
        return cls(counts)


def rank(percent: float, total: int) -> int:
    """Nearest rank, from 1: the smallest with at least ``percent`` of ``total`` at or below it.

    Rounded first, so that 99.9 % of 1000 is 999 and not the 1000 of a float just above it.
    """
    return max(1, math.ceil(round(percent / 100 * total, 9)))


@dataclass(frozen=True)
class Censored:
    """A duration of which only this is known: it is longer than the time limit."""

    timeout_ns: int


def percentile(
    service: Histogram, percent: float, censored: int, timeout_ns: int
) -> int | Censored | None:
    """Nearest-rank percentile in ns of a population whose ``censored`` largest values timed out."""
    total = service.total
    if total and rank(percent, total) > total - censored:
        return Censored(timeout_ns)
    return service.percentile(percent)


def _index(values: Integers) -> Integers:
    """Position of each value's counter: bucket by leading bit, sub-bucket by the bits below it."""
    _, exponent = np.frexp(np.maximum(values, 1).astype(np.float64))
    bucket = np.maximum(exponent.astype(np.int64) - (HALF_MAGNITUDE + 1), 0)
    return (bucket << HALF_MAGNITUDE) + (values >> bucket)


def highest_equivalent(index: int) -> int:
    """The largest value that shares the counter at ``index``."""
    bucket = max((index >> HALF_MAGNITUDE) - 1, 0)
    sub_bucket = index - (bucket << HALF_MAGNITUDE)
    return ((sub_bucket + 1) << bucket) - 1
