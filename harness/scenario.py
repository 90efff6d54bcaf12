"""A scenario: what is compared, on which target, under which load - validated, and plain data.

``build`` turns what the command line collected into a ``Scenario``; everything after it can trust
the values. It is pure, except that it reads the file of ``--body @file`` and draws a missing seed.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType
from typing import Any, Literal, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.budget import ErrorBudget, parse_budget
from harness.errors import UsageError
from harness.loads import LoadOptions, OpenLoad, open_load
from harness.presets import Expansion, HeldLoad, PresetOptions, expand
from harness.redaction import quoted, redact_headers, redact_url, refusal
from harness.request_input import (
    MAX_BODY_BYTES,
    content_type,
    parse_body,
    parse_headers,
    parse_size,
    parse_statuses,
    parse_url,
)
from harness.selector import ClientSpec, Mode
from harness.selector import parse as parse_client
from harness.settings import MAX_DURATION_S, VARIABLES, Defaults, seconds, whole_number

__all__ = ["METHODS", "Axis", "Competitor", "Options", "Profile", "Scenario", "build"]

Axis = Literal["client", "method", "body_size", "concurrency"]
Profile = Literal["parity", "defaults"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
MAX_SEED = 2**32 - 1
MAX_IN_FLIGHT = 100  # of an open loop, unless the user says otherwise

_STREAM = "STREAM"  # the old name of GET with --stream
_BODY_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_Default = TypeVar("_Default", int, None)
_NO_MODES: Mapping[str, Mode] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line collected, as it was typed; ``None`` and ``()`` mean "not given"."""

    command: Literal["compare", "load"] = "compare"
    clients: tuple[str, ...] = ()
    url: str | None = None  # http(s) URL, or a path on the embedded target
    concurrency: tuple[str | int, ...] = ()
    duration: str | float | None = None
    requests: str | int | None = None
    rounds: str | int | None = None
    warmup: str | float | None = None
    processes: str | int | None = None
    method: tuple[str, ...] = ()
    header: tuple[str, ...] = ()  # "Name: value" each
    headers_json: str | None = None
    body: str | None = None  # text, or @file
    body_size: tuple[str | int, ...] = ()
    stream: bool = False
    expect: str | None = None
    timeout: str | float | None = None
    verify: bool = True
    profile: str | None = None
    baseline: str | None = None
    seed: str | int | None = None
    pin: bool = True
    load: LoadOptions = field(default_factory=LoadOptions)
    think_time: str | float | None = None
    trace: str | float | None = None
    error_budget: str | int | None = None
    preset: PresetOptions = field(default_factory=PresetOptions)


class _Plain(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )


class Competitor(_Plain):
    """One contender: a client, and what it is asked to do."""

    label: str  # as tables name it; unique in its scenario
    client: ClientSpec
    method: str
    body_bytes: int = Field(ge=0, le=MAX_BODY_BYTES)  # of every request
    concurrency: int = Field(ge=1)


