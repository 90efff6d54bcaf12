"""One module per HTTP client library; ``base`` is the contract they fulfil.

This file imports nothing: the orchestrator reads it to learn which clients exist, and must never
import a client library itself.
"""

OWNER = "clientbench"

# name: (module, distribution whose required closure the worker may see; None = standard library)
# The order is the order of tables when nothing is chosen.
BUILTIN: dict[str, tuple[str, str | None]] = {
    "requests": ("adapters.requests", "requests"),
    "httpx": ("adapters.httpx", "httpx"),
    "aiohttp": ("adapters.aiohttp", "aiohttp"),
    "pycurl": ("adapters.pycurl", "pycurl"),
    "urllib3": ("adapters.urllib3", "urllib3"),
    "requestx": ("adapters.requestx", "requestx"),
    "stdlib": ("adapters.stdlib", None),
    "raw": ("adapters.raw", None),
    "null": ("adapters.null", None),
}

# Clients whose libraries clientbench does not require: each is measured in an environment made
# for it, unless its library is installed beside clientbench. By popularity.
ELSEWHERE: dict[str, tuple[str, str | None]] = {
    "httpx2": ("adapters.httpx2", "httpx2"),
    "niquests": ("adapters.niquests", "niquests"),
    "curl_cffi": ("adapters.curl_cffi", "curl-cffi"),
    "pyreqwest": ("adapters.pyreqwest", "pyreqwest"),
    "wreq": ("adapters.wreq", "wreq"),
    "httpcore": ("adapters.httpcore", "httpcore"),
    "httpx-aiohttp": ("adapters.httpx_aiohttp", "httpx-aiohttp"),
    "pyqwest": ("adapters.pyqwest", "pyqwest"),
    "aiosonic": ("adapters.aiosonic", "aiosonic"),
    "primp": ("adapters.primp", "primp"),
    "urllib3-future": ("adapters.urllib3_future", "urllib3-future"),
    "impit": ("adapters.impit", "impit"),
    "httpxyz": ("adapters.httpxyz", "httpxyz"),
    "ry": ("adapters.ry", "ry"),
    "tornado": ("adapters.tornado", "tornado"),
    "geventhttpclient": ("adapters.geventhttpclient", "geventhttpclient"),
    "httpr": ("adapters.httpr", "httpr"),
    "rqx": ("adapters.rqx", "rqx"),
    "treq": ("adapters.treq", "treq"),
    "rnet": ("adapters.rnet", "rnet"),
    "httplib2": ("adapters.httplib2", "httplib2"),
    "httpcore2": ("adapters.httpcore2", "httpcore2"),
    "zapros": ("adapters.zapros", "zapros"),
    "punkreq": ("adapters.punkreq", "punkreq"),
    "redc": ("adapters.redc", "redc"),
    "requests-futures": ("adapters.requests_futures", "requests-futures"),
    "foghttp": ("adapters.foghttp", "foghttp"),
    "eggfetch": ("adapters.eggfetch", "eggfetch"),
    "gufo-http": ("adapters.gufo_http", "gufo-http"),
    "grequests": ("adapters.grequests", "grequests"),
    "hyperhttp": ("adapters.hyperhttp", "hyperhttp"),
    "mureq": ("adapters.mureq", "mureq"),
    "httpcloak": ("adapters.httpcloak", "httpcloak"),
    "tls-client": ("adapters.tls_client", "tls-client"),
    "pyureq": ("adapters.pyureq", "pyureq"),
}

# Known libraries that have no adapter, and why.
LEFT_OUT: dict[str, str] = {
    "blacksheep": "part of a server framework; 19 of 35 claims failed, bodies cut short among them",
    "boring-http": "needs Python 3.14, and fingerprint objects for HTTP/2",
    "faster-than-requests": "last released in 2021; its build downloads a toolchain and fails",
    "hrequests": "downloads a library when it is imported, and fails without network",
    "httpmorph": "nothing but HTTP/2 can be set",
    "reclie": "its time-out does not work: a silent server hangs the worker",
    "rusty-req": "a function for batches, no session to hold",
    "asks": "last released in 2022; fails with the current trio",
}

# Distributions that an adapter needs beside those that its library requires.
NEEDS: dict[str, tuple[str, ...]] = {
    # Optional for httpcore itself; its async mode cannot do without.
    "httpcore": ("anyio",),
    "httpcore2": ("anyio",),
    "tornado": ("pycurl",),
}

