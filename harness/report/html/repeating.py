"""The commands that measure a run again, as far as a command line says it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from harness.option_names import option
from harness.records.model import RunRecord
from harness.report.listings import SHORT_ID
from harness.scenario.factors import CLIENT
from harness.text import visible

__all__ = ["citation", "commands"]

LOCK = "clients.lock"
OF_TARGET = ("target", "runtime", "instances", "tls")
USUAL: Mapping[str, Any] = {
    "arrivals": "uniform",
    "connection": "keep-alive",
    "expect": "200-399",
    "instances": 1,
    "method": "GET",
    "processes": 1,
    "profile": "parity",
    "target": "embedded",
    "timeout": 10.0,
}


def commands(run: RunRecord) -> list[str]:
    """Return the command for the lock of its clients, and the one that measures again.

    Headers, bodies and files are left out: their values are not stored.
    """
    words = ["clientbench", "compare", *_clients(run)]
    for field, value in _settings(run):
        if value not in (None, "", False, USUAL.get(field, "")):
            words += [option(field)] if value is True else [option(field), _text(value)]
    words += [option("lock"), LOCK]
    shown = f"clientbench results show {run.id[:SHORT_ID]} {option('lock')} > {LOCK}"
    return [visible(shown), " ".join(shlex.quote(visible(word)) for word in words)]


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _competitors(run: RunRecord) -> list[Mapping[str, Any]]:
    found = run.scenario.get("competitors")
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, Mapping)]


def _clients(run: RunRecord) -> list[str]:
    """Return the clients as they are selected; each once."""
    if run.axis == CLIENT.name:
        named = (
            str(one.get("label")).removesuffix(f" {one.get('condition')}")
            for one in _competitors(run)
        )
        return list(dict.fromkeys(named))
    return list(dict.fromkeys(_selector(one.get("client")) for one in _competitors(run)))


def _selector(client: Any) -> str:
    known = client if isinstance(client, Mapping) else {}
    parts = (("", "name"), ("==", "version"), (":", "mode"), ("@", "python"))
    return "".join(f"{sign}{known[key]}" for sign, key in parts if known.get(key))


def _settings(run: RunRecord) -> Iterator[tuple[str, Any]]:
    asked = run.scenario
    yield "url", asked.get("url") or (asked.get("path") if asked.get("path") != "/" else None)
    yield from _of_competitors(run)
    load = asked.get("open_load")
    if isinstance(load, Mapping):
        yield from ((name, load.get(name)) for name in ("rate", "arrivals", "max_in_flight"))
    if run.axis == CLIENT.name:
        yield "baseline", run.baseline
    yield "requests", asked.get("requests")
    yield "duration", asked.get("duration_s")
    precision = asked.get("precision")
    if isinstance(precision, Mapping):
        yield "precision", f"{100 * float(precision.get('half_width') or 0):g}%"
    else:
        yield "rounds", asked.get("rounds")
    yield "warmup", asked.get("warmup_s")
    yield "timeout", asked.get("timeout_s")
    yield from ((name, asked.get(name)) for name in ("processes", "profile", "expect", "stream"))
    yield "trace", asked.get("trace_share") or None
    yield "seed", run.seed


def _of_competitors(run: RunRecord) -> Iterator[tuple[str, Any]]:
    """Yield what differs between competitors, every value once."""
    every = _competitors(run)
    for field, key in (("method", "method"), ("concurrency", "concurrency")):
        yield from ((field, value) for value in dict.fromkeys(str(one.get(key)) for one in every))
    for size in dict.fromkeys(one.get("body_bytes") for one in every):
        yield "body_size", size or None
    targets = [one["target"] for one in every if isinstance(one.get("target"), Mapping)]
    if not run.scenario.get("url"):
        yield from (
            ("target", name) for name in dict.fromkeys(str(one.get("name")) for one in targets)
        )
        for number in dict.fromkeys(str(one.get("instances")) for one in targets):
            yield "instances", None if number == "1" else number
        yield "https", any(one.get("tls") for one in targets)


def citation(run: RunRecord) -> str:
    """Return one sentence that names the program, the run, the day and the machine."""
    known = run.environment
    version = (known.get("versions") or {}).get("clientbench", "")
    machine = ", ".join(
        str(part)
        for part in (known.get("cpu"), f"{known.get('cpus')} CPUs", f"Python {known.get('python')}")
        if "None" not in str(part)
    )
    program = f"clientbench {version}".strip()
    return f"{program}, run {run.id}, measured {run.started_at[:10]} on {machine}."
