"""The commands that measure a run again, as far as a command line says it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from adapters.base import USUAL_MAX_BODY_BYTES
from harness.option_names import opposite, option
from harness.records.model import RunRecord
from harness.report.listings import SHORT_ID
from harness.scenario.factors import CLIENT
from harness.text import visible
from servers.spec import DEFAULT_NAME

__all__ = ["citation", "commands"]

LOCK = "clients.lock"
GATE, BODY = "clientbench.toml", "@body"  # files that only the user has
BY_PARITY = {"accept-encoding": "identity"}  # what a run sends if the user said nothing
URL = "url"  # the name of a target that is not ours
USUAL: Mapping[str, Any] = {
    "arrivals": "uniform",
    "connection": "keep-alive",
    "expect": "200-399",
    "instances": 1,
    "max_body": USUAL_MAX_BODY_BYTES,
    "method": "GET",
    "processes": 1,
    "profile": "parity",
    "slice": 0.02,
    "speed": 1.0,
    "start": "fixed-workers",
    "target": DEFAULT_NAME,
    "timeout": 10.0,
    "url": "/",
    "warmup": 0.2,
}

Said = Iterator[tuple[str, Any]]  # fields of options, and their values


def commands(run: RunRecord) -> list[str]:
    """Return the command for the lock of its clients, and the one that measures again.

    Hidden values stay hidden, and files are told by their names: the user has them.
    """
    words = ["clientbench", "compare", *_clients(run)]
    for field, value in _settings(run):
        words += [option(field)] if value is True else [option(field), _text(value)]
    words += [] if run.scenario.get("pin", True) else [opposite("pin")]
    words += [option("lock"), LOCK]
    shown = f"clientbench results show {run.id[:SHORT_ID]} {option('lock')} > {LOCK}"
    return [visible(shown), " ".join(shlex.quote(visible(word)) for word in words)]


def _text(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _competitors(run: RunRecord) -> list[Mapping[str, Any]]:
    found = run.scenario.get("competitors")
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, Mapping)]


def _part(known: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a part of a scenario; empty where it has none."""
    found = known.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(known: Mapping[str, Any], name: str) -> list[Any]:
    found = known.get(name)
    return found if isinstance(found, list) else []


def _clients(run: RunRecord) -> list[str]:
    """Return the clients as they are selected; each once."""
    every = (_selector(_part(one, "client")) for one in _competitors(run))
    return list(dict.fromkeys(filter(None, every)))


def _selector(client: Mapping[str, Any]) -> str:
    """Return what ``harness.scenario.selector`` reads."""
    before = f"{client['alias']}=" if client.get("alias") else ""
    extras = ",".join(map(str, _list(client, "extras")))
    parts = (("==", "version"), ("=", "source"), (":", "mode"), ("+", "loop"), ("@", "python"))
    after = "".join(f"{sign}{client[key]}" for sign, key in parts if client.get(key))
    return f"{before}{client.get('name') or ''}{extras and f'[{extras}]'}{after}"


def _settings(run: RunRecord) -> Said:
    asked = run.scenario
    recording = _part(asked, "recording")
    yield from _one("to" if recording else "url", asked.get("url") or asked.get("path"))
    yield from _recorded(recording)
    yield from _of_competitors(run)
    yield from _of_targets(run)
    yield from _load(run)
    yield from _length(run)
    yield from _request(run)
    if run.axis == CLIENT.name:
        yield from _one("baseline", run.baseline)
    budget = _part(asked, "error_budget")
    share = budget.get("share")
    yield from _one("error_budget", budget.get("count") if share is None else f"{100 * share:g}%")
    yield from (one for field in ("processes", "profile") for one in _one(field, asked.get(field)))
    yield from _one("seed", run.seed)


def _recorded(recording: Mapping[str, Any]) -> Said:
    """Yield the file of recorded requests, and how they are sent."""
    yield from _one("scenario", recording.get("file"))
    for field in ("speed", "as_mixture", "allow_unsafe", "keep_secrets"):
        yield from _one(field, recording.get(field))


def _one(field: str, value: Any) -> Said:
    """Yield an option, unless it says what is usual, or nothing."""
    is_said = value is not None and value is not False and value != ""
    if is_said and value != USUAL.get(field):
        yield field, value


def _several(field: str, values: Iterable[Any]) -> Said:
    """Yield an option once per value; the usual one only where there are others."""
    found = list(dict.fromkeys(values))
    if len(found) == 1:
        yield from _one(field, found[0] or None)
    else:
        yield from ((field, str(value)) for value in found)


def _of_competitors(run: RunRecord) -> Said:
    """Yield the factors that are a competitor's own."""
    every = _competitors(run)
    clients = [_part(one, "client") for one in every]
    added = (f"{one.get('name')}: {text}" for one in clients for text in _list(one, "added"))
    yield from (("added", text) for text in dict.fromkeys(added))
    yield from _several("method", (one.get("method") for one in every))
    if not _preset(run):  # which sets them
        per_request = _part(run.scenario, "open_load").get("start") == "per-request"
        slots = "max_in_flight" if per_request else "concurrency"
        yield from _several(slots, (str(one.get("concurrency")) for one in every))
    yield from _several("connection", (one.get("connection") for one in every))
    if run.scenario.get("body_bytes") is None:  # else a body of the user's
        yield from _several("body_size", (one.get("body_bytes") for one in every))


