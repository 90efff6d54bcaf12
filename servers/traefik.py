"""Traefik as a load-balancing proxy."""

from __future__ import annotations

from servers.base import TargetError
from servers.files import CERTIFICATE, KEY
from servers.own_configuration import Configurable
from servers.software import Executable, Image, Layout, render

__all__ = ["Traefik"]

STATIC, DYNAMIC = "traefik.yml", "dynamic.yml"

# Sections of Traefik's dynamic configuration; all others are static.
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
    """Traefik as a proxy: it checks ``/health`` of each server once a second.

    If it cannot connect to a server, it tries another one.
    """

    name = "traefik"
    is_proxy = True
    image = Image("traefik:v3.6", "CLIENTBENCH_TRAEFIK_IMAGE", ("traefik",))
    remedy = "put the program of a v3 release, from its project's page, on PATH"
    majors = (3,)
    configuration = STATIC
    listening = 'address: "{{ listen }}"'

    def find(self) -> Executable:
        """Find ``traefik`` on PATH."""
        pattern = r"Version:\s+v?(\d+\.[\w.]+)"
        return self.probe(self.on_path("traefik"), "version", pattern=pattern)

    def files(self, layout: Layout) -> dict[str, str]:
        """Return the static and the dynamic configuration."""
        return {
            STATIC: render("traefik.yml.j2", layout, dynamic=DYNAMIC),
            DYNAMIC: render("traefik-dynamic.yml.j2", layout, certificate=CERTIFICATE, key=KEY),
        }

    def command(self, layout: Layout) -> list[str]:
        """Return the arguments; it runs in the foreground anyway."""
        return [f"--configFile={layout.folder}/{STATIC}"]

    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """Split the user's file into static and dynamic sections: a provider reads the latter.

        Raises ``TargetError`` for dynamic sections beside providers of the user's own.
        """
        static, dynamic, found = [], [], set()
        section = ""
        for line in text.split("\n"):
            if line[:1].isalpha():
                section = line.partition(":")[0].strip()
                found.add(section)
            is_dynamic = section in DYNAMIC_SECTIONS
            static.append("" if is_dynamic else line)
            dynamic.append(line if is_dynamic else "")
        unread = sorted(DYNAMIC_SECTIONS & found)
        if unread and "providers" in found:
            raise TargetError(
                f"no provider would read {', '.join(f'{one}:' for one in unread)} beside providers:; "
                "leave out providers:, or move that to a file which it names"
            )
        added = "" if "global" in found else _PRIVATE
        if "providers" not in found:
            added += _PROVIDED.format(folder=layout.folder, dynamic=DYNAMIC)
        return {STATIC: "\n".join(static) + added, DYNAMIC: "\n".join(dynamic)}
