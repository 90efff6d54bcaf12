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

# Their modes, the default first; the same as in their modules.
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
}

# Clients whose library is installed by an extra of clientbench with the same name.
EXTRAS = ("requestx",)

# Clients a bare `clientbench compare` leaves out: they are references, not choices.
REFERENCES = ("stdlib", "raw", "null")
