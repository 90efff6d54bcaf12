"""Adapters of other people, each wrong in one way: by the one claim that does not hold of it.

Where a library would do something on its own, it is done here to the one address at which it shows.
"""

from __future__ import annotations

__all__ = ["BROKEN", "IDLE", "source"]

HEAD = """
import asyncio
import os
import socket
import sys
import time
from dataclasses import replace
from http.client import IncompleteRead

from adapters.base import CONNECTION_HOLDS, CONNECTION_POINTS, ConnectTimeoutError, Request
from adapters.null import Null
from adapters.raw import RawAsync
from adapters.stdlib import Stdlib

KEPT = []
PIPE = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else -1  # that the suite speaks through


class Sound(Stdlib):
    distribution = "python"
    can_stream = can_peek = False
    trace_points = hold_points = ()

    def send(self, request):
        return self.answer(request, lambda changed=request: super(Sound, self).send(changed))

    def answer(self, request, send):
        return send()

"""
CLASS = """
class Broken({base}):
    name = "{name}"
{body}

ADAPTERS = (Broken,)
"""


def _when(condition: str, then: str, otherwise: str = "return send()") -> str:
    return f"""
    def answer(self, request, send):
        if {condition}:
            {then}
        {otherwise}
"""


def _instead(error: str, condition: str, then: str) -> str:
    """What an error becomes."""
    return f"""
    def answer(self, request, send):
        try:
            return send()
        except {error}:
            if not ({condition}):
                raise
        {then}  # out here, where no error has another one behind it
"""


def _then(condition: str, what: str) -> str:
    """Of one that answers without sending."""
    return f"""
    def send(self, request):
        if {condition}:
            {what}
        return super().send(request)
"""


def _known(reason: str) -> str:
    """Of one that declares the claim about compressed bodies as its library's failure."""
    return f"""
    known_failures = (("body-as-sent", "compressed bodies are its weak spot", {reason!r}),)
"""


