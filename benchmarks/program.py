"""Benchmarks that put loads on the embedded target: one command line for all of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from benchmarks.figures import Figure, report
from benchmarks.hiccups import hiccups
from benchmarks.others import Others
from harness.errors import UnusableError
from harness.selftest.stand import Stand, open_stand

__all__ = ["Part", "program"]

Part = Callable[[Stand, float], list[Figure]]  # the float: how much of the real length


def program(
    name: str, description: str | None, parts: Mapping[str, Part], tls: bool = False
) -> int:
    """Run a benchmark's command line: measure the named parts (default: all) and report."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts)} (default: all)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="for a try: make windows that much as long"
    )
    given = parser.parse_args()
    unknown = set(given.parts) - set(parts)
    if unknown:
        parser.error(f"parts: {', '.join(sorted(unknown))}; expected some of {', '.join(parts)}")
    wanted = {part: parts[part] for part in given.parts or parts}
    try:
        with open_stand(tls) as place:
            figures = _measured(place, wanted, given.scale)
    except UnusableError as error:
        raise SystemExit(str(error)) from error
    # a try must not pass for the real thing where figures are kept
    return report(name if given.scale == 1 else f"{name} × {given.scale:g}", figures)


def _measured(place: Stand, parts: Mapping[str, Part], scale: float) -> list[Figure]:
    figures = _disturbances(place, "before")
    others = Others()
    for name, part in parts.items():
        figures += part(place, scale)
        print(f"{name} done", file=sys.stderr)
    return [*figures, others.figure(), *_disturbances(place, "after")]


def _disturbances(place: Stand, when: str) -> list[Figure]:
    """Measure the CPU time that the machine takes from target and workers."""
    cpus = (*(place.cpus.target or ()), *(place.cpus.workers or ()))
    return [place.launcher.run(hiccups, cpu, when) for cpu in cpus]
