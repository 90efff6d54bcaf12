"""Reads which targets are meant, as users write it: names or URLs, and how they are run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.input.numbers import whole_number
from harness.input.options import Options
from harness.input.request_input import parse_url
from harness.redaction import quoted, refusal
from harness.scenario.scenario import Axis
from servers.catalogue import names, proxies, software, upstreams
from servers.spec import DEFAULT_NAME, RUNTIMES, Runtime, TargetSpec

__all__ = ["Resolve", "difference", "parse_cpus", "parse_targets"]

DEFAULT_INSTANCES = 3  # behind a proxy
MAX_INSTANCES = 64
SCHEMES = ("http", "https")
URL = "url"
LEAST_MEMORY = 16 << 20  # of a container: with less, nothing starts
_MEMORY = re.compile(r"([0-9]{1,15})([kmg]?)b?")
_SHIFTS = {"": 0, "k": 10, "m": 20, "g": 30}

# How a target of this name runs when nobody says: the first way that works here.
Resolve = Callable[[TargetSpec], Runtime]


def parse_targets(
    options: Options, resolve: Resolve, tls: bool
) -> tuple[dict[Axis, int], list[TargetSpec]]:
    """How many values each axis has, and every combination of them; ``tls``: unless said otherwise."""
    asked = options.target or (DEFAULT_NAME,)
    if options.target and options.url and not options.url.startswith("/"):
        raise UsageError(
            "--url, --target: both name a server; expected one of them, or a path in --url"
        )
    if options.url and not options.url.startswith("/"):
        return {}, [_of_url(parse_url(options.url).url or "")]
    runtimes = tuple(map(_runtime, options.runtime))
    counts = tuple(whole_number("--instances", n, 1, MAX_INSTANCES) for n in options.instances)
    schemes = _schemes(options, tls)
    bases = [_named(name, options) for name in asked]
    if options.upstream is not None and not any(base.upstream for base in bases):
        raise UsageError(f"--upstream: is for proxies; expected --target {' or '.join(proxies())}")
    specs = [
        _complete(base, runtime, count, scheme == "https", resolve)
        for base, runtime, count, scheme in product(
            bases, runtimes or (None,), counts or (None,), schemes
        )
    ]
    _check_equal_runtimes(specs, runtimes)
    values: dict[Axis, int] = {
        "target": len(asked),
        "runtime": len(runtimes),
        "instances": len(counts),
        "tls": len(schemes),
    }
    return values, specs


def difference(axis: str, spec: TargetSpec) -> str:
    """What a label adds to the client's name where targets differ by ``axis``."""
    differences = {
        "target": f" {urlsplit(spec.url).netloc or spec.name}",
        "runtime": f" {spec.runtime}",
        "instances": f" {spec.instances} instance{'s' * (spec.instances > 1)}",
        "tls": " https" if spec.tls else " http",
    }
    return differences.get(axis, "")


def parse_cpus(text: str | None) -> tuple[int, ...]:
    """``0``, ``0,2`` or ``0-3``; empty if not given."""
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
            raise refusal("--target-cpus", text, "numbers of CPUs such as 0, 0,2 or 0-3")
        cpus |= set(range(low, high + 1))
    return tuple(sorted(cpus))


def _named(name: str, options: Options) -> TargetSpec:
    """The target of this name with what is the same for all."""
    if "://" in name:
        destination = parse_url(name)
        if destination.authorization is not None:
            raise UsageError("--target: a URL with user-info is refused; expected it in --url")
        parts = urlsplit(destination.url or "")
        if parts.path not in ("", "/") or parts.query:
            raise UsageError("--target: a URL names a server here; expected its path in --url")
        return _of_url(destination.url or "")
    known = name.strip().lower()
    if known not in names():
        raise refusal("--target", name, f"{', '.join(names())}, or a URL")
    return TargetSpec(
        name=known,
        upstream=_upstream(options) if known in proxies() else "",
        cpus=parse_cpus(options.target_cpus),
        memory_bytes=_memory_bytes(options.target_memory),
    )


def _of_url(url: str) -> TargetSpec:
    """Somebody's server: only which one, since the rest of the URL belongs to the request."""
    parts = urlsplit(url)
    return TargetSpec(URL, tls=parts.scheme == "https", url=f"{parts.scheme}://{parts.netloc}")


def _upstream(options: Options) -> str:
    text = (options.upstream or upstreams()[0]).strip().lower()
    if text not in upstreams():
        raise refusal("--upstream", options.upstream or "", ", ".join(upstreams()))
    return text


def _memory_bytes(text: str | None) -> int:
    if text is None:
        return 0
    found = _MEMORY.fullmatch(text.strip().lower())
    size = int(found[1]) << _SHIFTS[found[2]] if found else 0
    if size < LEAST_MEMORY:
        raise refusal("--target-memory", text, "at least 16m, such as 256m or 1g")
    return size


def _complete(
    base: TargetSpec, runtime: Runtime | None, instances: int | None, tls: bool, resolve: Resolve
) -> TargetSpec:
    if base.url:
        given = {"--runtime": runtime is not None, "--instances": instances is not None}
        for flag in (flag for flag, is_given in given.items() if is_given):
            raise UsageError(
                f"{flag}: a server that already runs has its own; expected no URL with it"
            )
        return base
    default = DEFAULT_INSTANCES if base.upstream else 1
    spec = replace(base, instances=instances or default, tls=tls)
    spec = replace(spec, runtime=runtime or resolve(spec))
    if spec.memory_bytes and spec.runtime == "native":
        raise UsageError("--target-memory: limits containers; expected --runtime docker with it")
    alone = software(spec.name).process_per_instance and spec.runtime != "native"
    if alone and spec.instances > 1:
        raise UsageError(
            f"--instances: the {spec.name} target has one in a container; "
            "expected 1, or a proxy before several"
        )
    return spec


def _runtime(text: str) -> Runtime | None:
    known = text.strip().lower()
    if known == "auto":
        return None
    if known not in RUNTIMES:
        raise refusal("--runtime", text, f"auto, {', '.join(RUNTIMES)}")
    return known


def _schemes(options: Options, tls: bool) -> tuple[str, ...]:
    given = tuple(text.strip().lower() for text in options.scheme)
    for scheme, text in zip(given, options.scheme, strict=True):
        if scheme not in SCHEMES:
            raise refusal("--scheme", text, ", ".join(SCHEMES))
    if options.tls and given:
        raise UsageError("--tls, --scheme: both given; expected one of them")
    return given or (("https",) if options.tls or tls else ("http",))


def _check_equal_runtimes(specs: Sequence[TargetSpec], asked: Sequence[Runtime | None]) -> None:
    """Where nobody said how targets run, they must all run the same way: it is no part of the question."""
    ours = [spec for spec in specs if not spec.url]
    if any(asked) or len({spec.runtime for spec in ours}) <= 1:
        return
    ways = ", ".join(f"{quoted(spec.name)} {spec.runtime}" for spec in ours)
    raise UsageError(f"--runtime: would differ here ({ways}); expected one for all of them")
