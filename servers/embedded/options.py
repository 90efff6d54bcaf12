"""What the target's process is told at its start, as data and as command-line words."""

from __future__ import annotations

import argparse
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["IDLE_TIMEOUT_S", "Options", "loopback_address"]

# Longer than a competitor waits while the others are measured: a connection must not be dropped meanwhile.
IDLE_TIMEOUT_S = 3600.0


@dataclass(frozen=True)
class Options:
    """How one server process is to run.

    ``host`` is a literal loopback address. ``cpus`` empty: every CPU the parent may use.
    ``idle_timeout_s``: a connection without traffic for that long is dropped.
    """

    host: str = "127.0.0.1"
    tls: bool = False
    cpus: tuple[int, ...] = ()
    idle_timeout_s: float = IDLE_TIMEOUT_S

    def to_words(self) -> list[str]:
        """The command line that ``from_words`` turns back into these options."""
        words = ["--host", self.host, "--idle-timeout-s", repr(self.idle_timeout_s)]
        if self.tls:
            words.append("--tls")
        if self.cpus:
            words += ["--cpus", ",".join(map(str, self.cpus))]
        return words

    @classmethod
    def from_words(cls, words: Sequence[str]) -> Options:
        """Read a command line. Bad usage ends the process with one line, as argparse does."""
        parser = argparse.ArgumentParser(prog="servers.embedded", description=__doc__)
        parser.add_argument("--host", type=loopback_address, default=cls.host)
        parser.add_argument("--tls", action="store_true")
        parser.add_argument("--cpus", type=_cpus, default=())
        parser.add_argument("--idle-timeout-s", type=float, default=cls.idle_timeout_s)
        return cls(**vars(parser.parse_args(words)))


def loopback_address(host: str) -> str:
    """The literal loopback address meant by ``host``. Raises ``ValueError`` for any other host.

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


def _cpus(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))
