"""The target's process: ``python -m servers.embedded``.

It speaks JSON lines with its parent: one ``ready`` event on standard output, then one answer per
command read from standard input. The end of standard input ends the process, so that not even a
killed parent leaves it behind.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import shutil
import signal
import socket
import ssl
import sys
import tempfile
from pathlib import Path
from typing import Any

import httptools
import uvloop

from servers.embedded.control import Control
from servers.embedded.options import Options
from servers.embedded.protocol import Connection
from servers.embedded.service import Service

__all__ = ["main"]

_BACKLOG = 4096


def main() -> int:
    """Serve until standard input ends or a signal asks for the end."""
    options = Options.from_words(sys.argv[1:])
    _raise_file_limit()
    _stay_on(options.cpus)
    directory = Path(tempfile.mkdtemp(prefix="clientbench-target-")) if options.tls else None
    try:
        uvloop.new_event_loop().run_until_complete(_serve(options, directory))
    finally:
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)
    return 0


async def _serve(options: Options, directory: Path | None) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_report)
    end = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(name, end.set)
    ca_file = directory / "ca.pem" if directory is not None else None
    context = _tls(ca_file) if ca_file is not None else None
    service = Service(loop, "http" if context is None else "https", options.idle_timeout_s)
    listener = _listen(options.host)
    await loop.create_server(
        lambda: Connection(service, loop), sock=listener, backlog=_BACKLOG, ssl=context
    )
    control = Control(service, loop, end)
    control.listen()
    service.run_clock()
    control.say(
        event="ready",
        port=listener.getsockname()[1],
        ca_file=None if ca_file is None else str(ca_file),
        versions=_versions(),
    )
    await end.wait()


def _tls(ca_file: Path) -> ssl.SSLContext:
    # Loading what makes certificates is a third of the start of a target, which seldom needs it.
    from servers.embedded.certificates import server_context  # noqa: PLC0415

    return server_context(ca_file)


def _listen(host: str) -> socket.socket:
    """A socket on a free port of ``host``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((host, 0))
    return listener


def _raise_file_limit() -> None:
    """One descriptor per connection: 10,000 clients do not fit the usual soft limit of 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _stay_on(cpus: tuple[int, ...]) -> None:
    """Run on these CPUs only, where the system can be told so."""
    if not cpus or not hasattr(os, "sched_setaffinity"):
        return
    try:
        os.sched_setaffinity(0, cpus)
    except OSError as error:
        allowed = ", ".join(map(str, sorted(os.sched_getaffinity(0))))
        sys.exit(f"cannot run on CPUs {cpus}: {error.strerror}; allowed are {allowed}")


def _versions() -> dict[str, str]:
    packages = {module.__name__: module.__version__ for module in (uvloop, httptools)}
    return {**packages, "python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION}


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Unexpected errors are one line each; a peer that vanished or botched TLS is not one."""
    error = context.get("exception")
    if not isinstance(error, (OSError, ssl.SSLError)):
        sys.stderr.write(f"{context['message']}: {error!r}\n")


if __name__ == "__main__":
    sys.exit(main())
