"""``targets``: list targets, and manage those that stay up between commands."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.cli.screen import console_for, say, say_json, write_lines
from harness.errors import UsageError
from harness.input.options import Options
from harness.input.target_input import complete_target, target_levels
from harness.machine import processors
from harness.measure import standing_targets
from harness.redaction import Redactor, one_of, refusal
from harness.report import listings, standing
from harness.scenario.numbers import whole_number
from servers.availability import Way, resolve, ways
from servers.catalogue import names, proxies, upstreams
from servers.spec import TargetSpec

__all__ = ["down", "logs", "named_target", "show", "status", "up"]

PATIENCE_S = 1.0  # a start that takes longer is announced
MAX_LINES = 100_000
COLUMNS = ("native", "docker, docker-host")  # both kinds of containers have the same requirements


def show(as_json: bool) -> None:
    """Print every target, and the ways to run it."""
    known = {name: ways(_example(name)) for name in names()}
    if as_json:
        say_json("targets", {"targets": [_plain(*one) for one in known.items()]})
        return
    console = console_for(sys.stdout)
    console.print(listings.rows_table(("target", *COLUMNS), _rows(known), console.width))
    write_lines(console, ["", *_remarks(known)])


def up(name: str, options: Options, port: str | None, *, as_json: bool) -> None:
    """Start a target that stays up, and print its URL."""
    spec = _spec(name, options, port)
    with _notice(f"starting {spec} …"):
        look = standing_targets.up(spec)
    if as_json:
        say_json("standing-target", standing.plain(look))
    else:
        say("\n".join(standing.lines(look)))


def status(as_json: bool) -> None:
    """Print the targets that are up, and the leftovers of killed processes."""
    looks = standing_targets.status()
    if as_json:
        say_json("standing-targets", {"targets": [standing.plain(look) for look in looks]})
    else:
        blocks = ["\n".join(standing.lines(look)) for look in looks]
        say("\n\n".join(blocks) or "no target is up")


def logs(name: str, lines: str) -> None:
    """Print the end of each server's log under its name."""
    number = whole_number("lines", lines, 1, MAX_LINES)
    for part, ends in standing_targets.logs(name, number):
        say(f"==> {part} <==")
        say(Redactor(()).scrub("\n".join(ends)) or "(no output)")


def down(name: str | None, everything: bool) -> None:
    """Stop one target, or all."""
    if everything == (name is not None):
        raise UsageError("expected one of them", "name", "all")
    nothing = True
    for one in standing_targets.down_all() if name is None else [standing_targets.down(name)]:
        nothing = False
        fate = "had crashed; its leftovers are removed" if one.crashed else "stopped"
        say(f"{one.record.spec}: {fate}")
    if nothing:
        say("no target is up")


@contextlib.contextmanager
def _notice(text: str) -> Iterator[None]:
    """Print ``text`` if the block takes longer than ``PATIENCE_S``."""
    timer = threading.Timer(PATIENCE_S, say, [text, sys.stderr])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _example(name: str) -> TargetSpec:
    return TargetSpec(name, upstream=upstreams()[0] if name in proxies() else "")


def _rows(known: dict[str, list[Way]]) -> Iterator[tuple[str, str, str]]:
    """Yield a row per target, with the version that would run in each column."""
    for name, (native, docker, _) in known.items():
        yield name, native.version or "–", docker.version or "–"


def _remarks(known: dict[str, list[Way]]) -> Iterator[str]:
    """Yield what is missing, each requirement once, and how to use proxies."""
    missing: dict[str, list[str]] = {}
    for name, (native, docker, _) in known.items():
        for column, way in zip(COLUMNS, (native, docker), strict=True):
            if way.reason is not None:
                reason = f"({column}): {way.reason.removeprefix(f'{name}: ')}"
                missing.setdefault(reason, []).append(name)
    for reason, lacking in missing.items():
        yield f"{', '.join(lacking)} {reason}"
    yield from _off_path(known)
    if missing:
        yield ""
    yield (
        f"{', '.join(proxies())}: proxies in front of --instances servers; "
        f"--upstream {' or '.join(upstreams())} chooses them"
    )


def _off_path(known: dict[str, list[Way]]) -> Iterator[str]:
    """Yield a line for each server program that is not on PATH, except those installed with us."""
    programs: dict[str, list[str]] = {}
    for name, (native, *_) in known.items():
        found = Path(native.program or sys.executable)
        brought = found.parent == Path(sys.executable).parent
        if not brought and shutil.which(found.name) is None:
            programs.setdefault(str(found), []).append(name)
    for program, those in programs.items():
        yield f"{', '.join(those)} (native): found at {program}, which is not on PATH"


def _plain(name: str, found: list[Way]) -> dict[str, object]:
    return {
        "name": name,
        "before": list(upstreams()) if name in proxies() else [],
        "ways": [vars(way) for way in found],
    }


def named_target(name: str, options: Options) -> TargetSpec:
    """Return the target of this name with ``options``, as in a comparison."""
    one_of("name", name, names())
    typed = replace(options, levels={**options.levels, "target": (name,)})
    levels = target_levels(typed, tls=False)
    return complete_target({factor: values[0] for factor, values in levels.items()}, resolve)


def _spec(name: str, options: Options, port: str | None) -> TargetSpec:
    spec = named_target(name, options)
    unknown = set(spec.cpus) - set(processors.available())
    if unknown:
        known = ", ".join(map(str, processors.available()))
        raise refusal("target_cpus", options.target_cpus or "", f"some of {known}")
    return spec if port is None else replace(spec, port=whole_number("port", port, 1, 65535))