# Oldest version of the library that the adapter supports; the suite passes there and with the
# newest one. An older version is refused.
OLDEST: dict[str, str] = {
    "foghttp": "0.4.1",
    "httpcore": "0.15.0",
    "httpcore2": "2.0.0",
    "httpx": "0.23.0",
    "httpx-aiohttp": "0.1.9",
    "httpxyz": "0.28.2",
    "httpx2": "2.0.0",
    "requests": "2.28.0",
    "urllib3": "1.26.0",
    "pyreqwest": "0.11.0",
    "wreq": "0.11.0",
    "primp": "2.0.0",
    "ry": "0.0.88",
    "aiohttp": "3.8.6",
    "pyqwest": "0.9.0",
    "httpr": "0.7.4",
    "pycurl": "7.45.4",
    "curl_cffi": "0.11.4",
    "impit": "0.13.0",
    "tornado": "6.2",
    "punkreq": "0.2.1",
    "redc": "0.2.0",
    "httpcloak": "1.7.0",
    "tls-client": "2.0.0",
    "rnet": "2.4.2",
    "gufo-http": "0.5.0",
    "eggfetch": "0.2.2",
    "niquests": "3.17.0",
    "urllib3-future": "2.22.901",
    "requests-futures": "1.0.1",
    "httplib2": "0.20.4",
    "mureq": "0.2.0",
    "pyureq": "0.1.7",
    "hyperhttp": "2.1.0",
    "zapros": "0.23.0",
    "aiosonic": "1.3.3",
    "rqx": "0.3.0",
    "requestx": "1.0.11",
    "treq": "22.2.0",
    "geventhttpclient": "2.6.0",
    "grequests": "0.6.0",
}

# How they run: their modes, the default first, with the loop of those made for one that is not
# asyncio's; the same as in their modules.
RUNS: dict[str, tuple[str, ...]] = {
    "requests": ("sync",),
    "httpx": ("sync", "async"),
    "aiohttp": ("async",),
    "pycurl": ("sync",),
    "urllib3": ("sync",),
    "requestx": ("sync", "async"),
    "stdlib": ("sync",),
    "raw": ("sync", "async"),
    "null": ("sync", "async"),
    "httpx2": ("sync", "async"),
    "niquests": ("sync", "async"),
    "curl_cffi": ("sync", "async"),
    "pyreqwest": ("sync", "async"),
    "wreq": ("sync", "async"),
    "httpcore": ("sync", "async"),
    "httpx-aiohttp": ("async",),
    "pyqwest": ("sync", "async"),
    "aiosonic": ("async",),
    "primp": ("sync", "async"),
    "urllib3-future": ("sync", "async"),
    "impit": ("sync", "async"),
    "httpxyz": ("sync", "async"),
    "ry": ("sync", "async"),
    "tornado": ("async",),
    "geventhttpclient": ("sync+gevent",),
    "httpr": ("sync", "async"),
    "rqx": ("sync", "async"),
    "treq": ("async+twisted",),
    "rnet": ("sync", "async"),
    "httplib2": ("sync",),
    "httpcore2": ("sync", "async"),
    "zapros": ("sync", "async"),
    "punkreq": ("async",),
    "redc": ("async",),
    "requests-futures": ("sync",),
    "foghttp": ("sync", "async"),
    "eggfetch": ("sync", "async"),
    "gufo-http": ("sync", "async"),
    "grequests": ("sync+gevent",),
    "hyperhttp": ("async",),
    "mureq": ("sync",),
    "httpcloak": ("sync",),
    "tls-client": ("sync", "async"),
    "pyureq": ("sync",),
}
MODES_OF: dict[str, tuple[str, ...]] = {
    name: tuple(way.partition("+")[0] for way in ways) for name, ways in RUNS.items()
}
MADE_FOR: dict[str, str] = {
    name: way.partition("+")[2] for name, ways in RUNS.items() for way in ways if "+" in way
}

# The optional abilities that all modes of a client have; the same as in their modules: a connection
# for each request, Unix sockets, client certificates, trace points.
ABILITIES: dict[str, tuple[str, ...]] = {
    "close": tuple(name for name in MODES_OF if name not in ("aiosonic", "foghttp")),
    "unix": (
        *("httpx", "aiohttp", "pycurl", "stdlib", "raw", "null", "httpx2", "curl_cffi", "httpcore"),
        *("httpx-aiohttp", "aiosonic", "httpxyz", "tornado", "httpcore2", "eggfetch"),
    ),
    "cert": (
        *("requests", "httpx", "aiohttp", "pycurl", "urllib3", "stdlib", "raw", "null"),
        *("httpx2", "niquests", "httpcore", "urllib3-future", "httpxyz", "httpcore2"),
        *("curl_cffi", "pyreqwest", "wreq", "httpx-aiohttp", "pyqwest", "aiosonic", "tornado"),
        *("geventhttpclient", "httpr", "rqx", "treq", "httplib2", "zapros", "punkreq"),
        *("requests-futures", "eggfetch", "grequests", "hyperhttp", "mureq"),
    ),
    "trace": (
        *("requests", "httpx", "aiohttp", "pycurl", "urllib3", "stdlib", "raw"),
        *("httpx2", "httpcore", "httpxyz", "httpcore2"),
    ),
}

# Clients whose library is installed by an extra of clientbench with the same name.
EXTRAS = ("requestx",)

# Clients a bare `clientbench compare` leaves out: they are references, not choices.
REFERENCES = ("stdlib", "raw", "null")

# The order in which users would look for them.
BY_POPULARITY = (
    *("requests", "urllib3", "httpx", "aiohttp", "httpx2", "niquests", "pycurl"),
    *(name for name in ELSEWHERE if name not in ("httpx2", "niquests")),
    *("requestx", "stdlib", "raw"),
)

# Those of ``--popular``: no more than are measured in one group.
POPULAR = BY_POPULARITY[:12]
