"""The process that checks one adapter. It has the same packages as a worker of this client.

It reads its order as one line of JSON from standard input, and writes events as lines of JSON to
the file descriptor given as first argument: ``claims`` (names and sentences) with ``known``
(``known_failures``), then for each claim ``begins``, and ``ends`` with ``state``
("passed", "failed" or "does not apply") and ``reason``. If a check hangs, the parent ends this
process.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

from adapters.base import BaseAdapter
from adapters.conformance.book import Server
from adapters.conformance.claims import CLAIMS, check, concerned
from adapters.conformance.subject import Subject

__all__ = ["main"]


def main() -> None:
    """Check the claims of the order."""
    events = int(sys.argv[1])
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    sys.path.append(order["site"])

    def tell(**event: object) -> None:
        os.write(events, json.dumps(event).encode() + b"\n")

    adapters: tuple[type[BaseAdapter], ...] = importlib.import_module(order["module"]).ADAPTERS
    adapter = next(one for one in adapters if one.mode == order["mode"])
    _check_declared(adapter.known_failures)
    tell(
        claims=[(claim.name, claim.sentence) for claim in CLAIMS],
        known=adapter.known_failures,
    )
    subject, client = Subject(adapter, order["loop"]), order["client"]
    server = Server(order["ports"], order["ca_file"], order["own"])
    gc.collect()
    gc.freeze()  # a check looks for what it left open, not through everything that was imported
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


def _check_declared(known_failures: Iterable[tuple[str, ...]]) -> None:
    """Raise ``ValueError`` for a known failure that is not declared as it must be."""
    claims = {claim.name for claim in CLAIMS}
    for known in known_failures:
        try:
            claim, _, pattern = known
            re.compile(pattern)
        except ValueError:
            problem = f"known_failures has {known!r}; expected (CLAIM, SENTENCE, PATTERN)"
            raise ValueError(problem) from None
        except re.error as error:
            raise ValueError(f"known_failures: {pattern!r} is no pattern: {error}") from None
        if claim not in claims:
            raise ValueError(f"known_failures names no claim: {claim}")
