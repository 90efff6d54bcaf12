"""Parses targets: names or URLs, and how each is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.input.options import Options
from harness.input.own_configuration_input import check_used, own_configurations, template_of
from harness.redaction import one_of, quoted, refusal
from harness.scenario.destination import parse_url
from harness.scenario.factors import FACTORS
from servers.catalogue import proxies, software, upstreams
from servers.spec import EMBEDDED, Runtime, TargetSpec

__all__ = ["Resolve", "check_equal_runtimes", "complete_target", "parse_cpus", "target_levels"]

DEFAULT_INSTANCES = 3  # behind a proxy
LEAST_MEMORY = 16 << 20  # per container: with less, nothing starts
_MEMORY = re.compile(r"([0-9]{1,15})([kmg]?)b?")
_SHIFTS = {"": 0, "k": 10, "m": 20, "g": 30}

# Chooses how a target runs if the user does not: the first runtime that works here.
Resolve = Callable[[TargetSpec], Runtime]


def target_levels(options: Options, tls: bool) -> dict[str, Sequence[Any]]:
    """Return the values of each target factor; None: not given. ``tls`` is the default scheme."""
    names = options.values(FACTORS["target"])
    is_url = options.url is not None and not options.url.startswith("/")
    if is_url and names:
        raise UsageError(
            "both name a server; expected one of them, or a path in --url", "url", "target"
        )
    levels: dict[str, Sequence[Any]] = {
        factor.name: options.parsed(factor) or (None,)
        for factor in FACTORS.values()
        if factor.concerns == "target"
    }
    if is_url:
        url = urlsplit(parse_url(options.url).url or "")
        base = FACTORS["target"].parse(f"{url.scheme}://{url.netloc}")
        return {**levels, "target": (base,)}
    typed = levels["target"] if names else (EMBEDDED,)
    bases = [_limited(spec, options) for spec in own_configurations(typed, options)]
    check_used(bases, _asked(options, levels, tls=tls))
    if options.upstream is not None and not any(base.upstream for base in bases):
        raise UsageError(
            f"applies to proxies; expected --target {' or '.join(proxies())}", "upstream"
        )
    schemes = _tls_levels(options, levels["tls"], tls)
    if options.https or options.values(FACTORS["tls"]):
        _check_schemes(bases, schemes)
    return {**levels, "target": bases, "tls": schemes}


def complete_target(chosen: Mapping[str, Any], resolve: Resolve) -> TargetSpec:
    """Return the target that a combination of values describes. Raises ``UsageError``."""
    base: TargetSpec = chosen["target"]
    if base.url:
        for field in (field for field in ("runtime", "instances") if chosen[field] is not None):
            raise UsageError(
                "applies to servers that clientbench starts; expected no URL with it", field
            )
        return base
    default = DEFAULT_INSTANCES if base.upstream else 1
    spec = replace(base, instances=chosen["instances"] or default, tls=chosen["tls"])
    if spec.config and chosen["runtime"] not in (None, "native"):
        raise UsageError("your own configuration only runs natively; expected native", "runtime")
    native: Runtime | None = "native" if spec.config else None
    spec = replace(spec, runtime=chosen["runtime"] or native or resolve(spec))
    if spec.memory_bytes and spec.runtime == "native":
        raise UsageError(
            "limits containers only; expected --runtime docker with it", "target_memory"
        )
    alone = software(spec.name).process_per_instance and spec.runtime != "native"
    if alone and spec.instances > 1:
        raise UsageError(
            f"the {spec.name} target has one per container; expected 1, or a proxy before several",
            "instances",
        )
    return spec


def parse_cpus(text: str | None) -> tuple[int, ...]:
    """Parse ``0``, ``0,2`` or ``0-3``; empty if not given."""
    if text is None:
        return ()
    cpus: set[int] = set()
    for word in text.split(","):
        first, dash, last = word.strip().partition("-")
        try:
            low, high = int(first), int(last if dash else first)
        except ValueError:
            low, high = 0, -1
        if not 0 <= low <= high < 4096:
            raise refusal("target_cpus", text, "numbers of CPUs such as 0, 0,2 or 0-3")
        cpus |= set(range(low, high + 1))
    return tuple(sorted(cpus))


def _asked(options: Options, levels: Mapping[str, Sequence[Any]], *, tls: bool) -> list[str]:
    """Return the fields that a configuration must support."""
    asked = {
        "https": options.https,
        "tls": tls or any(levels["tls"]),
        "instances": any(levels["instances"]),
        "upstream": options.upstream is not None,
    }
    return [field for field, is_asked in asked.items() if is_asked]


def _limited(spec: TargetSpec, options: Options) -> TargetSpec:
    """Return ``spec`` with the settings that are the same for all targets."""
    if spec.url:
        return spec
    return replace(
        spec,
        upstream=_upstream(options) if _is_proxy(spec) else "",
        cpus=parse_cpus(options.target_cpus),
        memory_bytes=_memory_bytes(options.target_memory),
    )


def _is_proxy(spec: TargetSpec) -> bool:
    """Say whether servers of ours run behind it."""
    if spec.config:
        return "upstreams" in template_of(spec).names
    return spec.name in proxies()


def _upstream(options: Options) -> str:
    return one_of("upstream", options.upstream or upstreams()[0], upstreams())


def _memory_bytes(text: str | None) -> int:
    if text is None:
        return 0
    found = _MEMORY.fullmatch(text.strip().lower())
    size = int(found[1]) << _SHIFTS[found[2]] if found else 0
    if size < LEAST_MEMORY:
        raise refusal("target_memory", text, "at least 16m, such as 256m or 1g")
    return size


def _tls_levels(options: Options, given: Sequence[bool | None], usual: bool) -> Sequence[bool]:
    known = [tls for tls in given if tls is not None]
    if options.https and known:
        raise UsageError("both given; expected one of them", "https", "tls")
    return known or (bool(options.https) or usual,)


def _check_schemes(bases: Sequence[TargetSpec], schemes: Sequence[bool]) -> None:
    """Refuse a scheme that contradicts the URL of a server."""
    if any(base.url and base.tls != tls for base in bases for tls in schemes):
        raise UsageError("contradicts a server's URL; expected the scheme in the URL only", "tls")


def check_equal_runtimes(specs: Sequence[TargetSpec], asked: Sequence[Runtime | None]) -> None:
    """Refuse targets whose runtimes differ although the user did not choose them."""
    ours = [spec for spec in specs if not spec.url]
    if any(asked) or len({spec.runtime for spec in ours}) <= 1:
        return
    ways = ", ".join(f"{quoted(spec.name)} {spec.runtime}" for spec in ours)
    raise UsageError(f"would differ here ({ways}); expected one for all targets", "runtime")
