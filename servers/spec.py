"""Which target, and how it is run: plain data, the same in a scenario, on a pipe and in a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Literal

__all__ = ["DEFAULT_NAME", "EMBEDDED", "RUNTIMES", "Runtime", "TargetSpec"]

DEFAULT_NAME = "embedded"  # the target unless the user says otherwise

# docker: a bridge network, one port published; docker-host: the host's network.
Runtime = Literal["native", "docker", "docker-host"]
RUNTIMES: tuple[Runtime, ...] = ("native", "docker", "docker-host")


@dataclass(frozen=True)
class TargetSpec:
    """One target with everything decided.

    ``instances``: worker processes of an origin, servers behind a proxy. ``upstream``: what these servers
    are, empty for an origin. ``port`` 0: a free one. ``cpus`` empty: all. ``memory_bytes`` 0: no limit,
    otherwise that of each container. ``url``: of a server that somebody else runs. ``alias``: what the user
    calls it. ``config``: the path of the user's own configuration, empty for ours.
    """

    name: str = DEFAULT_NAME
    runtime: Runtime = "native"
    instances: int = 1
    tls: bool = False
    upstream: str = ""
    port: int = 0
    cpus: tuple[int, ...] = ()
    memory_bytes: int = 0
    url: str = ""
    alias: str = ""
    config: str = ""

    @property
    def title(self) -> str:
        """What tells it from others in results: two configurations of one program are two targets."""
        return self.alias if self.config else self.name

    @property
    def factors(self) -> TargetSpec:
        """What can be compared: the rest belongs to the run as a whole, or names somebody's server."""
        return TargetSpec(self.title, self.runtime, self.instances, self.tls, self.upstream)

    @property
    def told(self) -> TargetSpec:
        """The same without a path of this machine: what is stored and shown."""
        return replace(self, config=PurePath(self.config).name)

    def __str__(self) -> str:
        """``nginx before 3 × embedded (native, https)``."""
        behind = f" before {self.instances} × {self.upstream}" if self.upstream else ""
        several = f" × {self.instances}" if self.instances > 1 and not self.upstream else ""
        runtime = "" if self.name == "url" else f"{self.runtime}, "
        return f"{self.title}{several}{behind} ({runtime}{'https' if self.tls else 'http'})"

    def to_json(self) -> str:
        """One line that ``from_json`` turns back into this."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> TargetSpec:
        """Read what ``to_json`` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "cpus": tuple(fields["cpus"])})


EMBEDDED = TargetSpec()  # what is measured against unless the user says otherwise