class Scenario(_Plain):
    """Everything a run is asked to do. Headers and body are as sent: store ``snapshot()``."""

    competitors: tuple[Competitor, ...] = Field(min_length=1)
    axis: Axis  # the one thing the competitors differ in
    baseline: str  # label of the competitor the others are compared with
    url: str | None = Field(default=None, repr=False)  # None: the embedded target
    path: str = Field(default="/", repr=False)  # path and query there; unused with a url
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    body: bytes | None = Field(default=None, repr=False)  # None: none, or made up from body_bytes
    duration_s: float | None = Field(default=None, gt=0)  # measured, per competitor, in total
    requests: int | None = Field(default=None, ge=1)  # measured, per competitor, in total
    rounds: int = Field(default=5, ge=1)
    warmup_s: float = Field(default=0.3, ge=0)
    processes: int = Field(default=1, ge=1)
    stream: bool = False
    expect: str = "200-399"
    timeout_s: float = Field(default=10.0, gt=0)
    verify: bool = True
    profile: Profile = "parity"
    seed: int = Field(ge=0, le=MAX_SEED)
    pin: bool = True
    open_load: OpenLoad | None = None  # None: a closed loop
    think_time_s: float = Field(default=0.0, ge=0)  # of a closed loop
    trace_share: float = Field(default=0.0, ge=0, le=1)  # of the requests
    error_budget: ErrorBudget | None = None  # beyond it, the run stops
    preset: str | None = None
    held: HeldLoad | None = None
    steps: tuple[tuple[int, float], ...] = ()  # (concurrency, seconds until which)

    @property
    def accepted_statuses(self) -> frozenset[int]:
        """The statuses that count as correct."""
        return parse_statuses(self.expect)

    def body_of(self, competitor: Competitor) -> bytes | None:
        """The body of each request of ``competitor``; sizes are filled with printable bytes."""
        if competitor.method not in _BODY_METHODS:
            return None
        if self.body is None and competitor.body_bytes:
            return b"x" * competitor.body_bytes
        return self.body

    def snapshot(self) -> dict[str, Any]:
        """The scenario as plain JSON without secrets, for the database and reports.

        The body appears as its length only (``body_bytes``, ``None`` where sizes are made up).
        """
        data = self.model_dump(mode="json", exclude={"body"})
        data["url"] = None if self.url is None else redact_url(self.url)
        data["path"] = redact_url(self.path)
        data["headers"] = redact_headers(self.headers)
        data["body_bytes"] = None if self.body is None else len(self.body)
        return data

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        labels = [competitor.label for competitor in self.competitors]
        contents = [competitor.model_copy(update={"label": ""}) for competitor in self.competitors]
        for label, content in zip(labels, contents, strict=True):
            if labels.count(label) > 1 or contents.count(content) > 1:
                raise UsageError(f"competitor: {quoted(label)} is given twice; expected each once")
        if self.baseline not in labels:
            raise refusal("--baseline", self.baseline, f"one of {', '.join(labels)}")
        if (self.duration_s is None) == (self.requests is None):
            raise UsageError(
                "--duration, --requests: both, or neither, end a trial; expected one of them"
            )
        if self.requests is not None and self.requests < self.rounds:
            raise refusal("--requests", self.requests, f"at least one per round, {self.rounds}")
        if self.held is not None and self.processes > 1:
            raise refusal("--processes", self.processes, "1: requests are held by one process")
        lowest = min(competitor.concurrency for competitor in self.competitors)
        if self.processes > lowest:
            raise refusal("--processes", self.processes, f"at most the concurrency, {lowest}")
        return self


def build(
    options: Options, defaults: Defaults, default_modes: Mapping[str, Mode] = _NO_MODES
) -> Scenario:
    """The scenario these options ask for.

    ``default_modes`` gives the first mode of each client the catalogue knows; with it a bare
    ``httpx`` and ``httpx:sync`` are known to be the same. Raises ``UsageError`` with one line that
    names the field, the value unless it may be a secret, and what is accepted.
    """
    expanded = expand(
        *(options.preset, options.load, options.duration, options.rounds), bool(options.concurrency)
    )
    options = _with(options, expanded)
    destination = parse_url(options.url)
    body = parse_body(options.body)
    profile = _profile(options.profile)
    axis, competitors = _competitors(options, defaults, default_modes, body)
    requests = _whole("--requests", options.requests, None, 10**9)
    load = open_load(options.load)
    # unasked, no more rounds than there are requests
    rounds = _whole("--rounds", options.rounds, min(5, requests or 5), 1000)
    return Scenario(
        competitors=competitors,
        axis=axis,
        baseline=_baseline(options.baseline, competitors, default_modes),
        url=destination.url,
        path=destination.path,
        headers=_headers(options, destination.authorization, profile, body),
        body=body,
        duration_s=_duration_s(options, defaults, _shape_s(load, expanded), rounds),
        requests=requests,
        rounds=rounds,
        warmup_s=_seconds("--warmup", options.warmup, 0.3, low=0.0, high=3600.0),
        processes=_whole("--processes", options.processes, 1, 256),
        stream=options.stream or _STREAM in _upper(options.method),
        expect=_expect(options.expect),
        timeout_s=_seconds("--timeout", options.timeout, 10.0, low=0.001, high=3600.0),
        verify=options.verify,
        profile=profile,
        seed=_seed(options.seed),
        pin=options.pin,
        open_load=load,
        think_time_s=_think_time_s(options, load),
        # what is held is traced: how else would one know that it was
        trace_share=1.0 if expanded.held else _share("--trace", options.trace),
        error_budget=parse_budget(options.error_budget),
        preset=options.preset.preset and options.preset.preset.strip().lower(),
        held=expanded.held,
        steps=expanded.steps,
    )


