"""The machine of a run and where the run comes from, in lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.records.model import RunRecord
from harness.records.provenance import Provenance
from harness.report import figures

__all__ = ["line", "lines", "named"]


def line(environment: Mapping[str, Any]) -> str:
    """Describe the machine, leaving out what was not recorded.

    ``measured on: bench, AMD EPYC, 2 CPUs (target 0, workers 1), 25.3 GB, Linux 6.1.0, Python
    3.11.7``.
    """
    known = {name: value for name, value in environment.items() if value}
    parts = [str(known[name]) for name in ("host", "cpu") if name in known]
    if "cpus" in known:
        parts.append(_cpus(known))
    if "memory_bytes" in known:
        parts.append(f"{known['memory_bytes'] / 1e9:.3g} GB")
    if "kernel" in known:
        parts.append(f"{known.get('system', 'kernel')} {known['kernel']}")
    if "python" in known:
        parts.append(f"Python {known['python']}")
    return f"measured on: {', '.join(parts) or 'not recorded'}"


def lines(run: RunRecord) -> list[str]:
    """Return machine, date and run, and what it takes to repeat it, for a file that is passed on.

    ``measured by: clientbench 0.1.0, numpy 2.4.6; seed 7; target embedded: uvloop 0.23.0``.
    """
    started = run.started_at[:19].replace("T", " ")
    parts = [_versions(run.environment.get("versions") or {}), f"seed {run.seed}", *_servers(run)]
    return [
        line(run.environment),
        f"measured at: {started} UTC ({named(run)})",
        f"measured by: {'; '.join(filter(None, parts))}",
        *_origin(run.provenance),
    ]


def _origin(known: Provenance) -> Iterator[str]:
    """Yield commit, branch, CI job and tags, as far as they are known."""
    if known.commit:
        dirty = ", with changes that are in no commit" if known.dirty else ""
        yield f"commit: {known.commit}{dirty}"
    if known.branch:
        yield f"branch: {known.branch}"
    yield from (f"CI {name}: {text}" for name, text in known.ci.items())
    yield from (f"tag {name}: {text}" for name, text in known.tags.items())


def _servers(run: RunRecord) -> Iterator[str]:
    """Yield what each target ran on; ``target_notes`` says the versions of its own programs."""
    for record in run.targets:
        spec = record.spec
        elsewhere = ("name", "runtime", spec.name, spec.upstream)
        told = {name: one for name, one in record.description.items() if name not in elsewhere}
        if told:
            yield f"target {spec.alias or spec.name}: {_versions(told)}"


def _versions(known: Mapping[str, Any]) -> str:
    texts = ((name, str(version)) for name, version in known.items() if version)
    return ", ".join(  # the version of OpenSSL begins with its name
        text if text.lower().startswith(name.lower()) else f"{name} {text}" for name, text in texts
    )


def named(run: RunRecord) -> str:
    """Return the run's id, and its state unless it is complete."""
    return f"run {run.id}" if run.state == "complete" else f"run {run.id}, {run.state}"


def _cpus(known: Mapping[str, Any]) -> str:
    sets = [
        f"{whose} {','.join(map(str, known[name]))}"
        for whose, name in (("target", "target_cpus"), ("workers", "worker_cpus"))
        if name in known
    ]
    number = f"{known['cpus']} {figures.plural('CPU', known['cpus'])}"
    return f"{number} ({', '.join(sets)})" if sets else number
