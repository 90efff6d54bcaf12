"""Traefik as a proxy that balances its load over several servers."""

from __future__ import annotations

from servers.files import CERTIFICATE, KEY
from servers.own_configuration import Configurable
from servers.software import Executable, Image, Layout, render

__all__ = ["Traefik"]

STATIC, DYNAMIC = "traefik.yml", "dynamic.yml"


# Sections of what Traefik calls the dynamic configuration; all others are the static one's.
DYNAMIC_SECTIONS = frozenset({"http", "tcp", "tls", "udp"})
_PRIVATE = """
global:
  checkNewVersion: false
  sendAnonymousUsage: false
"""
_PROVIDED = """
providers:
  file:
    filename: "{folder}/{dynamic}"
    watch: false
"""


class Traefik(Configurable):
    """It asks each server for ``/health`` once a second, and tries another one if it cannot connect."""

    name = "traefik"
    is_proxy = True
    image = Image("traefik:v3.6", "CLIENTBENCH_TRAEFIK_IMAGE", ("traefik",))
    remedy = "put the program of a v3 release, from its project's page, on PATH"
    majors = (3,)
    configuration = STATIC
    listening = 'address: "{{ listen }}"'

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

    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """Static and dynamic sections, which stand in one file, apart: a provider reads the latter."""
        static, dynamic, found = [], [], set()
        section = ""
        for line in text.split("\n"):
            if line[:1].isalpha():
                section = line.partition(":")[0].strip()
                found.add(section)
            is_dynamic = section in DYNAMIC_SECTIONS
            static.append("" if is_dynamic else line)
            dynamic.append(line if is_dynamic else "")
        added = "" if "global" in found else _PRIVATE
        if "providers" not in found:
            added += _PROVIDED.format(folder=layout.folder, dynamic=DYNAMIC)
        return {STATIC: "\n".join(static) + added, DYNAMIC: "\n".join(dynamic)}
