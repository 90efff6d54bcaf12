"""Targets of other people: a server that does what is asked of it, but for the one fault that it is given."""

from __future__ import annotations

import contextlib
import os
import re
import signal

from harness.checking.targets import check
from servers.spec import TargetSpec

__all__ = ["FAULTS", "SERVER", "SOFTWARE", "SPOKEN", "assert_fails_alone"]

# By the claim that does not hold of them.
FAULTS = (
    *("ready", "loopback", "routes", "keep-alive", "at-once", "counts", "instances"),
    *("described", "processes", "certificate", "stops"),
)

SOFTWARE = """
import sys
from pathlib import Path

from servers.files import CERTIFICATE, KEY
from servers.software import Executable, Software

SERVER = Path(__file__).with_name("sloppy_server.py")


class Sloppy(Software):
    name = "{name}"
    fault = "{fault}"
    reports = True
    keeps_user = True
    routes = {{"/": 3}}
    remedy = "there is nothing to install"

    def find(self):
        return Executable((sys.executable, "-I"), "" if self.fault == "described" else "1.0")

    def files(self, layout):
        return {{SERVER.name: SERVER.read_text()}}

    def command(self, layout):
        tls = [f"{{layout.folder}}/{{CERTIFICATE}}", f"{{layout.folder}}/{{KEY}}"] if layout.tls else []
        listen = [layout.listen.host, str(layout.listen.port)]
        return [f"{{layout.folder}}/{{SERVER.name}}", self.fault, layout.name, *listen, *tls]
"""

SPOKEN = """
from servers.embedded.software import Embedded


class Sloppy(Embedded):
    name = "x-spoken"

    def process(self, layout):
        target = super().process(layout)
        target.name = self.name
        return target
"""

SERVER = '''
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

fault, name, host, port, *tls = sys.argv[1:]
counted = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        body, status = b"abc", 200
        if self.path == "/instance":
            body = json.dumps({"requests": len(counted)}).encode()
        elif self.path != "/health" or fault == "counts":
            counted.append(self.path)
            if fault == "counts":
                counted.append(self.path)
            if fault == "ready" and len(counted) == 1:
                status = 503
            if fault == "routes":
                body = b"abcd"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Instance", "somebody" if fault == "instances" else name)
        if fault == "keep-alive" and len(counted) % 20 == 19:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Threads(ThreadingHTTPServer):
    request_queue_size = 128


class Alone(HTTPServer):
    request_queue_size = 128


def apart():
    """Go on in a process that nobody knows of, which ends when the known one does."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        threading.Event().wait()
    os.close(writing)
    if os.fork():
        os._exit(0)
    threading.Thread(target=lambda: (os.read(reading, 1), os._exit(0)), daemon=True).start()


if fault == "processes":
    apart()
kind = Alone if fault == "at-once" else Threads
server = kind(("0.0.0.0" if fault == "loopback" else host, int(port)), Handler)
if tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    if fault == "certificate":
        context.set_alpn_protocols(["h2", "http/1.1"])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
if fault == "daemon" and not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    server.socket.close()
    time.sleep(4)  # by itself, and long enough to be found
    os._exit(0)
if fault == "stops" and not os.fork():
    os.setsid()
    time.sleep(15)  # with the port
    os._exit(0)
server.serve_forever()
'''


def assert_fails_alone(fault: str, claim: str | None = None) -> None:
    """Of the target that has it, the claim (default: of its name); of the one that has none, no claim."""
    found = check(TargetSpec(f"x-{fault}"))
    failed = {one.name: one.reason or "" for one in found.results if one.state != "passed"}
    for pid in re.findall(r"process (\d+) is still there", failed.get("stops", "")):
        with contextlib.suppress(ProcessLookupError):  # it may have ended meanwhile
            os.kill(int(pid), signal.SIGKILL)
    assert failed.keys() == {claim or fault} - {"none"}, failed
    assert all(reason and reason.isprintable() for reason in failed.values())
