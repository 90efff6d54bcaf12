"""The specification of a target: plain data, the same in a scenario, on a pipe and in a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Literal

__all__ = ["DEFAULT_NAME", "EMBEDDED", "RUNTIMES", "Runtime", "TargetSpec"]

DEFAULT_NAME = "embedded"  # the default target

# docker: a bridge network, one port published; docker-host: the host's network.
Runtime = Literal["native", "docker", "docker-host"]
RUNTIMES: tuple[Runtime, ...] = ("native", "docker", "docker-host")


@dataclass(frozen=True)
class TargetSpec:
    """One target with every setting decided.

    ``instances``: worker processes of an origin, servers behind a proxy. ``upstream``: the software
    of these servers, empty for an origin. ``port`` 0: a free one. ``cpus`` empty: all.
    ``memory_bytes``: the limit of each container, 0 for none. ``url``: the user's own server.
    ``alias``: the user's name for it. ``config``: the path of the user's own configuration, empty
    for ours.
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
        """Return its name in results: two configurations of one program are two targets."""
        return self.alias if self.config else self.name

    @property
    def origin(self) -> str:
        """Return the name of the software that answers: behind a proxy that of its servers."""
        return self.upstream or self.name

    @property
    def factors(self) -> TargetSpec:
        """Return the fields that can be compared: the rest belongs to the run, or is a URL."""
        return TargetSpec(self.title, self.runtime, self.instances, self.tls, self.upstream)

    @property
    def told(self) -> TargetSpec:
        """Return the same without a path of this machine, to be stored and shown."""
        return replace(self, config=PurePath(self.config).name)

    def __str__(self) -> str:
        """Describe it, as in ``nginx in front of 3 × embedded (native, https)``."""
        behind = f" in front of {self.instances} × {self.upstream}" if self.upstream else ""
        several = f" × {self.instances}" if self.instances > 1 and not self.upstream else ""
        runtime = "" if self.name == "url" else f"{self.runtime}, "
        return f"{self.title}{several}{behind} ({runtime}{'https' if self.tls else 'http'})"

    def to_json(self) -> str:
        """Return one line that ``from_json`` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> TargetSpec:
        """Parse the line that ``to_json`` returned."""
        fields = json.loads(text)
        return cls(**{**fields, "cpus": tuple(fields["cpus"])})


EMBEDDED = TargetSpec()  # the default
