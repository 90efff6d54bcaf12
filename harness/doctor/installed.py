"""Judgements on installed software. Pure: descriptions in, findings out."""

from __future__ import annotations

from collections.abc import Sequence

from harness.clients.catalogue import Client
from harness.clients.contamination import Contamination
from harness.option_names import option
from harness.records.finding import Finding

__all__ = ["accelerators", "clients", "contaminated", "docker"]

# Distributions that some client uses if it finds them, and that change its speed or behaviour.
ACCELERATORS = frozenset(
    {
        "aiodns",
        "aiohttp-fast-zlib",
        "backports-zstd",
        "brotli",
        "brotlicffi",
        "brotlipy",
        "cchardet",
        "chardet",
        "h2",
        "isal",
        "pysocks",
        "socksio",
        "uvloop",
        "zlib-ng",
        "zstandard",
    }
)


def docker(version: str | None, problem: str | None) -> Finding:
    """Report the engine's version, or why there is none."""
    effect = "targets can run as programs only, not as containers"
    if problem is None:
        return Finding("docker", "good", f"engine {version or 'of unknown version'}", effect)
    seen, _, remedy = problem.removeprefix("docker: ").partition("; ")
    return Finding("docker", "notice", seen, effect, remedy or f"use {option('runtime')} native")


def clients(known: Sequence[Client]) -> Finding:
    """Report which clients can be measured."""
    effect = "a client that is missing or broken cannot be compared"
    seen = _listed("", [f"{one.name} {one.version}" for one in known if _usable(one)])
    seen += _listed("; not installed: ", [one.name for one in known if not one.installed])
    broken = [f"{one.name} ({one.problem})" for one in known if one.installed and one.problem]
    seen += _listed("; broken: ", broken)
    if broken:
        return Finding("clients", "harmful", seen, effect, "reinstall it, or leave it out")
    if all(map(_usable, known)):
        return Finding("clients", "good", seen, effect)
    return Finding(
        "clients", "notice", seen.removeprefix("; "), effect, "pip install what you need"
    )


def accelerators(known: Sequence[Client]) -> Finding:
    """Report the optional packages that workers see, and those hidden from them."""
    effect = "an optional package may make its client faster; workers see required ones only"
    visible, hidden = [], []
    for one in filter(_usable, known):
        names = sorted(ACCELERATORS & one.closure.versions.keys())
        visible += [f"{one.name}: {', '.join(names)}"] if names else []
        names = sorted(ACCELERATORS.intersection(one.closure.hidden))
        hidden += [f"{one.name}: {', '.join(names)}"] if names else []
    seen = _listed("visible: ", visible, "; ") + _listed("; hidden: ", hidden, "; ")
    return Finding(
        "accelerators", "good", seen.removeprefix("; ") or "none installed for a client", effect
    )


def contaminated(found: Sequence[Contamination]) -> list[Finding]:
    """Return one finding per contamination, or a single good one if there is none."""
    name = "client packages"
    if not found:
        effect = "another library would be measured under a client's name"
        return [Finding(name, "good", "are what their names say", effect)]
    return [_contaminated(name, one) for one in found]


def _contaminated(name: str, one: Contamination) -> Finding:
    if not one.clients:
        effect = "none on measured clients: their workers do not load it"
        return Finding(name, "notice", one.message, effect, one.remedy)
    effect = f"figures of {', '.join(one.clients)} may not be those of the named library"
    return Finding(name, "harmful", one.message, effect, one.remedy)


def _usable(client: Client) -> bool:
    return client.installed and not client.problem


def _listed(head: str, names: Sequence[str], between: str = ", ") -> str:
    return head + between.join(names) if names else ""
