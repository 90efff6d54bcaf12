"""Every target there is: what it is made of, and how it can run on this machine."""

from __future__ import annotations

from servers.caddy import Caddy
from servers.embedded.software import Embedded
from servers.haproxy import Haproxy
from servers.httpbin import Httpbin
from servers.nginx import Nginx, NginxStatic
from servers.software import Software
from servers.spec import TargetSpec
from servers.traefik import Traefik

__all__ = ["NAMES", "PROXIES", "UPSTREAMS", "most_cpus", "software"]

_ALL: tuple[Software, ...] = (
    Embedded(),
    Httpbin(),
    NginxStatic(),
    Nginx(),
    Traefik(),
    Haproxy(),
    Caddy(),
)
_BY_NAME = {one.name: one for one in _ALL}

NAMES = tuple(_BY_NAME)
PROXIES = tuple(one.name for one in _ALL if one.is_proxy)
UPSTREAMS = tuple(one.name for one in _ALL if one.reports)  # what a proxy may stand before


def software(name: str) -> Software:
    """The software of that name."""
    return _BY_NAME[name]


def most_cpus(spec: TargetSpec) -> int | None:
    """How many CPUs its servers can keep busy at most; None: as many as there are.

    Proxies have a thread for each, and so has Docker's own that passes a published port on.
    """
    unlimited = spec.url or spec.upstream or spec.runtime == "docker"
    if unlimited or not software(spec.name).single_threaded:
        return None
    return spec.instances