def _competitors(
    options: Options,
    defaults: Defaults,
    default_modes: Mapping[str, Mode],
    body: bytes | None,
) -> tuple[Axis, tuple[Competitor, ...]]:
    """Every combination of what was given; only one of the four may have more than one value."""
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
    axis = _axis(options.command, [axis for axis, count in counts.items() if count > 1])
    return axis, tuple(
        Competitor(
            label=label + _difference(axis, method, size, level),
            client=client,
            method=method,
            body_bytes=size if method in _BODY_METHODS else 0,
            concurrency=level,
        )
        for (label, client), method, size, level in product(clients, methods, sizes, levels)
    )


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
        raise UsageError("client: none given; expected names such as requests httpx:async aiohttp")
    typed = [parse_client(text) for text in texts]
    resolved = [_resolved(spec, default_modes) for spec in typed]
    modes = Counter(name for name, _ in {(spec.name, spec.mode) for spec in resolved})
    labels = [
        str(replace(spec, mode=full.mode) if modes[spec.name] > 1 else spec)
        for spec, full in zip(typed, resolved, strict=True)
    ]
    return list(zip(labels, resolved, strict=True))


def _resolved(spec: ClientSpec, default_modes: Mapping[str, Mode]) -> ClientSpec:
    """``spec`` with its mode, as far as that is known, and the event loop an async client gets."""
    mode = spec.mode or default_modes.get(spec.name)
    return replace(spec, mode=mode, loop=spec.loop or ("asyncio" if mode == "async" else None))


