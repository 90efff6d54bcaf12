"""The list of all targets, built-in and plugged in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from servers.caddy import Caddy
from servers.embedded.software import Embedded
from servers.haproxy import Haproxy
from servers.httpbin import Httpbin
from servers.nginx import Nginx, NginxStatic
from servers.own_configuration import Configurable, OwnConfiguration
from servers.plugins import plugged_in
from servers.software import Software
from servers.spec import TargetSpec
from servers.traefik import Traefik
from servers.user_template import UserTemplate

__all__ = [
    "NAMES",
    "configurable",
    "configured",
    "most_cpus",
    "names",
    "proxies",
    "software",
    "upstreams",
]

_ALL: tuple[Software, ...] = (
    Embedded(),
    Httpbin(),
    NginxStatic(),
    Nginx(),
    Traefik(),
    Haproxy(),
    Caddy(),
)
# Built-in targets; ``names`` includes plug-ins.
NAMES = tuple(one.name for one in _ALL)


@cache
def _known() -> dict[str, Software]:
    """Return all software by name; plug-ins cannot replace built-in ones."""
    return {one.name: one for one in plugged_in()} | {one.name: one for one in _ALL}


def names() -> tuple[str, ...]:
    """Return the names of all targets, built-in ones first."""
    return (*NAMES, *(name for name in _known() if name not in NAMES))


def proxies() -> tuple[str, ...]:
    """Return the names of the proxies."""
    return tuple(name for name in names() if software(name).is_proxy)


def upstreams() -> tuple[str, ...]:
    """Return the names of the origins, which a proxy can forward to."""
    return tuple(name for name in names() if software(name).reports)


def software(name: str) -> Software:
    """Return the software of that name. A broken plug-in reports its error when it is located."""
    return _known()[name]


def configurable() -> tuple[str, ...]:
    """Return the names of software that accepts the user's own configuration."""
    return tuple(one.name for one in _ALL if _is_configurable(one))


def configured(spec: TargetSpec) -> Software:
    """Return the software that clients connect to.

    Raises ``TargetError`` for a configuration that cannot be used.
    """
    kind = software(spec.name)
    if not spec.config:
        return kind
    assert isinstance(kind, Configurable)
    template = UserTemplate(Path(spec.config))
    own = OwnConfiguration(kind, template, is_proxy=bool(spec.upstream))
    own.check_address(spec.port)
    return own


def _is_configurable(kind: Software) -> bool:
    return isinstance(kind, Configurable) and kind.takes_configuration


def most_cpus(spec: TargetSpec) -> int | None:
    """Return the most CPUs that its servers can keep busy; None: all.

    Proxies have a thread for each CPU, and so has Docker's own proxy of a published port.
    """
    unlimited = spec.url or spec.config or spec.upstream or spec.runtime == "docker"
    if unlimited or not software(spec.name).single_threaded:
        return None
    return spec.instances
