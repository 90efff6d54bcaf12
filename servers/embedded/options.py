"""The options of the target's process, as data and as command-line words."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ANY_INTERFACE", "IDLE_TIMEOUT_S", "Options", "loopback_address"]

# Longer than a client waits while the others are measured: its connections must stay open.
IDLE_TIMEOUT_S = 3600.0
ANY_INTERFACE = "0.0.0.0"
_IN_CONTAINER = "CLIENTBENCH_IN_CONTAINER"  # set by our image


@dataclass(frozen=True)
class Options:
    """How one server process is to run.

    ``host`` is a literal loopback address, or any address in a container's own network. ``port`` 0:
    a free one; ``shared``: other processes listen there, too. ``instance`` is its name in
    ``X-Instance``. ``certificate`` is a folder as ``servers.certificates`` makes it; with ``tls``
    and without it the process makes a certificate of its own. ``cpus`` empty: every CPU the parent
    may use. ``idle_timeout_s``: a connection without traffic for that long is dropped.
    ``client_ca``: with ``tls``, clients have to show a certificate of an authority in this file.
    """

    host: str = "127.0.0.1"
    port: int = 0
    shared: bool = False
    instance: str = ""
    tls: bool = False
    certificate: str = ""
    cpus: tuple[int, ...] = ()
    idle_timeout_s: float = IDLE_TIMEOUT_S
    client_ca: str = ""

    def to_words(self) -> list[str]:
        """Return the command line, which ``from_words`` parses."""
        words = ["--host", self.host, "--idle-timeout-s", repr(self.idle_timeout_s)]
        words += ["--port", str(self.port)]
        words += ["--tls"] * self.tls + ["--shared"] * self.shared
        if self.instance:
            words += ["--instance", self.instance]
        if self.certificate:
            words += ["--certificate", self.certificate]
        if self.client_ca:
            words += ["--client-ca", self.client_ca]
        if self.cpus:
            words += ["--cpus", ",".join(map(str, self.cpus))]
        return words

    @classmethod
    def from_words(cls, words: Sequence[str]) -> Options:
        """Read a command line. Bad usage ends the process with one line, as argparse does."""
        parser = argparse.ArgumentParser(prog="servers.embedded", description=__doc__)
        parser.add_argument("--host", type=_address, default=cls.host)
        parser.add_argument("--port", type=int, default=cls.port)
        parser.add_argument("--shared", action="store_true")
        parser.add_argument("--instance", default=cls.instance)
        parser.add_argument("--certificate", default=cls.certificate)
        parser.add_argument("--client-ca", default=cls.client_ca)
        parser.add_argument("--tls", action="store_true")
        parser.add_argument("--cpus", type=_cpus, default=())
        parser.add_argument("--idle-timeout-s", type=float, default=cls.idle_timeout_s)
        return cls(**vars(parser.parse_args(words)))


def loopback_address(host: str) -> str:
    """Return the literal loopback address of ``host``. Raises ``ValueError`` for any other host.

    ``localhost`` becomes 127.0.0.1: a name with two addresses would get two different ports.
    """
    if host == "localhost":
        return "127.0.0.1"
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(
            f"host {host!r}: the embedded target listens on loopback only (127.0.0.1, ::1)"
        )
    return host


def _address(host: str) -> str:
    """Return loopback, or any address in a container, whose ports are published on loopback."""
    if host == ANY_INTERFACE and _IN_CONTAINER in os.environ:
        return host
    return loopback_address(host)


def _cpus(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))
