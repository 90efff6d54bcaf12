"""Builds a validated scenario from the options of a command line.

It is pure, except that it reads the files of ``--body @file`` and ``--header @file`` and the
variables of ``--header-env``, tries a client certificate, and draws a missing seed.
"""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar, cast, get_args
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.input.certificate_input import check_https, parse_certificate
from harness.input.client_expansion import Releases
from harness.input.competitor_input import (
    Known,
    Modes,
    is_streamed,
    parse_baseline,
    parse_competitors,
)
from harness.input.declaration import declared
from harness.input.gate_input import gate
from harness.input.load_input import open_load
from harness.input.mixture_input import Mixture, mixture
from harness.input.options import Options
from harness.input.precision_input import check_budget, length, precision, typed_budget_s
from harness.input.presets import Expansion, expand
from harness.input.recipe_input import check_recipe
from harness.input.recorded.times import keeps_times
from harness.input.recorded_input import addressed, recorded_mixture
from harness.input.request_input import (
    content_type,
    parse_body,
    parse_ca,
    parse_headers,
    parse_max_body,
    parse_unix,
)
from harness.input.settings import Defaults
from harness.input.target_input import Resolve
from harness.option_names import option
from harness.redaction import refusal
from harness.scenario.budget import parse_budget
from harness.scenario.destination import Destination, parse_url
from harness.scenario.factors import FACTORS
from harness.scenario.gate import Gate, applied
from harness.scenario.loads import OpenLoad
from harness.scenario.numbers import MAX_DURATION_S, seconds, whole_number
from harness.scenario.plan import make_plan
from harness.scenario.precision import FIRST_LOOK, MOST_ROUNDS, Length, Precision
from harness.scenario.scenario import MAX_SEED, Profile, Scenario
from harness.scenario.statuses import parse_statuses

__all__ = ["SLICE_S", "build"]

SLICE_S = 0.02  # see docs/method.md and benchmarks/split.py
GOES_ON = (
    'applies to a gate that measures until it is decided; expected unclear = "measure" in its file,'
    " and nothing else that says how long to measure"
)

_Default = TypeVar("_Default", int, None)
_NO_MODES: Modes = MappingProxyType({})


# long: a line for each field of a scenario, in the order in which bad ones are reported
def build(
    options: Options,
    defaults: Defaults,
    modes: Modes = _NO_MODES,
    resolve: Resolve = lambda _: "native",
    releases: Releases = lambda _spec, _text: (),
) -> Scenario:
    """Build the scenario that these options describe.

    ``modes`` gives the modes of each client in the catalogue; with it a bare ``httpx`` and
    ``httpx:sync`` are recognised as the same client. ``resolve`` chooses how a target runs if the
    options do not; ``releases`` looks up the versions of a library.

    Raises ``UsageError`` with one line that names the field, the value (unless it
    may be a secret) and what is accepted.
    """
    options = addressed(options)
    expanded = expand(options)
    typed, options = options, expanded.options
    destination = parse_url(options.url)
    body = parse_body(options.body)
    profile = _profile(options.profile)
    held_at_tls = expanded.held is not None and expanded.held.point == "tls"
    _check_target_options(options)
    headers = _headers(options, destination.authorization, profile, body)
    asked_for = _mixture(options, destination, headers, profile)
    if asked_for.endpoints:
        _check_one_request(options)
    known = Known(defaults, modes, resolve, releases, tls=held_at_tls)
    asked = parse_competitors(options, known, body)
    competitors = asked.competitors
    check_recipe(destination.path, [competitor.target for competitor in competitors])
    certificate = parse_certificate(options, os.environ)
    check_https(options, competitors, asked_for.endpoints)
    requests = _whole("requests", options.requests, None, 10**9)
    load = open_load(options)
    usual, wanted = length(options), precision(options)
    if wanted is not None:
        lengths = (expanded.held, expanded.steps or None, *_lengths(options).values())
        _check_precision(typed, any(one is not None for one in lengths), len(competitors))
    starts = _starts(options, defaults, load, usual)
    _check_count(load, requests)
    limits = _gate(options, fixed=_is_fixed(typed, options, expanded, wanted))
    goes_on = wanted is not None or (limits is not None and limits.measures)
    rounds = MOST_ROUNDS if goes_on else _rounds(options, usual, requests, starts)
    # held requests are traced: only a trace shows that they were held
    trace_share = 1.0 if expanded.held else _share(options.trace)
    scenario = Scenario(
        competitors=competitors,
        axis=asked.axis.name,
        condition_factor=None if asked.condition_factor is None else asked.condition_factor.name,
        baseline=parse_baseline(options.baseline, competitors, modes),
        url=destination.url,
        path=destination.path,
        headers=headers,
        body=body,
        duration_s=_duration_s(
            options, defaults, _shape_s(load, expanded), rounds, usual, goes_on=goes_on
        ),
        requests=requests,
        rounds=rounds,
        slice_s=_slice_s(options, interleaved=load is None and len(competitors) > 1),
        precision=wanted,
        gate=limits,
        warmup_s=_seconds("warmup", options.warmup, 0.2, low=0.0, high=3600.0),
        processes=_whole("processes", options.processes, 1, 256),
        stream=is_streamed(options),
        expect=_expect(options.expect),
        timeout_s=_seconds("timeout", options.timeout, 10.0, low=0.001, high=3600.0),
        max_body_bytes=parse_max_body(options.max_body),
        verify=options.verify,
        unix_path=parse_unix(options, traced=trace_share > 0),
        ca_file=parse_ca(options.ca, verify=options.verify),
        cert_file=certificate.cert_file,
        key_file=certificate.key_file,
        key_password=certificate.key_password,
        profile=profile,
        seed=_seed(options.seed),
        pin=options.pin,
        open_load=load,
        think_time_s=_think_time_s(options, load),
        trace_share=trace_share,
        error_budget=parse_budget(options.error_budget),
        preset=options.preset and options.preset.strip().lower(),
        held=expanded.held,
        steps=expanded.steps,
        endpoints=asked_for.endpoints,
        mixing=asked_for.mixing,
        variables=dict(asked_for.variables),
        recording=asked_for.recording,
    )
    if scenario.budget_s is not None:
        in_file = options.gate if wanted is None and options.budget is None else None
        check_budget(scenario.budget_s, _least_s(scenario), in_file)
    if scenario.gate is not None:
        applied(scenario.gate, competitors, scenario.baseline)
    return scenario


