"""nginx as a fast origin, and as a proxy that balances its load over several servers."""

from __future__ import annotations

from types import MappingProxyType

from servers.files import CERTIFICATE, KEY
from servers.software import Executable, Image, Layout, Software, render

__all__ = ["Nginx", "NginxStatic"]

CONFIGURATION = "nginx.conf"
FILES = {"1k": 1 << 10, "10k": 10 << 10, "100k": 100 << 10, "1m": 1 << 20}


class Nginx(Software):
    """A proxy. Its open-source edition notices a dead server only by a failed request (``max_fails``)."""

    name = "nginx"
    is_proxy = True
    single_threaded = True
    image = Image("nginx:1.28.0", "CLIENTBENCH_NGINX_IMAGE", ("nginx",))
    remedy = "install it (Debian: apt-get install nginx-light)"
    majors = (1,)

    def find(self) -> Executable:
        """``nginx`` on PATH, or where Debian keeps it."""
        return self.probe(self.on_path("nginx"), "-v", pattern=r"nginx/([\w.]+)")

    def files(self, layout: Layout) -> dict[str, str]:
        """``nginx.conf``."""
        return {
            CONFIGURATION: render("nginx.conf.j2", layout, certificate=CERTIFICATE, key=KEY),
        }

    def command(self, layout: Layout) -> list[str]:
        """In the foreground, everything below the layout's folders."""
        configuration = f"{layout.folder}/{CONFIGURATION}"
        return ["-e", "stderr", "-p", layout.folder, "-c", configuration]


class NginxStatic(Nginx):
    """An origin: ``return 200`` at ``/``, and files of some sizes below ``/files/``."""

    name = "nginx-static"
    is_proxy = False
    routes = MappingProxyType({f"/files/{name}": size for name, size in FILES.items()})

    def files(self, layout: Layout) -> dict[str, str]:
        """``nginx.conf`` and what it serves."""
        served = {f"files/{name}": "x" * size for name, size in FILES.items()}
        return super().files(layout) | served