def _of_targets(run: RunRecord) -> Said:
    every = [target for one in _competitors(run) if (target := _part(one, "target"))]
    ours = [one for one in every if one.get("name") != URL]
    if any(one.get("url") for one in every) and run.scenario.get("url"):
        return  # the URL says it
    yield from _several("target", map(_target, every))
    if any(one.get("name") != DEFAULT_NAME for one in ours):
        yield from _several("runtime", (one.get("runtime") for one in ours))
    behind = {one.get("upstream") for one in ours}
    if len(behind) == 1:
        yield from _one("upstream", behind.pop())
    if len({one.get("name") for one in ours}) == 1:
        yield from _several("instances", (one.get("instances") for one in ours))
    secure = list(dict.fromkeys(bool(one.get("tls")) for one in ours))
    if len(secure) > 1:
        yield from (("tls", "https" if one else "http") for one in secure)
    else:
        yield from _one("https", any(secure))
    for one in ours[:1]:
        yield from _one("target_cpus", ",".join(map(str, _list(one, "cpus"))))
        yield from _one("target_memory", one.get("memory_bytes") or None)


def _target(target: Mapping[str, Any]) -> str:
    before = f"{target['alias']}=" if target.get("alias") else ""
    after = f":./{target['config']}" if target.get("config") else ""
    return f"{before}{target.get('url') or target.get('name')}{after}"


def _preset(run: RunRecord) -> str | None:
    """Return the preset, if the run needs it: others are a rate or stages in other words."""
    needed = run.scenario.get("held") or run.scenario.get("steps")
    return str(run.scenario.get("preset")) if needed else None


def _load(run: RunRecord) -> Said:
    asked = run.scenario
    load = _part(asked, "open_load")
    yield from _one("rate", load.get("rate"))
    is_recorded = bool(asked.get("recording"))  # its times set the load
    for stage in () if is_recorded else _list(load, "stages"):
        first, last, seconds = map(_text, stage)
        yield "stage", f"{first}-{last}:{seconds}s"
    yield from () if is_recorded else _one("arrivals", load.get("arrivals"))
    yield from _one("start", load.get("start"))
    think_s = asked.get("think_time_s")
    yield from _one("think_time", f"{think_s:g}s" if think_s else None)
    yield from _one("preset", _preset(run))
    held = _part(asked, "held")
    yield from _one("hold", held.get("point"))
    points = _list(asked, "steps") or list(_gaps(_list(held, "starts")))
    yield from _one("points", ",".join(f"{number}@{_text(at)}" for number, at in points))
    if held and not points:
        yield "n", held.get("limit" if held.get("paced") else "size")
        yield "delay", f"{_text(held.get('delay_s'))}s"


def _gaps(starts: list[Any]) -> Iterator[tuple[int, float]]:
    """Yield (number, time to the next batch in s) from (number, start in s)."""
    ends = [start for _, start in starts]
    gaps = [later - earlier for earlier, later in pairwise(ends)]
    yield from ((number, gap) for (number, _), gap in zip(starts, [*gaps, 0.0], strict=False))


def _length(run: RunRecord) -> Said:
    """Yield how long to measure, or what decides that."""
    asked = run.scenario
    precision, gate = _part(asked, "precision"), _part(asked, "gate")
    if gate:
        yield "gate", GATE
    if precision:
        yield "precision", f"{100 * float(precision.get('half_width') or 0):g}%"
        yield from _one("metric", str(precision.get("metric")).replace("_", "-"))
        yield "budget", f"{_text(precision.get('budget_s'))}s"
    elif gate.get("unclear") == "measure" and gate.get("against") == "baseline":
        yield "budget", f"{_text(gate.get('budget_s'))}s"
    else:
        held, stages = _part(asked, "held"), _part(asked, "open_load").get("stages")
        if not (stages or asked.get("steps") or held.get("once") or held.get("starts")):
            yield from _one("duration", asked.get("duration_s"))
            yield from _one("requests", asked.get("requests"))
        yield from _one("rounds", asked.get("rounds"))
    yield from _one("slice", asked.get("slice_s"))
    yield from _one("warmup", asked.get("warmup_s"))
    yield from _one("trace", None if asked.get("held") else asked.get("trace_share") or None)


def _request(run: RunRecord) -> Said:
    asked = run.scenario
    for name, value in _part(asked, "headers").items():
        made = asked.get("profile") == "parity" and BY_PARITY.get(name.lower()) == value
        if not made:
            yield "header", f"{name}: {value}"
    yield from _one("body", asked.get("body_bytes") and BODY)
    yield from _one("timeout", asked.get("timeout_s"))
    for field, key in (("expect", "expect"), ("stream", "stream"), ("max_body", "max_body_bytes")):
        yield from _one(field, asked.get(key))
    yield from _one("ca", asked.get("ca_file"))
    yield from _one("unix", asked.get("unix_path"))
    yield from _one("cert", asked.get("cert_file"))
    yield from _one("key", asked.get("key_file"))
    yield from _one("verify", not asked.get("verify", True))


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
