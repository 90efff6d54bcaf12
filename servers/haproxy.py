"""HAProxy as a proxy that balances its load over several servers."""

from __future__ import annotations

from servers.files import CERTIFICATE
from servers.software import Executable, Image, Layout, Software, render

__all__ = ["Haproxy"]

CONFIGURATION = "haproxy.cfg"


class Haproxy(Software):
    """It asks each server for ``/health`` once a second, and tries another one if it cannot connect."""

    name = "haproxy"
    is_proxy = True
    keeps_user = True  # it goes back to its folder by the whole path, which is closed to others
    image = Image("haproxy:3.0", "CLIENTBENCH_HAPROXY_IMAGE", ("haproxy",))
    remedy = "install it (Debian: apt-get install haproxy)"
    majors = (2, 3)

    def find(self) -> Executable:
        """``haproxy`` on PATH."""
        return self.probe(self.on_path("haproxy"), "-v", pattern=r"[Vv]ersion (\d+\.[\w.]+)")

    def files(self, layout: Layout) -> dict[str, str]:
        """``haproxy.cfg``."""
        return {CONFIGURATION: render("haproxy.cfg.j2", layout, certificate=CERTIFICATE)}

    def command(self, layout: Layout) -> list[str]:
        """In the foreground, as one process."""
        return ["-db", "-f", f"{layout.folder}/{CONFIGURATION}"]
