"""``doctor``: what this machine does to measurements."""

from __future__ import annotations

import dataclasses
import json
import sys

from rich.console import Console

from harness.doctor.examination import examine
from harness.doctor.watching import SECONDS
from harness.report import diagnosis

__all__ = ["show"]

WIDEST = 100  # longer lines are hard to read


def show(as_json: bool) -> None:
    """Print every finding, the harmful ones first."""
    print(f"watching this machine for {SECONDS:.0f} s …", file=sys.stderr, flush=True)
    findings = examine()
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
        return
    for line in diagnosis.lines(findings, min(Console().width, WIDEST)):
        print(line)
