"""The process in which one adapter is checked: it sees what a worker of this client would see.

Its order comes as one line of JSON on standard input; what it finds goes to the file descriptor of its first
argument, a line of JSON each: ``claims`` (names and sentences), then for each of them ``begins``, and ``ends``
with ``state`` ("passed", "failed" or "does not apply") and ``reason``. A claim that does not end is for the
other side to end, with the process.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

from adapters.base import BaseAdapter
from adapters.conformance.book import Server
from adapters.conformance.claims import CLAIMS, check, concerned
from adapters.conformance.sessions import Subject

__all__ = ["main"]


def main() -> None:
    """Check what the order says."""
    events = int(sys.argv[1])
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    sys.path.append(order["site"])

    def tell(**event: object) -> None:
        os.write(events, json.dumps(event).encode() + b"\n")

    tell(claims=[(claim.name, claim.sentence) for claim in CLAIMS])
    adapters: tuple[type[BaseAdapter], ...] = importlib.import_module(order["module"]).ADAPTERS
    adapter = next(one for one in adapters if one.mode == order["mode"])
    subject, client = Subject(adapter, order["loop"]), order["client"]
    server = Server(order["ports"], order["ca_file"])
    for claim in CLAIMS:
        if claim.name in order["done"]:
            continue
        tell(begins=claim.name)
        state, reason = "does not apply", None
        if concerned(claim, client, adapter):
            held, reason = check(claim, subject, client, server)
            state = "passed" if held else "failed"
        tell(ends=claim.name, state=state, reason=reason)
    os._exit(0)  # whatever threads a library may have left
