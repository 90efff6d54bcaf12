"""Ways to run each target on this machine, or the reasons why it cannot run, with remedies."""

from __future__ import annotations

from dataclasses import dataclass, replace

from servers.base import TargetError
from servers.catalogue import software
from servers.plugins import defect
from servers.spec import RUNTIMES, Runtime, TargetSpec

__all__ = ["Way", "resolve", "ways"]


@dataclass(frozen=True)
class Way:
    """One way to run a target: the version that would run, or the reason why it cannot.

    ``program``: natively, what would be started.
    """

    runtime: Runtime
    version: str | None
    reason: str | None
    program: str | None = None


def ways(spec: TargetSpec) -> list[Way]:
    """Return every way, in the order that ``auto`` tries them; ``spec``'s runtime is ignored."""
    return [_way(replace(spec, runtime=runtime)) for runtime in RUNTIMES]


def resolve(spec: TargetSpec) -> Runtime:
    """Return the first way that works here; if none does, the first: its start explains why."""
    for runtime in RUNTIMES:
        if _way(replace(spec, runtime=runtime)).reason is None:
            return runtime
    return RUNTIMES[0]


def _way(spec: TargetSpec) -> Way:
    kinds = [software(name) for name in (spec.name, spec.upstream) if name]
    try:
        if spec.runtime == "native":
            found = [kind.find() for kind in kinds]
            return Way("native", found[0].version, None, found[0].words[0])
        # the SDK is slow to import
        from servers.containers import find  # noqa: PLC0415

        version, *_ = [find(kind) for kind in kinds]
    except TargetError as error:
        return Way(spec.runtime, None, str(error))
    except Exception as error:  # raised by a plug-in
        return Way(spec.runtime, None, defect(spec.name, error))
    return Way(spec.runtime, version, None)
