"""Traefik as a proxy that balances its load over several servers."""

from __future__ import annotations

from servers.files import CERTIFICATE, KEY
from servers.software import Executable, Image, Layout, Software, render

__all__ = ["Traefik"]

STATIC, DYNAMIC = "traefik.yml", "dynamic.yml"


class Traefik(Software):
    """It asks each server for ``/health`` once a second, and tries another one if it cannot connect."""

    name = "traefik"
    is_proxy = True
    image = Image("traefik:v3.6", "CLIENTBENCH_TRAEFIK_IMAGE", ("traefik",))
    remedy = "put the program of a v3 release, from its project's page, on PATH"
    majors = (3,)

    def find(self) -> Executable:
        """``traefik`` on PATH."""
        pattern = r"Version:\s+v?(\d+\.[\w.]+)"
        return self.probe(self.on_path("traefik"), "version", pattern=pattern)

    def files(self, layout: Layout) -> dict[str, str]:
        """What it is, and whom it passes requests on to."""
        return {
            STATIC: render("traefik.yml.j2", layout, dynamic=DYNAMIC),
            DYNAMIC: render("traefik-dynamic.yml.j2", layout, certificate=CERTIFICATE, key=KEY),
        }

    def command(self, layout: Layout) -> list[str]:
        """In the foreground, as it always is."""
        return [f"--configFile={layout.folder}/{STATIC}"]
