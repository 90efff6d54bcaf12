"""The embedded target as one server among others: behind a proxy, or in a container."""

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
    """Our own server: natively a process to speak with, in a container a program."""

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
        """One of several shares its port with the others."""
        several = replace(_options(layout), shared=layout.workers > 1)
        return EmbeddedTarget(layout.tls, layout.listen.host, several)

    def find(self) -> Executable:
        """Our own interpreter."""
        return Executable(
            (sys.executable, "-P", "-m", "servers.embedded"), f"uvloop {version('uvloop')}"
        )

    def files(self, layout: Layout) -> dict[str, str]:
        """None: it is told everything on its command line."""
        return {}

    def command(self, layout: Layout) -> list[str]:
        """Its options."""
        return _options(layout).to_words()


def _options(layout: Layout) -> Options:
    return Options(
        host=layout.listen.host,
        port=layout.listen.port,
        instance=layout.name,
        tls=layout.tls,
        certificate=layout.folder if layout.tls else "",
    )