def _mixture(
    options: Options, destination: Destination, headers: Mapping[str, str], profile: Profile
) -> Mixture:
    """Return the endpoints of a scenario file, or those of recorded traffic."""
    if options.file is not None and options.file.recorded is not None:
        return recorded_mixture(options, headers)
    return mixture(options.file, destination, headers, profile)


def _check_one_request(options: Options) -> None:
    """Refuse options that describe the request of a run without endpoints."""
    for field in ("method", "body_size"):
        if options.values(FACTORS[field]):
            raise UsageError("each endpoint of the scenario has its own; expected none here", field)
    options.refuse("each endpoint of the scenario has its own; expected none here", "body")
    found = parse_url(options.url)
    if found.path != "/" or urlsplit(found.url or "/").path != "/":
        raise UsageError("has a path; expected only the server, since endpoints have paths", "url")


def _is_fixed(
    typed: Options, options: Options, expanded: Expansion, wanted: Precision | None
) -> bool:
    """Say whether something else than a gate sets how long to measure."""
    lengths = (expanded.held, expanded.steps or None, *_lengths(options).values())
    return (
        typed.command == "load"
        or typed.quick
        or typed.thorough
        or wanted is not None
        or typed.trace is not None
        or keeps_times(typed)
        or any(one is not None for one in lengths)
    )


def _gate(options: Options, *, fixed: bool) -> Gate | None:
    """Return the limits to keep; a run of a fixed length does not go on until they are decided."""
    if options.gate is None:
        return None
    found = gate(options.gate)
    budget_s = typed_budget_s(options)
    changes: dict[str, object] = {} if budget_s is None else {"budget_s": budget_s}
    if fixed and found.unclear == "measure":
        changes["unclear"] = "warn"
    made = found.model_copy(update=changes)
    if options.precision is None and not made.measures:
        options.refuse(GOES_ON, "budget")
    return made


def _least_s(scenario: Scenario) -> float:
    """Return the time, in s, of the rounds before the first check: by no chance, of no seed."""
    share = FIRST_LOOK / scenario.rounds
    changes = {"rounds": FIRST_LOOK, "duration_s": (scenario.duration_s or 0.0) * share}
    return make_plan(scenario.model_copy(update=changes)).expected_s


def _check_target_options(options: Options) -> None:
    """Raise ``UsageError`` for an option that needs a target started by us, if there is none."""
    if options.url is None or options.url.startswith("/"):
        return
    given = {one.name: getattr(options, one.name) for one in declared(Options) if one.ours_only}
    for factor in FACTORS.values():
        if factor.concerns == "target" and factor.name != "target":
            given[factor.name] = options.values(factor)
    for field, value in given.items():
        if value:
            raise UsageError(
                "applies to servers that clientbench starts, and the URL names a running one; "
                f"expected no {option(field)}",
                field,
            )


def _profile(text: str | None) -> Profile:
    known = get_args(Profile)
    if text is not None and text not in known:
        raise refusal("profile", text, " or ".join(known), known)
    return cast("Profile", text or known[0])


def _headers(
    options: Options, authorization: str | None, profile: Profile, body: bytes | None
) -> dict[str, str]:
    """Return the user's headers; in parity also those that clients would choose differently."""
    headers = parse_headers(
        options.header,
        options.headers,
        authorization,
        variables=options.header_env,
        environ=os.environ,
    )
    if profile == "defaults":
        return headers
    wanted = {"Accept-Encoding": "identity"}
    if body is not None or options.values(FACTORS["body_size"]):
        wanted["Content-Type"] = content_type(body or b"")
    given = {name.lower() for name in headers}
    return headers | {name: value for name, value in wanted.items() if name.lower() not in given}


