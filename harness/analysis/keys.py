"""Keys of what makes results comparable: the machine, what was measured, the software. Pure.

Results with the same ``machine`` and ``series`` are points of one line. ``software`` says where on
it a version changed. None of them changes by itself: not with a reboot, a new host name of a CI
runner, a random port, or a version of clientbench.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from harness.analysis.summaries import CompetitorSummary
from harness.records.model import RunRecord, TrialSummary
from harness.text import canonical_json

__all__ = ["machine_key", "series_key", "software_key"]

Facts = Mapping[str, Any]

DIGITS = 12  # hexadecimal, of a key
LONGEST_MODEL = 40  # characters of a CPU's name in a key
GIBIBYTE = 2**30
OF_MACHINE = ("cpu", "cpus", "machine", "system", "virtualisation", "target_cpus", "worker_cpus")
# Settings that say how much is measured, in which order, and beside whom: they change the noise of
# a figure, not the figure.
OF_THE_RUN = frozenset(
    {
        *("competitors", "axis", "condition_factor", "baseline", "seed", "left_out", "preset"),
        *("rounds", "duration_s", "requests", "precision", "error_budget", "gate"),
    }
)
# What a competitor's entry in the scenario has beside the columns of its results.
OF_CLIENT = ("extras", "added")
OF_TARGET = ("url", "config", "cpus", "memory_bytes")


def machine_key(environment: Facts) -> str:
    """Return the key of the machine with this environment: the user's name for it, or our own.

    Ours begins with what a person recognises, such as ``2x-amd-epyc-9b14-24gb``.
    """
    name = environment.get("machine_name")
    if name:
        return str(name)
    size = _memory_gb(environment.get("memory_bytes"))
    known = {fact: environment.get(fact) for fact in OF_MACHINE} | {"memory_gb": size}
    words = (f"{known['cpus'] or '?'}x", str(known["cpu"] or "?")[:LONGEST_MODEL], f"{size:g}gb")
    return "-".join((*map(_slug, words), _digest(known)[:8]))


def _memory_gb(size: int | None) -> float:
    """Return the usual size of memory that this is a part of, in GiB; 0 if not known, at least 1.

    The kernel keeps some of it for itself, from boot to boot not quite the same. Usual sizes are
    powers of two and the middles between them.
    """
    if not size:
        return 0
    sizes = (part * 2.0**power for power in count() for part in (1, 1.5))
    return next(usual for usual in sizes if usual * GIBIBYTE >= size)


def series_key(run: RunRecord, summary: CompetitorSummary) -> str:
    """Return the key of what was measured: client, load, request, target, settings; no versions."""
    entry = _entry(run.scenario, summary)
    client, target = entry.get("client") or {}, entry.get("target") or {}
    return _digest(
        _said(
            {
                "client": (summary.client_library, summary.client_type, summary.event_loop),
                **{name: client.get(name) for name in OF_CLIENT if isinstance(client, dict)},
                "request": (summary.http_method, _path(run, summary), summary.body_bytes),
                "load": (summary.concurrency, summary.processes, summary.connection),
                "target": str(summary.target),
                **{f"target_{name}": target.get(name) for name in OF_TARGET},
                "profile": summary.profile,
                "busy_share": entry.get("busy_share"),
                "settings": _said(
                    {k: v for k, v in run.scenario.items() if k not in OF_THE_RUN | {"path", "url"}}
                ),
            }
        )
    )


def software_key(run: RunRecord, trial: TrialSummary) -> str:
    """Return the key of all versions: Python, client and what it loads, our own code, target."""
    environment = trial.client_environment
    described = (one.description for one in run.targets if one.spec.factors == trial.target)
    return _digest(
        {
            "python": trial.python_version,
            "client": trial.client_version,
            "versions": trial.versions,
            "http_version": trial.http_version,
            "environment": None if environment is None else environment.digest,
            "target": next(described, run.target),
        }
    )


def _entry(scenario: Facts, summary: CompetitorSummary) -> Facts:
    """Return the competitor's entry in the scenario; empty in runs that have none."""
    entries: Iterable[Facts] = scenario.get("competitors") or ()
    return next((one for one in entries if one.get("label") == summary.label), {})


def _path(run: RunRecord, summary: CompetitorSummary) -> str:
    """Return what is requested: the URL of the user's server, else the path on ours."""
    return run.scenario.get("url") or run.scenario.get("path") or _without_host(summary.url)


def _without_host(url: str) -> str:
    return re.sub(r"^[a-z]+://[^/]*", "", url)


def _said(facts: Facts) -> dict[str, Any]:
    """Leave out what says nothing, so that a setting that is added later ends no series."""
    return {
        key: value for key, value in facts.items() if value not in (None, "", [], {}, (), False)
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:DIGITS]


def _slug(text: str) -> str:
    """Return the letters and digits of a text, in words, without what CPU vendors register."""
    plain = re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b", " ", text, flags=re.IGNORECASE)
    return "-".join(re.findall(r"[a-z0-9.?]+", plain.lower())) or "?"
