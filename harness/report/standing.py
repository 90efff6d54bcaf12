"""Standing targets as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.measure.standing_targets import Look
from harness.option_names import option
from servers.spec import TargetSpec

__all__ = ["lines", "plain"]

CLEAN_UP_ALL = f"clientbench targets down {option('all')}"
SHORT_CONTAINER = 12  # as engines print their ids


def lines(look: Look) -> Iterator[str]:
    """Yield a heading and one indented line for each known fact."""
    yield str(look.record.spec)
    known = [(label, value) for label, value in _known(look) if value]
    width = max(len(label) for label, _ in known)
    for label, value in known:
        yield f"  {label:{width}}  {value}"


def plain(look: Look) -> dict[str, Any]:
    """Return the same for ``--json``."""
    record, told = look.record, look.record.told
    return {
        "name": record.spec.name,
        "runtime": record.spec.runtime,
        "instances": record.spec.instances,
        "tls": record.spec.tls,
        "upstream": record.spec.upstream or None,
        "url": told.get("base_url"),
        "ca_file": told.get("ca_file"),
        "state": look.state,
        "problem": look.problem or None,
        "lost": list(look.lost),
        "since": record.started_at,
        "pid": record.pid,
        "standing": record.standing,
        "versions": _versions(look),
        "parts": [
            {
                "name": part["name"],
                "role": part["role"],
                "pids": [int(pid) for pid in part["pids"]],
                "container": part["container"],
            }
            for part in look.parts
        ],
    }


def _known(look: Look) -> Iterator[tuple[str, str]]:
    record, told = look.record, look.record.told
    yield "state", _state(look)
    yield "URL", told.get("base_url", "")
    yield "CA file", told.get("ca_file") or ""
    yield "since", f"{record.started_at[:19].replace('T', ' ')} UTC"
    for number, (name, version) in enumerate(_versions(look).items()):
        yield "" if number else "versions", f"{name} {version}"
    yield "host", f"process {record.pid}"
    for part in look.parts:
        yield part["name"], _where(part)
    yield "stop it" if look.state != "dead" else "clean up", _command(look)


def _state(look: Look) -> str:
    if look.state == "dead":
        what = "host" if look.record.standing else "run that started it"
        return f"dead: the {what} was killed"
    problem = f" ({look.problem})" if look.problem else ""
    lost = f", lost: {', '.join(look.lost)}" if look.lost else ""
    return f"{look.state}{problem}{lost}"


def _versions(look: Look) -> dict[str, str]:
    names = (look.record.spec.name, look.record.spec.upstream)
    described: dict[str, str] = look.record.told.get("description", {})
    return {name: described[name] for name in names if name in described}


def _where(part: dict[str, Any]) -> str:
    if part["container"]:
        return f"container {part['container'][:SHORT_CONTAINER]}"
    pids = list(part["pids"])
    return f"process{'es' * (len(pids) > 1)} {', '.join(pids)}"


def _command(look: Look) -> str:
    spec: TargetSpec = look.record.spec
    return f"clientbench targets down {spec.name}" if look.record.standing else CLEAN_UP_ALL
