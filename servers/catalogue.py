"""Every target there is: what it is made of, and how it can run on this machine."""

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
# Our own; ``names`` has those of plug-ins as well.
NAMES = tuple(one.name for one in _ALL)


@cache
def _known() -> dict[str, Software]:
    """By name; plug-ins cannot take over ours."""
    return {one.name: one for one in plugged_in()} | {one.name: one for one in _ALL}


def names() -> tuple[str, ...]:
    """Of every target, ours first."""
    return (*NAMES, *(name for name in _known() if name not in NAMES))


def proxies() -> tuple[str, ...]:
    """Those that stand before others."""
    return tuple(name for name in names() if software(name).is_proxy)


def upstreams() -> tuple[str, ...]:
    """What a proxy may stand before."""
    return tuple(name for name in names() if software(name).reports)


def software(name: str) -> Software:
    """The software of that name. One that cannot be used says why when it is to be found."""
    return _known()[name]


def configurable() -> tuple[str, ...]:
    """What can be given a configuration of its user's."""
    return tuple(one.name for one in _ALL if _is_configurable(one))


def configured(spec: TargetSpec) -> Software:
    """The software that clients talk to. Raises ``TargetError`` for a configuration that cannot be used."""
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
    """How many CPUs its servers can keep busy at most; None: as many as there are.

    Proxies have a thread for each, and so has Docker's own that passes a published port on.
    """
    unlimited = spec.url or spec.config or spec.upstream or spec.runtime == "docker"
    if unlimited or not software(spec.name).single_threaded:
        return None
    return spec.instances
