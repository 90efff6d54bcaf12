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
    "blacksheep": ("adapters.blacksheep", "blacksheep"),
    "httpcloak": ("adapters.httpcloak", "httpcloak"),
    "tls-client": ("adapters.tls_client", "tls-client"),
    "pyureq": ("adapters.pyureq", "pyureq"),
}

# Distributions that an adapter needs beside those that its library requires.
NEEDS: dict[str, tuple[str, ...]] = {}

# Oldest version of the library that the adapter supports; the suite passes there and with the
# newest one. An older version is refused.
OLDEST: dict[str, str] = {
    "requests": "2.28.0",
    "urllib3": "1.26.0",
    "niquests": "3.17.0",
    "urllib3-future": "2.22.901",
    "requests-futures": "1.0.1",
    "httplib2": "0.20.4",
    "mureq": "0.2.0",
    "pyureq": "0.1.7",
}

# The modes of all of them, the default first; the same as in their modules.
MODES_OF: dict[str, tuple[str, ...]] = {
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
    "geventhttpclient": ("sync",),
    "httpr": ("sync", "async"),
    "rqx": ("sync", "async"),
    "treq": ("async",),
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
    "grequests": ("sync",),
    "hyperhttp": ("async",),
    "mureq": ("sync",),
    "blacksheep": ("async",),
    "httpcloak": ("sync",),
    "tls-client": ("sync",),
    "pyureq": ("sync",),
}

# Clients whose library is installed by an extra of clientbench with the same name.
EXTRAS = ("requestx",)

# Clients a bare `clientbench compare` leaves out: they are references, not choices.
REFERENCES = ("stdlib", "raw", "null")