def _upper(methods: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(method.strip().upper() for method in methods)


def _methods(options: Options) -> tuple[str, ...]:
    given = _upper(options.method)
    if given == (_STREAM,):
        return ("GET",)
    for method, text in zip(given, options.method, strict=True):
        if method not in METHODS:
            raise refusal("--method", text, f"{', '.join(METHODS)}, or {_STREAM} alone")
    has_body = options.body is not None or options.body_size
    return given or (("POST",) if has_body else ("GET",))


def _sizes(options: Options, methods: tuple[str, ...], body: bytes | None) -> tuple[int, ...]:
    sizes = tuple(map(parse_size, options.body_size))
    if body is None and not sizes:
        return (0,)
    field = "--body" if sizes == () else "--body-size"
    if body is not None and sizes:
        raise UsageError("--body, --body-size: both give a body; expected one of them")
    if not set(methods) & set(_BODY_METHODS):
        raise UsageError(f"{field}: {methods[0]} carries none; expected {', '.join(_BODY_METHODS)}")
    return sizes if body is None else (len(body),)


def _slots(options: Options, defaults: Defaults) -> tuple[int, ...]:
    """Slots of each competitor: the concurrency, or the limit of an open loop that starts by request."""
    load = open_load(options.load)
    if load is None or load.start == "fixed-workers":
        return _concurrencies(options.concurrency, defaults)
    if options.concurrency:
        raise UsageError("--concurrency: is for fixed workers; expected --max-in-flight instead")
    return _concurrencies(
        (options.load.max_in_flight or MAX_IN_FLIGHT,), defaults, "--max-in-flight"
    )


def _concurrencies(
    given: tuple[str | int, ...], defaults: Defaults, flag: str = "--concurrency"
) -> tuple[int, ...]:
    maximum = defaults.max_concurrency
    note = f" ({VARIABLES['max_concurrency']}={maximum})"
    return tuple(
        whole_number(flag, value, 1, maximum, note) for value in given or (defaults.concurrency,)
    )


def _baseline(
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
    if len(matching) != 1:
        raise refusal("--baseline", text, f"one of {', '.join(labels)}")
    return matching[0]


def _headers(
    options: Options, authorization: str | None, profile: Profile, body: bytes | None
) -> dict[str, str]:
    """The user's headers; in parity also those that clients would otherwise choose differently."""
    headers = parse_headers(options.header, options.headers_json, authorization)
    if profile == "defaults":
        return headers
    wanted = {"Accept-Encoding": "identity"}
    if body is not None or options.body_size:
        wanted["Content-Type"] = content_type(body or b"")
    given = {name.lower() for name in headers}
    return headers | {name: value for name, value in wanted.items() if name.lower() not in given}


def _profile(text: str | None) -> Profile:
    if text not in (None, "parity", "defaults"):
        raise refusal("--profile", text, "parity or defaults")
    return cast("Profile", text or "parity")


def _with(options: Options, expanded: Expansion) -> Options:
    """The options with what the preset puts in their place."""
    if expanded.held is not None and options.requests is not None:
        raise UsageError("--requests: is no parameter of presets that hold; expected --n")
    if expanded.requests is not None and options.requests is not None:
        raise UsageError("--requests: follows from --rate and --duration in this preset")
    concurrency = options.concurrency
    if expanded.held is not None:
        concurrency = (expanded.held.most,)
    elif expanded.steps:
        concurrency = (max(slots for slots, _ in expanded.steps),)
    elif expanded.concurrency is not None:
        concurrency = (expanded.concurrency,)
    return replace(
        options,
        load=expanded.load,
        duration=expanded.duration,
        rounds=expanded.rounds,
        requests=options.requests if expanded.requests is None else expanded.requests,
        concurrency=concurrency,
    )


def _shape_s(load: OpenLoad | None, expanded: Expansion) -> float | None:
    """How long one round must be, where the load says so itself."""
    if expanded.steps:
        return expanded.steps[-1][1]
    return load.shape_s if load is not None else None


def _duration_s(
    options: Options, defaults: Defaults, shape_s: float | None, rounds: int
) -> float | None:
    """Measured seconds per competitor; none when a number of requests ends the trial."""
    if shape_s is not None:
        for flag, value in (("--duration", options.duration), ("--requests", options.requests)):
            if value is not None:
                raise UsageError(
                    f"{flag}: the load's stages say how long; expected them without {flag}"
                )
        return shape_s * rounds
    if options.requests is not None:
        if options.duration is not None:
            raise UsageError("--duration, --requests: both end a trial; expected one of them")
        return None
    compare = options.command == "compare"
    default = defaults.compare_duration_s if compare else defaults.duration_s
    return _seconds("--duration", options.duration, default, low=0.001, high=MAX_DURATION_S)


def _think_time_s(options: Options, load: OpenLoad | None) -> float:
    if options.think_time is not None and load is not None:
        raise UsageError("--think-time: is about a closed loop; expected no --rate or --stage")
    return _seconds("--think-time", options.think_time, 0.0, low=0.0, high=3600.0)


def _share(flag: str, value: str | float | None) -> float:
    """``0.1`` or ``10%``; above 0, at most 1."""
    if value is None:
        return 0.0
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not 0 < number <= 1:
        raise refusal(flag, value, "a share above 0, at most 1, such as 0.1 or 10%")
    return number


def _expect(text: str | None) -> str:
    if text is None:
        return "200-399"
    parse_statuses(text)
    return "".join(text.split()).lower()


def _seed(value: str | int | None) -> int:
    if value is None:
        return secrets.randbelow(MAX_SEED + 1)
    return whole_number("--seed", value, 0, MAX_SEED)


def _whole(field: str, value: str | int | None, default: _Default, high: int) -> int | _Default:
    return default if value is None else whole_number(field, value, 1, high)


def _seconds(
    field: str, value: str | float | None, default: float, *, low: float, high: float
) -> float:
    return default if value is None else seconds(field, value, low, high)
