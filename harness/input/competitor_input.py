"""Parses the entries of a comparison: the values of all factors, their combinations, the baseline.

One factor may have several values: it is the axis. Several clients may be crossed with one other
factor. Each value of that factor is then a condition, which gets a comparison of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from adapters.base import Mode
from adapters.loops import default_loop
from harness.errors import UsageError
from harness.input.client_expansion import Releases, asked_clients
from harness.input.client_input import parse_client
from harness.input.load_input import open_load
from harness.input.options import Options
from harness.input.settings import VARIABLES, Defaults
from harness.input.target_input import Resolve, check_equal_runtimes, complete_target, target_levels
from harness.option_names import option
from harness.redaction import quoted, refusal
from harness.scenario.competitors import Competitor
from harness.scenario.factors import CLIENT, FACTORS, Factor, crossing
from harness.scenario.labels import client_label
from harness.scenario.methods import BODY_METHODS
from harness.scenario.numbers import whole_number
from harness.scenario.selector import ClientSpec

__all__ = ["Asked", "Known", "Modes", "is_streamed", "parse_baseline", "parse_competitors"]

MAX_IN_FLIGHT = 100  # default of an open loop

_STREAM = "STREAM"  # the old name of GET with --stream

Modes = Mapping[str, Sequence[Mode]]  # modes of each client in the catalogue, the default first
Combination = Mapping[str, Any]  # a value of each factor, by its name


@dataclass(frozen=True)
class Known:
    """Context for parsing competitors, beside the command line itself."""

    defaults: Defaults
    modes: Modes
    resolve: Resolve
    releases: Releases
    tls: bool  # default for the targets that we start


@dataclass(frozen=True)
class Asked:
    """The competitors, and the factors in which they differ."""

    competitors: tuple[Competitor, ...]
    axis: Factor
    condition_factor: Factor | None


def parse_competitors(options: Options, known: Known, body: bytes | None) -> Asked:
    """Return every combination of the given values. Raises ``UsageError``."""
    levels = _levels(options, known, body)
    axis, crossed = _crossing(options.command, levels)
    combinations = [dict(zip(levels, values, strict=True)) for values in product(*levels.values())]
    specs = [complete_target(chosen, known.resolve) for chosen in combinations]
    check_equal_runtimes(specs, levels["runtime"])
    made = (
        _competitor(chosen | {"target": spec})
        for chosen, spec in zip(combinations, specs, strict=True)
    )
    competitors = tuple(_labelled(competitor, axis, crossed) for competitor in made)
    _check_distinct(competitors)
    return Asked(competitors, axis, crossed)


def _levels(options: Options, known: Known, body: bytes | None) -> dict[str, Sequence[Any]]:
    """Return the values of each factor in the order of combination; clients have their labels."""
    methods = _methods(options)
    found = {
        CLIENT.name: _clients(options, known),
        **target_levels(options, known.tls),
        "method": methods,
        "body_size": _sizes(options, methods, body),
        "concurrency": _slots(options, known.defaults),
    }
    for name, factor in FACTORS.items():
        if name not in found and options.values(factor):
            found[name] = options.parsed(factor)
    return {name: found[name] for name in FACTORS if name in found}


def _crossing(command: str, levels: Mapping[str, Sequence[Any]]) -> tuple[Factor, Factor | None]:
    varying = [FACTORS[name] for name, values in levels.items() if len(values) > 1]
    if varying and command == "load":
        raise UsageError(
            "has several values; expected one (`clientbench compare` takes several)",
            varying[0].name,
        )
    return crossing(varying)


def _competitor(chosen: Combination) -> Competitor:
    """Make a competitor that is labelled with its client only."""
    label, client = chosen[CLIENT.name]
    own = {
        factor.field: chosen[name]
        for name, factor in FACTORS.items()
        if name in chosen and factor.field in Competitor.model_fields
    }
    if chosen["method"] not in BODY_METHODS:
        own["body_bytes"] = 0
    return Competitor(**{**own, "label": label, "client": client})


def _labelled(competitor: Competitor, axis: Factor, crossed: Factor | None) -> Competitor:
    """Add to the label everything that distinguishes this competitor from the others."""
    condition = None if crossed is None else crossed.label(competitor)
    additions = [None if axis is CLIENT else axis.label(competitor), condition]
    label = " ".join([competitor.label, *(one for one in additions if one is not None)])
    return competitor.model_copy(update={"label": label, "condition": condition})


def _check_distinct(found: tuple[Competitor, ...]) -> None:
    """Refuse the same content under two names; only the self-test compares that."""
    contents = [
        one.model_copy(update={"label": "", "target": replace(one.target, alias="")})
        for one in found
    ]
    for number, (competitor, content) in enumerate(zip(found, contents, strict=True)):
        if content in contents[:number]:
            first, second = found[contents.index(content)].label, competitor.label
            names = (
                quoted(first)
                if first == second
                else f"{quoted(first)}, also named {quoted(second)},"
            )
            raise UsageError(f"{names} is given twice; expected each once", "competitors")


def parse_baseline(text: str | None, competitors: tuple[Competitor, ...], modes: Modes) -> str:
    """Return the name that ``text`` means: itself, or that of the only entry with this client."""
    names = list(dict.fromkeys(competitor.name for competitor in competitors))
    if text is None:
        return names[0]
    if text.strip() in names:
        return text.strip()
    try:
        client = _resolved(parse_client(text), modes)
    except UsageError:
        client = None
    matching = {competitor.name for competitor in competitors if competitor.client == client}
    if len(matching) != 1:  # the distinguishing end of a name is enough
        matching = {name for name in names if name.endswith(f" {text.strip()}")}
    if len(matching) != 1:
        raise refusal("baseline", text, f"one of {', '.join(names)}")
    return matching.pop()


def is_streamed(options: Options) -> bool:
    """Say whether responses are read chunk by chunk."""
    return options.stream or _STREAM in _upper(options)


def _clients(options: Options, known: Known) -> list[tuple[str, ClientSpec]]:
    """Return label and resolved client of each selector. Raises ``UsageError`` for duplicates."""
    modes = known.modes
    asked = asked_clients(options, modes, known.releases)
    if not asked:
        names = "names such as requests httpx:async aiohttp"
        expected = "--client NAME" if options.command == "load" else names
        raise UsageError(f"none given; expected {expected}", "client")
    resolved = [_resolved(spec, modes) for _, spec in asked]
    labels = [client_label(spec, modes.get(spec.name, ())) for spec in resolved]
    _check_clients_distinct([text for text, _ in asked], resolved, labels)
    return list(zip(labels, resolved, strict=True))


def _check_clients_distinct(
    texts: Sequence[str], specs: Sequence[ClientSpec], labels: Sequence[str]
) -> None:
    for number, (text, spec) in enumerate(zip(texts, specs, strict=True)):
        if spec not in specs[:number]:
            _check_label(texts, labels, number, spec)
            continue
        before = texts[specs.index(spec)]
        given = f"{quoted(text)} is"
        if before != text:
            label = quoted(labels[number])
            given = f"{quoted(before)} and {quoted(text)} are the same client, {label},"
        raise UsageError(f"{given} given twice; expected each once", "client")


def _check_label(
    texts: Sequence[str], labels: Sequence[str], number: int, spec: ClientSpec
) -> None:
    """Refuse two clients that only a path tells apart, because labels have no paths."""
    label = labels[number]
    if label in labels[:number]:
        before = quoted(texts[labels.index(label)])
        named = quoted(str(replace(spec, alias="other")))
        raise UsageError(
            f"{before} and {quoted(texts[number])} would both be called {quoted(label)}; "
            f"name one of them, as in {named}",
            "client",
        )


def _resolved(spec: ClientSpec, modes: Modes) -> ClientSpec:
    """Return ``spec`` with its mode, where that is known, and the event loop of an async client."""
    mode = spec.mode or next(iter(modes.get(spec.name, ())), None)
    return replace(spec, mode=mode, loop=spec.loop or default_loop(spec.name, mode))


def _methods(options: Options) -> tuple[str, ...]:
    if _upper(options) == (_STREAM,):
        return ("GET",)
    given = options.parsed(FACTORS["method"])
    has_body = options.body is not None or options.values(FACTORS["body_size"])
    return given or (("POST",) if has_body else ("GET",))


def _upper(options: Options) -> tuple[str, ...]:
    return tuple(str(method).strip().upper() for method in options.values(FACTORS["method"]))


def _sizes(options: Options, methods: tuple[str, ...], body: bytes | None) -> tuple[int, ...]:
    sizes = options.parsed(FACTORS["body_size"])
    if body is None and not sizes:
        return (0,)
    field = "body" if sizes == () else "body_size"
    if body is not None and sizes:
        raise UsageError("both give a body; expected one of them", "body", "body_size")
    if not set(methods) & set(BODY_METHODS):
        raise UsageError(
            f"{methods[0]} sends no body; expected {option('method')} with one of "
            f"{', '.join(BODY_METHODS)}",
            field,
        )
    return sizes if body is None else (len(body),)


def _slots(options: Options, defaults: Defaults) -> tuple[int, ...]:
    """Return the slots of each entry: the concurrency, or the limit of ``--start per-request``."""
    factor, load = FACTORS["concurrency"], open_load(options)
    most = defaults.max_concurrency
    note = f" ({VARIABLES['max_concurrency']}={most})"
    if load is None or load.start == "fixed-workers":
        given = options.values(factor) or (defaults.concurrency,)
        return tuple(whole_number(factor.name, slots, 1, most, note) for slots in given)
    if options.values(factor):
        raise UsageError(
            "applies to --start fixed-workers; expected --max-in-flight with per-request",
            factor.name,
        )
    limit = options.max_in_flight or MAX_IN_FLIGHT
    return (whole_number("max_in_flight", limit, 1, most, note),)
