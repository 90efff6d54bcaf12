"""The embedded target's ``GET /`` against nginx's ``return 200``.

The same load generator (wrk, one thread, 16 connections, on a core of its own) loads both in turn on
the same core, in pairs of short runs whose order alternates. The throughput ratio is taken per pair;
what is shown is the geometric mean and its 95 % t-interval over pairs. CPU per request comes from
the server processes' own CPU clocks.

Needs nginx, wrk and taskset: ``apt-get install nginx-light wrk util-linux``.
"""

from __future__ import annotations

import contextlib
import math
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from scipy import stats

from benchmarks.figures import Figure, report
from servers.embedded.service import PLAIN_BODY
from servers.embedded.target import EmbeddedTarget

__all__ = ["main"]

BOUND = 0.8
PAIRS = 20
RUN_S = 1
CONNECTIONS = 16
SERVER_CORE, LOAD_CORE = 0, 1

_PACKAGES = {"nginx": "nginx-light", "wrk": "wrk", "taskset": "util-linux"}
_NGINX = """
daemon off;
pid {prefix}/pid;
error_log {prefix}/error.log;
worker_processes 1;
worker_cpu_affinity {mask:b};
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type text/plain;
  keepalive_requests 1000000000;
  client_body_temp_path {prefix}/body;
  proxy_temp_path {prefix}/proxy;
  fastcgi_temp_path {prefix}/fastcgi;
  uwsgi_temp_path {prefix}/uwsgi;
  scgi_temp_path {prefix}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "{body}"; }}
  }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, and whose CPU it uses."""

    url: str
    pid: int


@dataclass(frozen=True)
class Run:
    """What one run of the load generator saw: requests a second, CPU in ns for each of them."""

    rate: float
    cpu_ns: float


def main() -> int:
    """Measure, print, store. 0, 1 if the bound is missed, 2 if a program is missing."""
    missing = [tool for tool in _PACKAGES if shutil.which(tool) is None]
    if missing:
        packages = " ".join(_PACKAGES[tool] for tool in missing)
        print(f"missing {', '.join(missing)}: apt-get install {packages}", file=sys.stderr)
        return 2
    with _embedded() as embedded, _nginx() as nginx:
        pairs = [_pair(embedded, nginx, reverse=bool(n % 2)) for n in range(PAIRS)]
    return report("target", _figures(pairs))


def _figures(pairs: list[tuple[Run, Run]]) -> list[Figure]:
    ratio, low, high = _mean_ratio([ours.rate / theirs.rate for ours, theirs in pairs])
    ours, theirs = zip(*pairs, strict=True)
    rates = [statistics.median(run.rate for run in runs) for runs in (ours, theirs)]
    cpu_us = [statistics.median(run.cpu_ns for run in runs) / 1000 for runs in (ours, theirs)]
    detail = (
        f"95 % {low:.3f}-{high:.3f} over {len(pairs)} pairs of {RUN_S} s; "
        f"medians {rates[0]:,.0f} and {rates[1]:,.0f} requests/s"
    )
    return [
        Figure("throughput, embedded / nginx", ratio, BOUND, "higher", "x", detail),
        Figure("CPU per request, embedded", cpu_us[0], None, "lower", "us"),
        Figure("CPU per request, nginx", cpu_us[1], None, "lower", "us"),
    ]


def _mean_ratio(ratios: list[float]) -> tuple[float, float, float]:
    """Geometric mean and the ends of its 95 % t-interval."""
    logs = [math.log(ratio) for ratio in ratios]
    mean = statistics.fmean(logs)
    error = statistics.stdev(logs) / math.sqrt(len(logs))
    half = error * float(stats.t.ppf(0.975, len(logs) - 1))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def _pair(embedded: Server, nginx: Server, *, reverse: bool) -> tuple[Run, Run]:
    if reverse:
        theirs = _run(nginx)
        return _run(embedded), theirs
    return _run(embedded), _run(nginx)


def _run(server: Server) -> Run:
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{RUN_S}s"]
    before_ns = _cpu_ns(server.pid)
    shown = subprocess.run(
        [*command, server.url], capture_output=True, text=True, check=True, timeout=RUN_S + 30
    ).stdout
    used_ns = _cpu_ns(server.pid) - before_ns
    if "errors" in shown or "Non-2xx" in shown:
        raise RuntimeError(f"wrk saw errors at {server.url}:\n{shown}")
    requests = int(_found(r"(\d+) requests in", shown))
    return Run(rate=float(_found(r"Requests/sec:\s+([\d.]+)", shown)), cpu_ns=used_ns / requests)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"wrk printed something else than expected:\n{text}")
    return match[1]


def _cpu_ns(pid: int) -> int:
    """The process's user and system time (Linux: the clock id is derived from the process id)."""
    return time.clock_gettime_ns((~pid << 3) | 2)


@contextlib.contextmanager
def _embedded() -> Iterator[Server]:
    target = EmbeddedTarget()
    try:
        target.start(cpus=[SERVER_CORE])
        target.wait_ready()
        yield Server(target.base_url + "/", target.processes()[0])
    finally:
        target.stop()


@contextlib.contextmanager
def _nginx() -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="clientbench-nginx-") as prefix:
        body = PLAIN_BODY.decode().replace("\n", "\\n")
        settings = _NGINX.format(prefix=prefix, port=port, body=body, mask=1 << SERVER_CORE)
        file = Path(prefix) / "nginx.conf"
        file.write_text(settings)
        command = ["nginx", "-p", prefix, "-e", f"{prefix}/error.log", "-c", str(file)]
        process = subprocess.Popen(command)
        try:
            _wait_for(port, process)
            yield Server(f"http://127.0.0.1:{port}/", _worker(process.pid))
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _worker(master: int) -> int:
    """The process that serves: nginx's only worker."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        children = psutil.Process(master).children()
        if children:
            return int(children[0].pid)
        time.sleep(0.02)
    raise RuntimeError("nginx started no worker process")


if __name__ == "__main__":
    sys.exit(main())
