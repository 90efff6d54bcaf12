"""Competitors: clients, and the load and request of each."""

from __future__ import annotations

from pydantic import Field

from adapters.base import Connections
from harness.records.conditions import InCondition
from harness.scenario.methods import MAX_BODY_BYTES
from harness.scenario.plain import Plain
from harness.scenario.selector import ClientSpec
from servers.spec import EMBEDDED, TargetSpec

__all__ = ["Competitor"]


class Competitor(Plain, InCondition):
    """One competitor: a client with its load, request and target."""

    label: str  # as tables name it; unique in its scenario
    client: ClientSpec
    method: str
    body_bytes: int = Field(ge=0, le=MAX_BODY_BYTES)  # every request's
    concurrency: int = Field(ge=1)
    target: TargetSpec = EMBEDDED
    connection: Connections = "keep-alive"  # how its requests use them
    # The level of the factor that clients are crossed with, as labels have it; None: there is none.
    condition: str | None = None
    # CPU time wasted after each request, as a share of the request's own: so the self-test makes a
    # client slower by a known amount. None: nothing is wasted.
    busy_share: float | None = Field(default=None, ge=0)
