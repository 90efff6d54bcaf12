"""Published comparisons of Python HTTP clients, as numbers: what others measured, and where.

Rates are in responses per second. Tables in milliseconds were turned into rates. Where a table names
no versions, the newest ones are measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["TABLES", "Case", "Table"]


@dataclass(frozen=True)
class Case:
    """One load, and what was published for it: by the text that selects a client."""

    name: str
    concurrency: int
    rates: Mapping[str, float]
    cpu_us: Mapping[str, float] | None = None  # CPU time per request
    path: str = "/files/1k"


@dataclass(frozen=True)
class Table:
    """Several loads from one source; ratios are to the client that is named first in each."""

    name: str
    source: str
    conditions: str
    differences: str  # from how it is measured here
    cases: tuple[Case, ...]
    target: str = "nginx-static"
    slow_builds: tuple[str, ...] = ()  # clients without a wheel


HTTPX2, AIOHTTP, PYREQWEST = "httpx2==2.13.0:async", "aiohttp==3.14.3", "pyreqwest==0.13.0:async"


def _of_httpx2(
    name: str,
    concurrency: int,
    rates: tuple[float, float, float],
    cpu_us: tuple[float, ...] | None = None,
    path: str = "/files/1k",
) -> Case:
    clients = (HTTPX2, AIOHTTP, PYREQWEST)
    cpu = None if cpu_us is None else dict(zip(clients, cpu_us, strict=True))
    return Case(name, concurrency, dict(zip(clients, rates, strict=True)), cpu, path)


def _of_requestx(concurrency: int, *rates: float) -> tuple[Case, Case]:
    sync = ("httpx:sync", "requestx:sync", "requests", "urllib3")
    awaiting = ("httpx:async", "requestx:async", "aiohttp")
    return (
        Case(
            f"sync, {concurrency} at once",
            concurrency,
            dict(zip(sync, rates[:4], strict=True)),
            path="/get",
        ),
        Case(
            f"async, {concurrency} at once",
            concurrency,
            dict(zip(awaiting, rates[4:], strict=True)),
            path="/get",
        ),
    )


TABLES = (
    Table(
        "httpx2",
        "pydantic/httpx2 pull request 1218, benchmark/experiments/INITIAL_REPORT.md, 2026-09-19",
        "revision a1f507e0, aiohttp 3.14.3, pyreqwest 0.13.0 (runtime of one thread), CPython "
        "3.14.3 on macOS ARM64, asyncio, a server on asyncio's protocols, plain HTTP/1.1 on "
        "loopback, no CPUs assigned, medians of 3 runs of 2 s",
        "the newest release of that day; nginx; client and server have a CPU each, which "
        "pyreqwest's own thread has to share with Python; pools as large as the load, not "
        "unlimited; POST/echo is left out, because no target echoes a body",
        (
            _of_httpx2("GET 1 KiB, 16 at once", 16, (4254, 24336, 36893), (215.0, 41.0, 37.9)),
            _of_httpx2("GET 1 KiB, 128 at once", 128, (3017, 26545, 37365)),
            _of_httpx2("GET 100 KiB, 64 at once", 64, (3301, 20826, 31333), path="/files/100k"),
        ),
    ),
    Table(
        "requestx",
        "RequestX Performance Benchmarks, a page of the project's documentation",
        "Python 3.12, macOS on Apple silicon, a local server, 30 s each, measured with "
        "http-client-benchmarker 5.1.4, no versions named",
        "the newest versions; the built-in server's /get; client and server have a CPU each; "
        "requestx only with --build, since it has no wheel",
        (
            *_of_requestx(1, 2540, 4538, 1584, 3664, 1576, 3753, 3924),
            *_of_requestx(4, 3485, 12816, 3734, 2994, 2514, 11104, 11504),
            *_of_requestx(10, 2294, 16856, 3721, 2475, 1322, 16460, 17704),
        ),
        target="embedded",
        slow_builds=("requestx",),
    ),
    Table(
        "rqx",
        "report of rqx 0.1.3, 2026-05",
        "two machines of 2 CPUs in one network, nginx, plain HTTP/1.1, async, 5 runs in processes "
        "of their own",
        "loopback instead of a network; one CPU for the client, not two; versions by date, but "
        "httpr 0.7.4 and rqx 0.3.0, because older ones are not supported; httpx keeps at most 20 idle "
        "connections there, here as many as the load: its pool compares each with all others, so that "
        "slices that begin with 100 idle ones cost it most",
        tuple(
            Case(f"GET, {concurrency} at once", concurrency, rates, path="/")
            for concurrency, rates in (
                (
                    10,
                    {
                        "httpx==0.28.1:async": 929.0,
                        "aiohttp==3.13.5": 11494.0,
                        "httpr==0.7.4:async": 10840.0,
                        "rqx==0.3.0:async": 15976.0,
                    },
                ),
                (
                    100,
                    {
                        "httpx==0.28.1:async": 395.0,
                        "aiohttp==3.13.5": 11523.0,
                        "httpr==0.7.4:async": 12825.0,
                        "rqx==0.3.0:async": 17267.0,
                    },
                ),
            )
        ),
    ),
    Table(
        "gufo-http",
        "gufo_http, docs/benchmarks.md",
        "Python 3.11.2, a virtual machine with Debian 12, local nginx, a file of 1 KB; medians of "
        "100 requests, one after another or by 4 at once, in milliseconds",
        "there the time of 100 requests includes making the client (42 ms for httpx, by the same page) "
        "and its connections; with 4 at once each thread or task has a client of its own, here all "
        "share one as far as the library allows; requests.get opens a connection for each request "
        "there, a session keeps them here; urllib is left out",
        (
            Case(
                "one after another",
                1,
                {
                    "httpx:sync": 100 / 0.1139,
                    "pycurl": 100 / 0.0155,
                    "gufo-http:sync": 100 / 0.0170,
                    "aiohttp": 100 / 0.0425,
                    "gufo-http:async": 100 / 0.0461,
                    "aiosonic": 100 / 0.0464,
                    "urllib3": 100 / 0.0590,
                    "niquests:sync": 100 / 0.0937,
                    "httpx:async": 100 / 0.1684,
                    "requests": 100 / 0.1827,
                },
            ),
            Case(
                "4 at once",
                4,
                {
                    "httpx:sync": 100 / 0.2183,
                    "gufo-http:sync": 100 / 0.00915,
                    "pycurl": 100 / 0.00925,
                    "gufo-http:async": 100 / 0.0313,
                    "aiosonic": 100 / 0.0357,
                    "aiohttp": 100 / 0.0391,
                    "urllib3": 100 / 0.0645,
                    "niquests:sync": 100 / 0.1009,
                    "requests": 100 / 0.1638,
                    "httpx:async": 100 / 0.2842,
                },
            ),
        ),
    ),
)
