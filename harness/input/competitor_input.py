"""Reads who competes, as users write it: clients, targets, methods, body sizes and concurrencies, the baseline.

One of these factors may have several values; it is the axis, and each of its values a competitor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from adapters.base import Mode
from harness.errors import UsageError, within
from harness.input.client_input import parse_client
from harness.input.load_input import open_load
from harness.input.numbers import whole_number
from harness.input.options import Options
from harness.input.request_input import parse_size
from harness.input.settings import VARIABLES, Defaults
from harness.input.target_input import difference
from harness.redaction import quoted, refusal
from harness.scenario.scenario import BODY_METHODS, METHODS, Axis, Competitor
from harness.scenario.selector import ClientSpec
from servers.spec import TargetSpec

__all__ = ["is_streamed", "parse_baseline", "parse_competitors"]

Targets = tuple[dict[Axis, int], list[TargetSpec]]

MAX_IN_FLIGHT = 100  # of an open loop, unless the user says otherwise

_STREAM = "STREAM"  # the old name of GET with --stream


def parse_competitors(
    options: Options,
    defaults: Defaults,
    default_modes: Mapping[str, Mode],
    body: bytes | None,
    targets: Targets,
) -> tuple[Axis, tuple[Competitor, ...]]:
    """Every combination of what was given; only one factor may have more than one value.

    ``targets`` is what ``harness.input.target_input.parse_targets`` returned.
    """
    target_counts, specs = targets
    clients = _clients(options.clients, default_modes)
    methods = _methods(options)
    sizes = _sizes(options, methods, body)
    levels = _slots(options, defaults)
    counts: dict[Axis, int] = {
        "client": len(clients),
        "method": len(methods),
        "body_size": len(sizes),
        "concurrency": len(levels),
    }
    counts.update(target_counts)
    axis = _axis(options.command, [axis for axis, count in counts.items() if count > 1])
    found = tuple(
        Competitor(
            label=label + _difference(axis, method, size, level) + difference(axis, spec),
            client=client,
            target=spec,
            method=method,
            body_bytes=size if method in BODY_METHODS else 0,
            concurrency=level,
        )
        for (label, client), spec, method, size, level in product(
            clients, specs, methods, sizes, levels
        )
    )
    _check_distinct(found)
    return axis, found


def _check_distinct(found: tuple[Competitor, ...]) -> None:
    """The same under two names is what only the self-test wants."""
    contents = [competitor.model_copy(update={"label": ""}) for competitor in found]
    for competitor, content in zip(found, contents, strict=True):
        if contents.count(content) > 1:
            raise UsageError(
                f"{quoted(competitor.label)} is given twice; expected each once", "competitors"
            )


def parse_baseline(
    text: str | None, competitors: tuple[Competitor, ...], default_modes: Mapping[str, Mode]
) -> str:
    """The label ``text`` stands for: itself, or that of the one competitor with this client."""
    labels = [competitor.label for competitor in competitors]
    if text is None:
        return labels[0]
    if text.strip() in labels:
        return text.strip()
    try:
        client = _resolved(parse_client(text), default_modes)
    except UsageError:
        client = None
    matching = [competitor.label for competitor in competitors if competitor.client == client]
    if len(matching) != 1:  # what the labels differ in will do as well
        matching = [label for label in labels if label.endswith(f" {text.strip()}")]
    if len(matching) != 1:
        raise refusal("baseline", text, f"one of {', '.join(labels)}")
    return matching[0]


def is_streamed(options: Options) -> bool:
    """Whether responses are read chunk by chunk."""
    return options.stream or _STREAM in _upper(options.method)


def _axis(command: str, varying: list[Axis]) -> Axis:
    if len(varying) > 1:
        raise UsageError(
            f"{', '.join(varying)}: all have several values; expected one that differs"
        )
    if varying and command == "load":
        raise UsageError(
            f"{varying[0]}: has several values; expected one, or `clientbench compare`"
        )
    return varying[0] if varying else "client"


def _difference(axis: Axis, method: str, size: int, level: int) -> str:
    """What a label adds to the client's name."""
    differences = {
        "method": f" {method}",
        "body_size": f" {_size(size)}",
        "concurrency": f" c={level}",
    }
    return differences.get(axis, "")


def _size(size: int) -> str:
    for unit, name in ((2**20, "MiB"), (2**10, "KiB")):
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"


def _clients(
    texts: tuple[str, ...], default_modes: Mapping[str, Mode]
) -> list[tuple[str, ClientSpec]]:
    """Label and resolved client of each selector; the mode shows where given or needed."""
    if not texts:
        raise UsageError(
            "none given; expected names such as requests httpx:async aiohttp (of `load`: --client NAME)",
            "client",
        )
    typed = [_client(number, text) for number, text in enumerate(texts)]
    resolved = [_resolved(spec, default_modes) for spec in typed]
    modes = Counter(name for name, _ in {(spec.name, spec.mode) for spec in resolved})
    labels = [
        str(replace(spec, mode=full.mode) if modes[spec.name] > 1 else spec)
        for spec, full in zip(typed, resolved, strict=True)
    ]
    return list(zip(labels, resolved, strict=True))


def _client(number: int, text: str) -> ClientSpec:
    """The client of the competitor with this number, from 0 on; several clients are the axis."""
    with within(f"competitors[{number}]"):
        return parse_client(text)


def _resolved(spec: ClientSpec, default_modes: Mapping[str, Mode]) -> ClientSpec:
    """``spec`` with its mode, as far as that is known, and the event loop an async client gets."""
    mode = spec.mode or default_modes.get(spec.name)
    return replace(spec, mode=mode, loop=spec.loop or ("asyncio" if mode == "async" else None))


def _methods(options: Options) -> tuple[str, ...]:
    given = _upper(options.method)
    if given == (_STREAM,):
        return ("GET",)
    for method, text in zip(given, options.method, strict=True):
        if method not in METHODS:
            raise refusal("method", text, f"{', '.join(METHODS)}, or {_STREAM} alone")
    has_body = options.body is not None or options.body_size
    return given or (("POST",) if has_body else ("GET",))


def _upper(methods: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(method.strip().upper() for method in methods)


def _sizes(options: Options, methods: tuple[str, ...], body: bytes | None) -> tuple[int, ...]:
    sizes = tuple(map(parse_size, options.body_size))
    if body is None and not sizes:
        return (0,)
    field = "body" if sizes == () else "body_size"
    if body is not None and sizes:
        raise UsageError("both give a body; expected one of them", "body", "body_size")
    if not set(methods) & set(BODY_METHODS):
        raise UsageError(f"{methods[0]} carries none; expected {', '.join(BODY_METHODS)}", field)
    return sizes if body is None else (len(body),)


def _slots(options: Options, defaults: Defaults) -> tuple[int, ...]:
    """Slots of each competitor: the concurrency, or the limit of an open loop that starts by request."""
    load = open_load(options.load)
    if load is None or load.start == "fixed-workers":
        return _concurrencies(options.concurrency, defaults)
    if options.concurrency:
        raise UsageError("is for fixed workers; expected --max-in-flight instead", "concurrency")
    return _concurrencies((options.load.max_in_flight or MAX_IN_FLIGHT,), defaults, "max_in_flight")


def _concurrencies(
    given: tuple[str | int, ...], defaults: Defaults, field: str = "concurrency"
) -> tuple[int, ...]:
    maximum = defaults.max_concurrency
    note = f" ({VARIABLES['max_concurrency']}={maximum})"
    return tuple(
        whole_number(field, value, 1, maximum, note) for value in given or (defaults.concurrency,)
    )
