"""``doctor``: find what disturbs measurements on this machine."""

from __future__ import annotations

import dataclasses
import sys

from harness.cli.screen import columns, say, say_json
from harness.doctor.examination import examine
from harness.doctor.watching import SECONDS, STEP_S
from harness.report import diagnosis
from harness.scenario.numbers import seconds

__all__ = ["show"]

LONGEST_S = 3600.0
WIDEST = 100  # longer lines are hard to read


def show(typed: str | None, as_json: bool) -> None:
    """Print every finding, the harmful ones first."""
    watched_s = SECONDS if typed is None else seconds("seconds", typed, STEP_S, LONGEST_S)
    say(f"watching this machine for {watched_s:g} s …", sys.stderr)
    findings = examine(watched_s)
    if as_json:
        say_json("doctor", {"findings": [dataclasses.asdict(one) for one in findings]})
        return
    for line in diagnosis.lines(findings, min(columns(), WIDEST)):
        say(line)
