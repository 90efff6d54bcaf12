"""The embedded target as server software: behind a proxy, or in a container."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import version
from types import MappingProxyType

from servers.embedded.options import Options
from servers.embedded.service import PLAIN_BODY
from servers.embedded.target import EmbeddedTarget
from servers.software import Executable, Image, Layout, Software
from servers.spec import DEFAULT_NAME

__all__ = ["Embedded"]


class Embedded(Software):
    """Our own server: natively a process that answers commands, in a container a program."""

    name = DEFAULT_NAME
    reports = True
    single_threaded = True
    process_per_instance = True
    routes = MappingProxyType({"/": len(PLAIN_BODY), "/bytes/1000": 1000})
    image = Image(
        "clientbench-embedded",
        "CLIENTBENCH_EMBEDDED_IMAGE",
        ("python3", "-m", "servers.embedded"),
        dockerfile="embedded",
    )
    remedy = "it comes with clientbench"

    def process(self, layout: Layout) -> EmbeddedTarget:
        """Return the process; several instances share one port."""
        several = replace(_options(layout), shared=layout.workers > 1)
        return EmbeddedTarget(layout.tls, layout.listen.host, several)

    def find(self) -> Executable:
        """Return our own interpreter."""
        return Executable(
            (sys.executable, "-P", "-m", "servers.embedded"), f"uvloop {version('uvloop')}"
        )

    def files(self, layout: Layout) -> dict[str, str]:
        """Return no files: all options are on its command line."""
        return {}

    def command(self, layout: Layout) -> list[str]:
        """Return its options as arguments."""
        return _options(layout).to_words()


def _options(layout: Layout) -> Options:
    return Options(
        host=layout.listen.host,
        port=layout.listen.port,
        instance=layout.name,
        tls=layout.tls,
        certificate=layout.folder if layout.tls else "",
    )
