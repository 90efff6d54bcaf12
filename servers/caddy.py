"""Caddy as a proxy that balances its load over several servers."""

from __future__ import annotations

from collections.abc import Mapping

from servers.files import CERTIFICATE, KEY
from servers.software import Executable, Image, Layout, Software, render

__all__ = ["Caddy"]

CONFIGURATION = "Caddyfile"


class Caddy(Software):
    """It asks each server for ``/health`` once a second, and avoids one that it could not connect to."""

    name = "caddy"
    is_proxy = True
    image = Image("caddy:2.10", "CLIENTBENCH_CADDY_IMAGE", ("caddy",))
    remedy = "install it (pip install 'clientbench[caddy]')"
    majors = (2,)

    def find(self) -> Executable:
        """``caddy`` on PATH, or beside our interpreter where its wheel puts it."""
        return self.probe(self.on_path("caddy"), "version", pattern=r"v?(\d+\.[\w.]+)")

    def files(self, layout: Layout) -> dict[str, str]:
        """``Caddyfile``."""
        return {CONFIGURATION: render("Caddyfile.j2", layout, certificate=CERTIFICATE, key=KEY)}

    def command(self, layout: Layout) -> list[str]:
        """In the foreground."""
        configuration = f"{layout.folder}/{CONFIGURATION}"
        return ["run", "--config", configuration, "--adapter", "caddyfile"]

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """Nothing is written to the user's folders."""
        return dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), layout.scratch)
