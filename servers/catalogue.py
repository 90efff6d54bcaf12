"""Every target there is: what it is made of, and how it can run on this machine."""

from __future__ import annotations

from servers.caddy import Caddy
from servers.embedded.software import Embedded
from servers.haproxy import Haproxy
from servers.httpbin import Httpbin
from servers.nginx import Nginx, NginxStatic
from servers.software import Software
from servers.traefik import Traefik

__all__ = ["NAMES", "PROXIES", "UPSTREAMS", "software"]

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
