"""Reads the configuration files of heyyall, a load generator in Go, by its rules.

Where its behaviour depends on rounding or chance, ours is exact:

* Requests, rate and workers are divided by largest remainder, so that they sum to what the file
  says; there each share is rounded up.
* ``RqstRate`` is a schedule, which slow answers do not delay; there each worker sleeps after an
  answer. A run takes as long as it says.
* Every worker reuses its connection, and a body is sent anew with each request; there it is spent
  by a worker's first one.
* An answer that comes late or not at all is an error that is counted; there the worker ends.
* An endpoint without percent is refused, as are keys that nobody knows; there nothing is sent, and
  such keys are not seen.
* ``NumRequests`` of endpoints counts where no endpoint has ``RqstPercent``; there it never does.
* There is no limit of 1,000,000 requests or 3 hours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import Field

from harness.input.declaration import declared
from harness.input.foreign_source import Asked, GoTable, Source, endpoint_texts
from harness.input.options import Options
from harness.input.scenario_texts import Place, ScenarioFile
from harness.redaction import quoted
from harness.scenario.numbers import MAX_DURATION_S

__all__ = ["scenario"]

CLIENT = "pycurl"  # the fastest, if nobody names one
TIMEOUT_S = 15  # of its requests
HUNDRED = 100
LEAST_S = Decimal("0.001")
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
_DURATION = re.compile(rf"\+?((?:{_PART.pattern})+|0)")
_SECONDS = {
    "ns": Decimal("1e-9"),
    **dict.fromkeys(("us", "\u00b5s", "\u03bcs"), Decimal("1e-6")),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_KEYS = {
    "url": "URL",
    "path": "URL",
    "method": "Method",
    "headers": "Headers",
    "body": "RqstBody",
    "share": "RqstPercent",
    "requests": "NumRequests",
}
_KEYS_AT_TOP = {
    "rate": "RqstRate",
    "concurrency": "MaxConcurrentRqsts",
    "duration": "RunDuration",
    "requests": "NumRequests",
    "cert": "CertFile",
    "key": "KeyFile",
}


class EndpointOf(GoTable):
    """One of ``Endpoints``."""

    url: str = Field(default="", alias="URL")
    method: str = Field(default="", alias="Method")
    body: str = Field(default="", alias="RqstBody")
    percent: int = Field(default=0, alias="RqstPercent", ge=0, le=HUNDRED)
    requests: int = Field(default=0, alias="NumRequests", ge=0)
    cert: str = Field(default="", alias="CertFile")
    key: str = Field(default="", alias="KeyFile")
    headers: dict[str, str] = Field(default={}, alias="Headers")


class Config(GoTable):
    """The whole file."""

    rate: int = Field(default=0, alias="RqstRate", ge=0)
    concurrency: int = Field(default=0, alias="MaxConcurrentRqsts", ge=0)
    duration: str = Field(default="0s", alias="RunDuration")
    requests: int = Field(default=0, alias="NumRequests", ge=0)
    cert: str = Field(default="", alias="CertFile")
    key: str = Field(default="", alias="KeyFile")
    output: str = Field(default="", alias="OutputType")  # in its examples, without a meaning
    endpoints: list[EndpointOf] = Field(alias="Endpoints", min_length=1)

    @classmethod
    def table_at(cls, key: str) -> type[GoTable] | None:
        """Return what is in the tables below one of its keys."""
        return EndpointOf if key == "Endpoints" else None


def scenario(source: Source) -> ScenarioFile:
    """Return the scenario that a file describes. Raises ``UsageError``."""
    config = source.checked(Config)
    seconds = _seconds(source, config.duration)
    exact = _counts(source, config)
    total = exact or config.requests
    _check_length(source, config, seconds, total)
    _check_workers(source, config, total)
    for number, one in enumerate(config.endpoints, 1):
        for key, text in (("URL", one.url), ("Method", one.method)):
            if not text:
                source.refuse(f"Endpoints[{number}].{key}", "is missing; expected one")
    asked = [
        _asked(number, one, is_exact=bool(exact)) for number, one in enumerate(config.endpoints, 1)
    ]
    server, endpoints, notes = endpoint_texts(source, asked)
    typed: dict[str, Any] = {
        "url": server,
        "concurrency": config.concurrency,
        "timeout": TIMEOUT_S,
        "warmup": 0,
        **_certificate(source, config),
    }
    if config.rate:
        typed["rate"] = config.rate
    if total:
        typed["requests"] = total
    else:
        typed["duration"] = f"{seconds:f}"
    if not exact and any(one.requests for one in config.endpoints):
        notes = (*notes, "has NumRequests of endpoints, not used: RqstPercent divides the requests")
    return ScenarioFile(
        source.name,
        source.text,
        source.path,
        typed,
        "dedicated",
        endpoints,
        {},
        told=_told,
        client=CLIENT,
        notes=notes,
    )


def _asked(number: int, one: EndpointOf, *, is_exact: bool) -> Asked:
    place = f"Endpoints[{number}]"
    return Asked(
        place=f"{place}.URL",
        url=one.url,
        method=one.method,
        headers=one.headers,
        body=one.body,
        body_place=f"{place}.RqstBody",
        share=None if is_exact else one.percent,
        requests=one.requests if is_exact else None,
    )


def _told(text: str, place: Place) -> str:
    """Return the key of a file that became what is at ``place`` of a scenario."""
    del text
    first, *within = place
    if not within:
        return _KEYS_AT_TOP.get(str(first), "Endpoints")
    number, *rest = within
    key = _KEYS.get(str(rest[0]), "") if rest else ""
    return f"Endpoints[{int(number) + 1}]" + (f".{key}" if key else "")


def _seconds(source: Source, text: str) -> Decimal:
    """Parse a duration as Go writes it, such as ``10s`` or ``1m30s``."""
    if not _DURATION.fullmatch(text.strip()):
        source.refuse(
            "RunDuration", f"{quoted(text)} is not valid; expected such as 10s, 1m30s, or 0s"
        )
    found = sum(
        (Decimal(number) * _SECONDS[unit] for number, unit in _PART.findall(text)), Decimal(0)
    )
    if found and not LEAST_S <= found <= Decimal(MAX_DURATION_S):
        source.refuse(
            "RunDuration", f"{quoted(text)} is not valid; expected 1ms to {MAX_DURATION_S:.0f}s"
        )
    return found


def _counts(source: Source, config: Config) -> int:
    """Return how many requests the endpoints name exactly; 0 if their percents divide them.

    Raises ``UsageError`` if the percents do not sum to 100.
    """
    percents = [one.percent for one in config.endpoints]
    if not any(percents) and all(one.requests for one in config.endpoints):
        total = sum(one.requests for one in config.endpoints)
        if config.requests not in (0, total):
            source.refuse(
                "NumRequests", f"is {config.requests}, and those of the endpoints sum to {total}"
            )
        return total
    if sum(percents) != HUNDRED:
        source.refuse("Endpoints", f"RqstPercent sums to {sum(percents)}; expected 100")
    if 0 in percents:
        place = f"Endpoints[{percents.index(0) + 1}].RqstPercent"
        source.refuse(place, "is 0, so nothing would be sent there; expected 1 to 100")
    return 0


def _check_length(source: Source, config: Config, seconds: Decimal, total: int) -> None:
    if seconds and total:
        source.refuse(
            "NumRequests",
            f"is {total}, and RunDuration {quoted(config.duration)}; expected one of them to be 0",
        )
    if not seconds and not total:
        source.refuse("NumRequests", "is 0, and RunDuration too; expected one of them above 0")


def _check_workers(source: Source, config: Config, total: int) -> None:
    """Check that each endpoint can have a worker, and each worker a request."""
    endpoints, workers = len(config.endpoints), config.concurrency
    if workers < endpoints:
        source.refuse(
            "MaxConcurrentRqsts",
            f"is {workers}; expected at least {endpoints}, one for each of the Endpoints",
        )
    if 0 < total < workers:
        source.refuse("NumRequests", f"is {total}; expected at least MaxConcurrentRqsts, {workers}")


def _certificate(source: Source, config: Config) -> dict[str, str]:
    """Return the options of the client certificate that all endpoints have."""
    own = (config.cert, config.key)
    _check_pair(source, "", own)
    pairs = []
    for number, one in enumerate(config.endpoints, 1):
        pair = (one.cert, one.key) if one.cert or one.key else own
        _check_pair(source, f"Endpoints[{number}].", pair)
        pairs.append(pair)
    found, *others = dict.fromkeys(pairs)
    if others:
        number = 1 + next(place for place, pair in enumerate(pairs) if pair != found)
        source.refuse(
            f"Endpoints[{number}].CertFile",
            "differs from that of other endpoints; expected one certificate for all of them",
        )
    if found == ("", ""):
        return {}
    if not {"cert", "key"} <= {one.name for one in declared(Options)}:
        source.refuse("CertFile", "clients cannot send certificates yet; expected none")
    # as there, they are found from where we are
    return {"cert": found[0], "key": found[1]}


def _check_pair(source: Source, place: str, pair: Sequence[str]) -> None:
    for missing, given in ((0, 1), (1, 0)):
        if pair[given] and not pair[missing]:
            keys = ("CertFile", "KeyFile")
            source.refuse(f"{place}{keys[missing]}", f"is missing; {keys[given]} needs it")
