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

# Clients a bare `clientbench compare` leaves out: they are yardsticks, not choices.
REFERENCES = ("stdlib", "raw", "null")
