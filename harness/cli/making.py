"""How ``compare``, ``load`` and ``clients check`` make environments: their options, and progress.

Adapter files are part of it: they say what an environment needs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from harness import interrupts
from harness.cli.screen import say
from harness.clients import adapter_files
from harness.clients.bundle import Bundle
from harness.clients.catalogues import Making, versions
from harness.clients.environments.constraints import check
from harness.clients.environments.lock import read
from harness.clients.registry import known_clients
from harness.errors import ClientbenchError, UnusableError, UsageError
from harness.input.options import Options
from harness.measure.contenders import Resolver
from harness.paths import expanded
from harness.redaction import quoted
from harness.scenario.scenario import Scenario
from harness.scenario.selector import ClientSpec

__all__ = ["making", "versions_if_any", "without_unmade"]

MOST_BYTES = 16 << 20  # of a lock or constraints file


def making(options: Options) -> Making:
    """Return how environments are made, with the content of the files that the options name."""
    lock = _content("lock", options.lock)
    constraints = _content("constraint", options.constraint)
    check(constraints or "")
    return Making(
        offline=options.offline,
        constraints=constraints,
        lock=None if lock is None else tuple(read(lock, str(options.lock))),
        tell=lambda text: say(text, sys.stderr),
        adapter_files=adapter_files.read(options.adapter, tuple(known_clients())),
    )


def versions_if_any(
    settings: Making, unlisted: dict[str, str], spec: ClientSpec, text: str
) -> Sequence[str]:
    """Return the versions of a client in a range; none if that fails, with the reason by client.

    Raises ``UsageError`` for a range that is none.
    """
    try:
        return versions(settings, spec, text)
    except UnusableError as error:
        unlisted[spec.name] = error.problem
        return ()


def without_unmade(
    scenario: Scenario, settings: Making, unlisted: Mapping[str, str], *, choose: bool
) -> Scenario:
    """Return the scenario without the clients whose environment cannot be made; name each.

    ``unlisted`` has the reasons of those without the versions that were asked for. If the baseline
    is left out, ``choose`` the first of the others. Raises ``UnusableError`` if nothing is left, or
    for a baseline that the user has named.
    """
    failed = _unmade(scenario, settings, unlisted)
    for name, problem in failed.items():
        say(f"left out: {name} ({problem})", sys.stderr)
    left = tuple(one for one in scenario.competitors if one.name not in failed)
    if not left:
        raise UnusableError("no client is left that can be measured", "client")
    baseline = scenario.baseline
    if baseline in failed:
        if not choose:
            raise UnusableError(
                f"{quoted(baseline)} is left out for the reason above; name another one", "baseline"
            )
        baseline = left[0].name
        say(f"the baseline is {baseline}, because {scenario.baseline} is left out", sys.stderr)
    changes = {"competitors": left, "left_out": tuple(failed.items()), "baseline": baseline}
    return scenario.model_copy(update=changes)


def _unmade(scenario: Scenario, settings: Making, unlisted: Mapping[str, str]) -> Mapping[str, str]:
    """Return the reasons of the competitors that cannot be had, by name."""
    failed: dict[str, str] = {}
    with interrupts.deferred(), Bundle(settings.adapter_files) as bundle:
        resolver = Resolver(bundle, settings)
        for one in scenario.competitors:
            client = one.client
            if client.name in unlisted and client.version is None and client.source is None:
                failed[one.name] = unlisted[client.name]
                continue
            try:
                resolver.select(client)
            except ClientbenchError as error:  # also of a name that is no client
                failed[one.name] = error.problem
    return failed


def _content(field: str, name: str | None) -> str | None:
    if name is None:
        return None
    path = expanded(name)
    try:
        with path.open("rb") as file:  # a device may have no end
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UsageError(f"{quoted(name)} is larger than {MOST_BYTES >> 20} MiB", field)
        return content.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{quoted(name)} cannot be read: {error.strerror}", field) from None
    except ValueError:
        raise UsageError(f"{quoted(name)} is not text in UTF-8", field) from None