def _shape_s(load: OpenLoad | None, expanded: Expansion) -> float | None:
    """Return the length of one round in s, if the load itself sets it."""
    if expanded.steps:
        return expanded.steps[-1][1]
    return load.shape_s if load is not None else None


def _lengths(options: Options) -> dict[str, object]:
    """Return the options that set how long to measure, by field; None where not given."""
    return {
        "duration": options.duration,
        "requests": options.requests,
        "rounds": options.rounds,
        "stage": options.stage or None,
    }


def _check_precision(typed: Options, has_length: bool, competitors: int) -> None:
    """Refuse options that contradict ``--precision``, and a run without ratios."""
    fixed = {
        **_lengths(typed),
        "trace": typed.trace,
        "preset": typed.preset if has_length else None,
    }
    for field, value in fixed.items():
        if value is not None:
            reason = "needs ratios" if field == "trace" else "decides how long to measure"
            raise UsageError(
                f"--precision {reason}; expected it without {option(field)}",
                field,
            )
    if competitors < 2:
        raise UsageError("needs a ratio; expected at least two clients", "precision")


def _duration_s(
    options: Options,
    defaults: Defaults,
    shape_s: float | None,
    rounds: int,
    usual: Length,
    *,
    goes_on: bool = False,
) -> float | None:
    """Return the measured time per entry in s; None if a number of requests ends the trial."""
    if shape_s is not None:
        for field in ("duration", "requests"):
            if getattr(options, field) is not None:
                raise UsageError(
                    f"the stages of the load set its length; expected no {option(field)}", field
                )
        return shape_s * rounds
    if options.requests is not None:
        if options.duration is not None:
            raise UsageError("both set the length; expected one of them", "duration", "requests")
        return None
    default = defaults.duration_s
    if options.command == "compare":
        of_environment = None if options.names_a_length else defaults.compare_duration_s
        default = of_environment or usual.duration_s
    if goes_on:  # each round is as long as those of the usual length
        return default * rounds / usual.rounds
    return _seconds("duration", options.duration, default, low=0.001, high=MAX_DURATION_S)


def _rounds(options: Options, usual: Length, requests: int | None, starts: int | None) -> int:
    """Return the rounds; by default, no more than there are requests."""
    few = min(number for number in (usual.rounds, requests, starts) if number is not None)
    return _whole("rounds", options.rounds, few, MOST_ROUNDS)


def _starts(
    options: Options, defaults: Defaults, load: OpenLoad | None, usual: Length
) -> int | None:
    """Return how many requests a constant rate starts in a given time; None for other loads."""
    if load is None or load.rate is None or options.requests is not None:
        return None
    duration_s = _duration_s(options, defaults, None, usual.rounds, usual) or 0.0
    starts = load.starts(round(duration_s * 1e9))
    if not starts:
        raise UsageError(
            f"{load.rate:g} requests per second start no request within {duration_s:g} s; "
            f"expected at least one, such as --duration {math.ceil(1 / load.rate)}",
            "rate",
            "duration",
        )
    return starts


def _check_count(load: OpenLoad | None, requests: int | None) -> None:
    """Refuse a number of requests that would take too long at this rate."""
    if load is None or load.rate is None or requests is None:
        return
    if requests / load.rate > MAX_DURATION_S:
        most = math.floor(load.rate * MAX_DURATION_S)
        raise UsageError(
            f"{requests:,} at {load.rate:g} per second take {requests / load.rate:.3g} s; "
            f"expected at most {MAX_DURATION_S:,.0f} s, that is {most:,} requests",
            "requests",
            "rate",
        )


def _slice_s(options: Options, *, interleaved: bool) -> float | None:
    """Return the slice in s; by default, only interleaved rounds are sliced.

    An open loop is not sliced: each slice would begin with empty queues.
    """
    if options.slice is None:
        return SLICE_S if interleaved else None
    return seconds("slice", options.slice, 0.005, 60.0)


def _think_time_s(options: Options, load: OpenLoad | None) -> float:
    if options.think_time is not None and load is not None:
        raise UsageError("applies to closed loops; expected no --rate or --stage", "think_time")
    return _seconds("think_time", options.think_time, 0.0, low=0.0, high=3600.0)


def _share(value: str | float | None) -> float:
    """Parse ``0.1`` or ``10%``: above 0, at most 1."""
    if value is None:
        return 0.0
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not 0 < number <= 1:
        raise refusal("trace", value, "a share above 0, at most 1, such as 0.1 or 10%")
    return number


def _expect(text: str | None) -> str:
    if text is None:
        return "200-399"
    parse_statuses(text)
    return "".join(text.split()).lower()


def _seed(value: str | int | None) -> int:
    if value is None:
        return secrets.randbelow(MAX_SEED + 1)
    return whole_number("seed", value, 0, MAX_SEED)


def _whole(field: str, value: str | int | None, default: _Default, high: int) -> int | _Default:
    return default if value is None else whole_number(field, value, 1, high)


def _seconds(
    field: str, value: str | float | None, default: float, *, low: float, high: float
) -> float:
    return default if value is None else seconds(field, value, low, high)
