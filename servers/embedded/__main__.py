"""The target's process: ``python -m servers.embedded``.

It exchanges JSON lines with its parent: one ``ready`` event on standard output, then one answer per
command on standard input. The process ends with its standard input, so that even a killed parent
does not leave it behind.
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
from pathlib import Path
from typing import Any

import httptools
import uvloop

from servers import scratch
from servers.embedded.control import Control
from servers.embedded.options import Options
from servers.embedded.protocol import Connection
from servers.embedded.service import Service
from servers.files import CA, CERTIFICATE, KEY

__all__ = ["main"]

_BACKLOG = 4096


def main() -> int:
    """Serve until standard input ends or a signal arrives."""
    options = Options.from_words(sys.argv[1:])
    _raise_file_limit()
    _stay_on(options.cpus)
    makes_own = options.tls and not options.certificate
    directory, _ = scratch.make(scratch.CERTIFICATES) if makes_own else (None, -1)
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
    folder = directory or (Path(options.certificate) if options.certificate else None)
    context = None if folder is None else _tls(folder, options, make=directory is not None)
    scheme = "http" if context is None else "https"
    service = Service(loop, scheme, options.idle_timeout_s, options.instance)
    listener = _listen(options)
    await loop.create_server(
        lambda: Connection(service, loop), sock=listener, backlog=_BACKLOG, ssl=context
    )
    control = Control(service, loop, end)
    control.listen()
    service.run_clock()
    control.say(
        event="ready",
        port=listener.getsockname()[1],
        ca_file=None if folder is None else str(folder / CA),
        versions=_versions(),
    )
    await end.wait()


def _tls(folder: Path, options: Options, make: bool) -> ssl.SSLContext:
    if make:
        # Importing the certificate module takes a third of a target's start, and is seldom needed.
        from servers.certificates import issue  # noqa: PLC0415

        issue(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    if options.client_ca:
        context.load_verify_locations(options.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    if make:  # the certificates are in memory now
        for name in (CERTIFICATE, KEY):
            (folder / name).unlink()
    return context


def _listen(options: Options) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((options.host, options.port))
    except OSError as error:
        sys.exit(f"cannot listen on port {options.port}: {error.strerror}")
    return listener


def _raise_file_limit() -> None:
    """Raise the limit of descriptors: 10,000 connections exceed the usual soft limit of 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _stay_on(cpus: tuple[int, ...]) -> None:
    """Run on these CPUs only, if the system supports it."""
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
    """Print unexpected errors, one line each; ignore lost peers and failed TLS handshakes."""
    error = context.get("exception")
    if not isinstance(error, (OSError, ssl.SSLError)):
        sys.stderr.write(f"{context['message']}: {error!r}\n")


if __name__ == "__main__":
    sys.exit(main())
