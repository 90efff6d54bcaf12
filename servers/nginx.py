"""nginx as a fast origin and as a load-balancing proxy."""

from __future__ import annotations

import re
from types import MappingProxyType

from servers.files import CERTIFICATE, KEY
from servers.own_configuration import Configurable
from servers.software import Executable, Image, Layout, render

__all__ = ["Nginx", "NginxStatic"]

CONFIGURATION = "nginx.conf"
# Directives that may occur only once, and that clientbench sets.
_OURS = re.compile(r"(?m)^([ \t]*)(?:daemon|pid|worker_cpu_affinity)\s[^;]*;")
_LOG = re.compile(r"\b((?:access|error)_log\s+)([^\s;]+)")
_HTTP = re.compile(r"(?m)^[ \t]*http\s*\{")
_NO_FILE = ("off", "stderr", "syslog:", "memory:")
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
FILES = {"1k": 1 << 10, "10k": 10 << 10, "100k": 100 << 10, "1m": 1 << 20}


class Nginx(Configurable):
    """nginx as a proxy.

    The open-source edition notices a dead server only by failed requests (``max_fails``).
    """

    name = "nginx"
    is_proxy = True
    single_threaded = True
    image = Image("nginx:1.28.0", "CLIENTBENCH_NGINX_IMAGE", ("nginx",))
    remedy = "install it (Debian: apt-get install nginx-light)"
    majors = (1,)
    configuration = CONFIGURATION
    listening = "listen {{ listen }};"
    complaint = r"\[(?:emerg|alert|crit|error)\] (?:\d+#\d+: )?(.+)"

    def find(self) -> Executable:
        """Find ``nginx`` on PATH, or where Debian puts it."""
        return self.probe(self.on_path("nginx"), "-v", pattern=r"nginx/([\w.]+)")

    def files(self, layout: Layout) -> dict[str, str]:
        """``nginx.conf``."""
        return {
            CONFIGURATION: render("nginx.conf.j2", layout, certificate=CERTIFICATE, key=KEY),
        }

    def command(self, layout: Layout) -> list[str]:
        """Return the arguments: foreground, all paths below the layout's folders."""
        configuration = f"{layout.folder}/{CONFIGURATION}"
        return ["-e", "stderr", "-p", layout.folder, "-c", configuration]

    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """Set foreground and CPUs; put PID, logs and temporary files into ``scratch``."""
        kept = _OURS.sub(lambda found: found[1], text)
        logging = _LOG.sub(lambda found: found[1] + _log(found[2], layout.scratch), kept)
        added = [
            f"{name}_temp_path {layout.scratch}/{name};"
            for name in _TEMPORARY
            if f"{name}_temp_path" not in text
        ]
        if "access_log" not in text:  # otherwise it would write to a system file
            added.append(f"access_log {layout.scratch}/access.log;")
        words = " ".join(added)
        placed = _HTTP.sub(lambda found: f"{found[0]} {words} ", logging, count=1)
        return {CONFIGURATION: f"daemon off; pid {layout.scratch}/nginx.pid; {placed}"}

    def own_command(self, layout: Layout) -> list[str]:
        """Leave the prefix of modules and pages at nginx's default."""
        return ["-e", "stderr", "-c", f"{layout.folder}/{CONFIGURATION}"]

    def test_command(self, layout: Layout) -> list[str]:
        """Return the command line of ``nginx -t``."""
        return ["-t", "-q", *self.own_command(layout)]


class NginxStatic(Nginx):
    """nginx as an origin: ``return 200`` at ``/``, files of several sizes below ``/files/``."""

    name = "nginx-static"
    is_proxy = False
    takes_configuration = False  # the user's nginx may well be an origin
    routes = MappingProxyType({f"/files/{name}": size for name, size in FILES.items()})

    def files(self, layout: Layout) -> dict[str, str]:
        """Return ``nginx.conf`` and the files it serves."""
        served = {f"files/{name}": "x" * size for name, size in FILES.items()}
        return super().files(layout) | served


def _log(path: str, scratch: str) -> str:
    """Return the target of a log; one that is not a file stays."""
    if path.startswith((*_NO_FILE, f"{scratch}/")):
        return path
    return f"{scratch}/{path.rpartition('/')[2]}"