BROKEN = {
    "declared": "    hold_points = ('dns',)",
    "offered-protocols": "    offers_http2 = ('parity',)",
    "trace-points": "    trace_points = (*CONNECTION_POINTS, 'Got100Continue')",
    "traced-alike": """
    trace_points = CONNECTION_POINTS
    def send_traced(self, request, trace):
        headers = {**request.headers, "X-Traced": "1"}
        return super().send_traced(replace(request, headers=headers), trace)
""",
    "hold-points": """
    trace_points, hold_points = CONNECTION_POINTS, CONNECTION_HOLDS
    def send_traced(self, request, trace):
        trace.hold = None
        return super().send_traced(request, trace)
""",
    "sent-as-given": _when(
        "'accept' in request.headers and request.method == 'PATCH'",
        "return send(replace(request, headers={}))",
    ),
    "target-as-typed": _when(
        "'%2F' in request.url", "return send(replace(request, url=request.url.replace('%2F', '/')))"
    ),
    "no-proxies": _when("os.environ.get('http_proxy')", "raise ConnectionRefusedError"),
    "long-body": _when(
        "len(request.body or b'') > 65536", "return send(replace(request, body=b'x' * 65536))"
    ),
    "no-cookies": _when(
        "request.url.endswith('/cookie')",
        "self.again, before = True, getattr(self, 'again', False); "
        "return send(replace(request, headers={'Cookie': 'taste=sweet'}) if before else request)",
    ),
    "whole-body": _when("'/trailers/3333' in request.url", "return (send()[0], 3332)"),
    "body-as-sent": _when("'/gzip/' in request.url", "send(); return (200, 1 << 20)"),
    "status-is-a-result": _when("'/503' in request.url", "raise OSError('503 Something')"),
    "head-has-no-body": _when(
        "request.method == 'HEAD' and '1000' in request.url", "return (send()[0], 1000)"
    ),
    "no-redirects": _when(
        "'/redirect/' in request.url",
        "send(); return send(replace(request, url=request.url.replace('/redirect/', '/bytes/')))",
    ),
    "body-limit": "    can_stream = True\n"
    "    def __init__(self, settings):\n"
    "        super().__init__(replace(settings, stream=False))",
    "keep-alive": _when(
        "'/204' in request.url", "answer = send(); self._connection.close(); return answer"
    ),
    "announced-close": _when(
        "'/last/' in request.url",
        "KEPT.append(request)\n            if KEPT.count(request) > 1: raise ConnectionResetError",
    ),
    "defaults": _when(
        "self.settings.profile == 'defaults' and '/bytes/' in request.url",
        "raise KeyError('timeout')",
    ),
    "peeked-alike": """
    can_peek = True
    def peek(self, request):
        return super().peek(replace(request, body=None))
""",
    "connection-each": """
    connections = ("keep-alive", "close")
    def answer(self, request, send):
        return send() if self.settings.keep_alive else send(replace(request, headers={}))
""",
    "idle-close": "    other_kinds = Stdlib.other_kinds[1:]",
    "closing": "    def close(self): KEPT.append(self._connection)",
    "pool-size": _when(
        "request.url.endswith('/bytes/100')",
        "KEPT.append(self._connection); self._connection = self._origin = self._request = None",
    ),
    "reset": _instead("ConnectionError", "'/reset-body/' in request.url", "raise ValueError"),
    "short-body": _instead("IncompleteRead", "'/truncate/' in request.url", "return (200, 1000)"),
    "no-http": _instead("Exception", "'/malformed' in request.url", "raise OSError"),
    "silence": _instead("TimeoutError", "'/stall' in request.url", "raise OSError"),
    "hostile-framing": _when("request.url.endswith('/hostile/2')", "return (200, 5)"),
    "hostile-heads": _when("request.url.endswith('/hostile/8')", "return (200, 5)"),
    "sent-once": _instead("ConnectionError", "request.method == 'POST'", "return send()"),
    "refused": _instead("ConnectionRefusedError", "True", "raise OSError"),
    "never-accepted": _instead(
        "ConnectTimeoutError", "request.url.startswith('http:')", "raise TimeoutError"
    ),
    "silent-handshake": _instead(
        "ConnectTimeoutError", "request.url.startswith('https:')", "raise TimeoutError"
    ),
    "unknown-name": _instead("socket.gaierror", "True", "raise OSError"),
    "wrong-certificate": "    def __init__(self, settings):\n"
    "        super().__init__(replace(settings, verify=False))",
    "no-verification": _when("not self.settings.verify", "os.write(1, b'insecure!')"),
    "client-certificate": "    def __init__(self, settings):\n"
    "        super().__init__(replace(settings, cert_file=None))",
    "cancelled": """
    distribution = "python"
    async def send(self, request):
        try:
            return await super().send(request)
        except asyncio.CancelledError:
            raise OSError("cancelled") from None
""",
}
# Nothing is sent, so that no claim takes long; two would keep a command waiting for ever, one ends its process.
IDLE = {
    "idle": "    # as its base",
    "hangs": _then("'/gzip/' in request.url", "time.sleep(600)"),
    "dies": _then("'/gzip/' in request.url", "os.kill(os.getpid(), 11)"),
    "always": _then("True", "time.sleep(600)"),
    "hangs-as-known": _known("did not end within")
    + _then("'/gzip/' in request.url", "time.sleep(600)"),
    "hangs-unlike-known": _known("expected .*1048576")
    + _then("'/gzip/' in request.url", "time.sleep(600)"),
    "known-by-no-pattern": _known("did (not end"),
    "known-without-pattern": _known("").replace(", '')", ")"),
    "dies-unlike-known": _known("did not end")
    + _then("'/gzip/' in request.url", "os.kill(os.getpid(), 11)"),
    "fails-unlike-known-in-one-variant": "    can_stream = True\n"
    + _known("1048576")
    + _then("'/gzip/' in request.url", "return (200, 7 if self.settings.stream else 1 << 20)"),
    "writes": _then("'/gzip/' in request.url", "os.write(PIPE, b'[1]\\n')"),
    "forks": _then("'/gzip/' in request.url", "os._exit(7) if os.fork() else time.sleep(600)"),
}


def source(name: str, body: str) -> str:
    """The module of an adapter."""
    base = "RawAsync" if "async def" in body else "Null" if body in IDLE.values() else "Sound"
    return HEAD + CLASS.format(base=base, name=name, body=body)
