"""Latency histograms by the names of their metrics, and names for tags and files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from harness.records.histogram import Histogram
from harness.records.model import OpenLoop
from harness.text import visible

__all__ = ["IN_FILES", "IN_TAGS", "histograms", "names_of"]

OF_LOOPS = {
    "response_time": "response",
    "queue_wait": "queue_wait",
    "pacer_lag": "pacer_lag",
}
IN_TAGS = re.compile(r"[\s,]+")  # a comma ends a tag
IN_FILES = re.compile(r"[^\w.+=@-]+", re.ASCII)  # no colons: archives of CI services refuse them
LONGEST = 80  # characters of a name


class _Measured(Protocol):
    """A trial, or a competitor."""

    @property
    def service(self) -> Histogram: ...
    @property
    def open_loop(self) -> OpenLoop | None: ...


def histograms(one: _Measured) -> dict[str, Histogram]:
    """Return the histograms that have values, in ns, by metric as in the table ``histograms``."""
    found = {"service_time": one.service}
    if one.open_loop is not None:
        found |= {name: getattr(one.open_loop, field) for name, field in OF_LOOPS.items()}
    return {name: histogram for name, histogram in found.items() if histogram.total}


def names_of(labels: Iterable[str], unsafe: re.Pattern[str]) -> dict[str, str]:
    """Return a name for each label, with ``_`` for what is unsafe, and no name twice.

    Names differ also for systems that ignore case.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for label in dict.fromkeys(labels):
        short = unsafe.sub("_", visible(label))[:LONGEST].strip("_.") or "client"
        name, number = short, 1
        while name.lower() in taken:
            number += 1
            name = f"{short}_{number}"
        taken.add(name.lower())
        found[label] = name
    return found
