"""``clients check`` and ``targets check``: whether adapters and targets do what their contracts ask for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console

from harness import interrupts
from harness.checking.clients import ClientCheck, examined
from harness.cli.exit_codes import DONE, NOT_VALID
from harness.cli.screen import say, say_json
from harness.clients.bundle import Bundle
from harness.measure.contenders import Resolver
from harness.records.conformance import Checked
from harness.report import conformance

__all__ = ["check_clients"]


def check_clients(texts: Sequence[str], as_json: bool) -> int:
    """Check the adapters of these clients, or of all that can be used here; the exit code."""
    with interrupts.deferred(), Bundle() as bundle:
        chosen, unusable = examined(Resolver(bundle), texts)
        for line in unusable:
            say(line, sys.stderr)
        with ClientCheck(bundle) as suite:
            return _show(map(suite.check, chosen), as_json)


def _show(results: Iterable[Checked], as_json: bool) -> int:
    """Print each as soon as it is known, and then all in short; the exit code."""
    found: list[Checked] = []
    console = Console()
    for one in results:
        found.append(one)
        if not as_json:
            say(conformance.heading(one))
            console.print(conformance.table(one))
            say("")
    if as_json:
        say_json(conformance.plain(found))
    else:
        for one in found:
            say(conformance.summary(one))
    return DONE if all(one.passed for one in found) else NOT_VALID
