"""Caddy as a load-balancing proxy."""

from __future__ import annotations

from collections.abc import Mapping

from servers.files import CERTIFICATE, KEY
from servers.own_configuration import Configurable
from servers.software import Executable, Image, Layout, render

__all__ = ["Caddy"]

CONFIGURATION = "Caddyfile"


class Caddy(Configurable):
    """Caddy as a proxy: it checks ``/health`` of each server once a second.

    It avoids servers to which it could not connect.
    """

    name = "caddy"
    is_proxy = True
    image = Image("caddy:2.10", "CLIENTBENCH_CADDY_IMAGE", ("caddy",))
    remedy = "install it (pip install 'clientbench[caddy]')"
    majors = (2,)
    configuration = CONFIGURATION
    listening = "http://{{ listen }} { bind {{ host }} … }"
    complaint = r'(?:^Error: |"error".*"msg":")(?:adapting config using caddyfile: )?(.+?)(?:"})?$'

    def find(self) -> Executable:
        """Find ``caddy`` on PATH, or next to our interpreter, where its wheel puts it."""
        return self.probe(self.on_path("caddy"), "version", pattern=r"v?(\d+\.[\w.]+)")

    def files(self, layout: Layout) -> dict[str, str]:
        """``Caddyfile``."""
        return {CONFIGURATION: render("Caddyfile.j2", layout, certificate=CERTIFICATE, key=KEY)}

    def command(self, layout: Layout) -> list[str]:
        """Return the arguments that run it in the foreground."""
        configuration = f"{layout.folder}/{CONFIGURATION}"
        return ["run", "--config", configuration, "--adapter", "caddyfile"]

    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """Return the text unchanged."""
        return {CONFIGURATION: text}

    def test_command(self, layout: Layout) -> list[str]:
        """Return the command line of ``caddy validate``."""
        return ["validate", *self.command(layout)[1:]]

    def own_environment(self, layout: Layout) -> Mapping[str, str]:
        """Give each server its own admin socket, because several may run at once."""
        return {"CADDY_ADMIN": f"unix/{layout.scratch}/admin.sock"}

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """Keep Caddy from writing to the user's folders."""
        return dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), layout.scratch)
