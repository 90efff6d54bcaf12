"""``clients check`` and ``targets check``: run the conformance suites and print the results."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harness import interrupts
from harness.checking import targets
from harness.checking.clients import ClientCheck, candidates
from harness.cli.exit_codes import DONE, NOT_VALID
from harness.cli.making import making
from harness.cli.screen import console_for, say, say_json
from harness.cli.targets import named_target
from harness.clients.bundle import Bundle
from harness.errors import UnusableError
from harness.input.client_input import parse_clients
from harness.input.options import Options
from harness.measure.contenders import Resolver
from harness.records.checked import Checked
from harness.report import conformance
from servers.availability import ways
from servers.catalogue import names as known_names
from servers.catalogue import proxies
from servers.spec import TargetSpec

__all__ = ["check_clients", "check_targets"]


def check_clients(texts: Sequence[str], options: Options, as_json: bool) -> int:
    """Check the adapters of these clients, or of all that are usable here. Return the exit code."""
    settings = making(options)
    specs = parse_clients(texts or [file.name for file in settings.adapter_files])
    with interrupts.deferred(), Bundle(settings.adapter_files) as bundle:
        chosen, unusable = candidates(Resolver(bundle, settings), specs)
        for line in unusable:
            say(line, sys.stderr)
        with ClientCheck(bundle) as suite:
            return _show(map(suite.check, chosen), as_json)


def check_targets(names: Sequence[str], options: Options, as_json: bool) -> int:
    """Check these targets, or all that can run here. Return the exit code."""
    with interrupts.deferred():
        with interrupts.allowed():  # asking programs for their versions may take a while
            specs = [named_target(name, options) for name in names] or list(_runnable(options))
            for spec in specs:
                (way,) = (one for one in ways(spec) if one.runtime == spec.runtime)
                if way.reason is not None:
                    raise UnusableError(way.reason, "target")
        return _show(map(targets.check, specs), as_json)


def _runnable(options: Options) -> Iterator[TargetSpec]:
    """Yield the targets that can run here; ``--upstream`` applies to proxies only."""
    for name in known_names():
        own = options if name in proxies() else replace(options, upstream=None)
        spec = named_target(name, own)
        if any(one.reason is None and one.runtime == spec.runtime for one in ways(spec)):
            yield spec


def _show(results: Iterable[Checked], as_json: bool) -> int:
    """Print each result as it arrives, then a summary of all. Return the exit code."""
    found: list[Checked] = []
    console = console_for(sys.stdout)
    for one in results:
        found.append(one)
        if not as_json:
            say(conformance.heading(one))
            console.print(conformance.table(one))
            say("")
    if as_json:
        say_json("check", conformance.plain(found))
    else:
        for one in found:
            say(conformance.summary(one))
    return DONE if all(one.passed for one in found) else NOT_VALID
