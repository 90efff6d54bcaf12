"""HAProxy as a load-balancing proxy."""

from __future__ import annotations

import re

from servers.files import CERTIFICATE
from servers.own_configuration import Configurable
from servers.software import Executable, Image, Layout, render

__all__ = ["Haproxy"]

CONFIGURATION = "haproxy.cfg"
# Keywords of its section ``global`` that clientbench sets.
OURS = frozenset(
    {
        "chroot",
        "cpu-map",
        "daemon",
        "gid",
        "group",
        "master-worker",
        "pidfile",
        "uid",
        "unix-bind",
        "user",
    }
)
# Common keywords that end the section.
SECTIONS = frozenset(
    {
        "backend",
        "cache",
        "defaults",
        "frontend",
        "global",
        "http-errors",
        "listen",
        "log-forward",
        "mailers",
        "peers",
        "program",
        "resolvers",
        "ring",
        "userlist",
    }
)
_SOCKET = re.compile(r"^(\s*stats\s+socket\s+)/\S+")


class Haproxy(Configurable):
    """HAProxy as a proxy: it checks ``/health`` of each server once a second.

    If it cannot connect to a server, it tries another one.
    """

    name = "haproxy"
    is_proxy = True
    keeps_user = True  # it opens its folder by absolute path, which other users cannot
    image = Image("haproxy:3.0", "CLIENTBENCH_HAPROXY_IMAGE", ("haproxy",))
    remedy = "install it (Debian: apt-get install haproxy)"
    majors = (2, 3)
    configuration = CONFIGURATION
    listening = "bind {{ listen }}"
    complaint = r"\[ALERT\].*? : (?:config : )?(?:parsing )?(.+)"

    def find(self) -> Executable:
        """Find ``haproxy`` on PATH."""
        return self.probe(self.on_path("haproxy"), "-v", pattern=r"[Vv]ersion (\d+\.[\w.]+)")

    def files(self, layout: Layout) -> dict[str, str]:
        """``haproxy.cfg``."""
        return {CONFIGURATION: render("haproxy.cfg.j2", layout, certificate=CERTIFICATE)}

    def command(self, layout: Layout) -> list[str]:
        """Return the arguments that run it in the foreground, as one process."""
        return ["-db", "-f", f"{layout.folder}/{CONFIGURATION}"]

    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """Remove settings of user and CPUs; move admin sockets to ``scratch``."""
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
        """Return the command line of ``haproxy -c``."""
        return ["-c", *self.command(layout)]
