"""Caddy as a proxy that balances its load over several servers."""

from __future__ import annotations

from collections.abc import Mapping

from servers.files import CERTIFICATE, KEY
from servers.own_configuration import Configurable
from servers.software import Executable, Image, Layout, render

__all__ = ["Caddy"]

CONFIGURATION = "Caddyfile"


class Caddy(Configurable):
    """It asks each server for ``/health`` once a second, and avoids one that it could not connect to."""

    name = "caddy"
    is_proxy = True
    image = Image("caddy:2.10", "CLIENTBENCH_CADDY_IMAGE", ("caddy",))
    remedy = "install it (pip install 'clientbench[caddy]')"
    majors = (2,)
    configuration = CONFIGURATION
    listening = "http://{{ listen }} { bind {{ host }} … }"
    complaint = r'(?:^Error: |"error".*"msg":")(?:adapting config using caddyfile: )?(.+?)(?:"})?$'

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

    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """As it is."""
        return {CONFIGURATION: text}

    def test_command(self, layout: Layout) -> list[str]:
        """``caddy validate``."""
        return ["validate", *self.command(layout)[1:]]

    def own_environment(self, layout: Layout) -> Mapping[str, str]:
        """Several may run at once, and each has a socket for its administrator unless told otherwise."""
        return {"CADDY_ADMIN": f"unix/{layout.scratch}/admin.sock"}

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """Nothing is written to the user's folders."""
        return dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), layout.scratch)
