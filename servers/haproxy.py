"""HAProxy as a proxy that balances its load over several servers."""

from __future__ import annotations

import re

from servers.files import CERTIFICATE
from servers.own_configuration import Configurable
from servers.software import Executable, Image, Layout, render

__all__ = ["Haproxy"]

CONFIGURATION = "haproxy.cfg"
# Words of its section ``global`` that are for us to say.
OURS = frozenset(
    {
        *("chroot", "cpu-map", "daemon", "gid", "group", "master-worker", "pidfile", "uid"),
        *("unix-bind", "user"),
    }
)
# That end it, as far as they are common.
SECTIONS = frozenset(
    {
        *(
            "backend",
            "cache",
            "defaults",
            "frontend",
            "global",
            "http-errors",
            "listen",
            "log-forward",
        ),
        *("mailers", "peers", "program", "resolvers", "ring", "userlist"),
    }
)
_SOCKET = re.compile(r"^(\s*stats\s+socket\s+)/\S+")


class Haproxy(Configurable):
    """It asks each server for ``/health`` once a second, and tries another one if it cannot connect."""

    name = "haproxy"
    is_proxy = True
    keeps_user = True  # it goes back to its folder by the whole path, which is closed to others
    image = Image("haproxy:3.0", "CLIENTBENCH_HAPROXY_IMAGE", ("haproxy",))
    remedy = "install it (Debian: apt-get install haproxy)"
    majors = (2, 3)
    configuration = CONFIGURATION
    listening = "bind {{ listen }}"
    complaint = r"\[ALERT\].*? : (?:config : )?(?:parsing )?(.+)"

    def find(self) -> Executable:
        """``haproxy`` on PATH."""
        return self.probe(self.on_path("haproxy"), "-v", pattern=r"[Vv]ersion (\d+\.[\w.]+)")

    def files(self, layout: Layout) -> dict[str, str]:
        """``haproxy.cfg``."""
        return {CONFIGURATION: render("haproxy.cfg.j2", layout, certificate=CERTIFICATE)}

    def command(self, layout: Layout) -> list[str]:
        """In the foreground, as one process."""
        return ["-db", "-f", f"{layout.folder}/{CONFIGURATION}"]

    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """Its own account and CPUs; sockets for its administrator in ``scratch``."""
        section, lines = "", []
        for number, line in enumerate(text.split("\n"), 1):
            word = line.split()[0] if line.strip() else ""
            section = word if word in SECTIONS else section
            if section != "global":
                lines.append(line)
            elif word not in OURS:
                socket = rf"\g<1>{layout.scratch}/{number}.sock"
                lines.append(_SOCKET.sub(socket, line))
            else:
                lines.append("")
        return {CONFIGURATION: "\n".join(lines)}

    def test_command(self, layout: Layout) -> list[str]:
        """``haproxy -c``."""
        return ["-c", *self.command(layout)]
