"""Reads the scenario files of go-hammer, a load generator in Go.

Differences from it:

* Exactly ``tps`` × ``duration`` requests are sent, spread evenly over a schedule that does not
  drift. There those of a second start at its beginning, which is ``--arrivals burst`` here.
* ``hammer`` names the kind of requests, of which there is one, HTTPHammer; there it is not looked
  at. Each request starts on its own; with ``"start": "fixed-workers"``, a key of ours, ``tps``
  workers that live for the whole run start them, a design that its author considered.
* ``headers`` may be JSON text, as with its flag; a mistake in it is an error, there it is swallowed.
* A latency includes the body of the answer, and the cause of an error is kept.
* No more than twice the ``tps`` (100 if that is less) are in flight; what is beyond is dropped, and
  counted.
* A payload of a GET is not sent, since clients differ in that.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from harness.input.foreign_source import Asked, GoTable, Source, endpoint_texts
from harness.input.scenario_texts import Place, ScenarioFile
from harness.redaction import quoted
from harness.scenario.loads import STARTERS
from harness.scenario.numbers import MAX_DURATION_S
from harness.text import meant

__all__ = ["scenario"]

CLIENT = "pycurl"  # the fastest, if nobody names one
HAMMER = "HTTPHammer"
FEWEST_IN_FLIGHT = 100
MOST_IN_FLIGHT = 10_000
MOST_TPS = 10_000_000
FIXED, PER_REQUEST = STARTERS
_KEYS = {"url": "endpoint", "path": "endpoint", "body": "payload"}
_KEYS_AT_TOP = {
    "rate": "tps",
    "concurrency": "tps",
    "max-in-flight": "tps",
    "duration": "duration",
    "start": "start",
}


class HammerConfig(GoTable):
    """Its ``hammerConfig``."""

    endpoint: str = Field(min_length=1)
    method: str = "GET"
    payload: str = ""
    headers: dict[str, str] | str = ""


class Config(GoTable):
    """The whole file."""

    duration: int = Field(ge=1, le=int(MAX_DURATION_S))
    tps: int = Field(ge=1, le=MOST_TPS)
    hammer: str = HAMMER
    start: str = PER_REQUEST
    hammer_config: HammerConfig = Field(alias="hammerConfig")

    @classmethod
    def table_at(cls, key: str) -> type[GoTable] | None:
        """Return what is in the table below one of its keys."""
        return HammerConfig if key == "hammerConfig" else None


def scenario(source: Source) -> ScenarioFile:
    """Return the scenario that a file describes. Raises ``UsageError``."""
    config = source.checked(Config)
    for key, value, known in (
        ("hammer", config.hammer or HAMMER, (HAMMER,)),
        ("start", config.start, STARTERS),
    ):
        if value not in known:
            accepted = f"{meant(value, known)}expected {' or '.join(known)}"
            source.refuse(key, f"{quoted(value)} is not valid; {accepted}")
    own = config.hammer_config
    asked = Asked(
        place="hammerConfig.endpoint",
        url=own.endpoint,
        method=own.method or "GET",
        headers=_headers(source, own.headers),
        body=own.payload,
        body_place="hammerConfig.payload",
    )
    server, endpoints, notes = endpoint_texts(source, [asked])
    typed: dict[str, Any] = {
        "url": server,
        "rate": config.tps,
        "duration": config.duration,
        "start": config.start,
        "warmup": 0,
        **_workers(config),
    }
    return ScenarioFile(
        source.name,
        source.text,
        source.path,
        typed,
        None,
        endpoints,
        {},
        told=_told,
        client=CLIENT,
        notes=notes,
    )


def _workers(config: Config) -> dict[str, int]:
    if config.start == FIXED:
        return {"concurrency": config.tps}
    wanted = min(max(2 * config.tps, FEWEST_IN_FLIGHT), MOST_IN_FLIGHT)
    return {"max_in_flight": min(wanted, config.tps * config.duration)}


def _headers(source: Source, given: dict[str, str] | str) -> dict[str, str]:
    """Return headers that may be JSON in JSON, as its flag has them."""
    if not isinstance(given, str):
        return given
    place, accepted = "hammerConfig.headers", 'expected an object such as {"name": "value"}'
    try:
        found = json.loads(given) if given.strip() else {}
    except (ValueError, RecursionError) as error:
        source.refuse(place, f"is no JSON ({error}); {accepted}")
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        source.refuse(place, f"is not valid; {accepted}")
    return found


def _told(text: str, place: Place) -> str:
    """Return the key of a file that became what is at ``place`` of a scenario."""
    del text
    first, *_ = place
    if first != "endpoint":
        return _KEYS_AT_TOP.get(str(first), "hammerConfig.endpoint")
    key = str(place[2]) if len(place) > 2 else ""
    return f"hammerConfig.{_KEYS.get(key, key)}" if key else "hammerConfig"
