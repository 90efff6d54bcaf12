"""Accepted deviations of libraries at hostile behaviours, with reasons.

Every other deviation is a fault. Each entry lists results that a library may have in addition to
those accepted for all.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.hostile_behaviours import BEHAVIOURS, MOST_BYTES

__all__ = ["UNENDED", "allowed", "spoils_next"]

# Every read succeeds and none of them is the last: no timeout of a library's own ends that. In a
# run the orchestrator ends the worker; the cases of whole commands see to that.
UNENDED = "unended"

HTTP_CLIENT = frozenset({"stdlib", "urllib3", "requests"})  # all of them read by http.client
TIMEOUT = frozenset({"timeout_read", "timeout_total"})
UNENDED_OR_TIMEOUT = TIMEOUT | {UNENDED}  # the server falls silent in the end


@dataclass(frozen=True)
class Deviation:
    """Libraries, behaviours, what they may end with there, and why.

    ``instead_of``: also all behaviours for which this outcome is right.
    """

    clients: frozenset[str]
    outcomes: frozenset[str]
    why: str
    behaviours: frozenset[str] = frozenset()
    instead_of: str | None = None

    def concerns(self, client: str, behaviour: str) -> bool:
        """Say whether the deviation applies to this case."""
        if client not in self.clients:
            return False
        return behaviour in self.behaviours or self.instead_of in BEHAVIOURS[behaviour].right


def _of(
    clients: str | frozenset[str], outcomes: str | frozenset[str], names: str, why: str
) -> Deviation:
    return Deviation(_set(clients), _set(outcomes), why, _set(names))


def _set(words: str | frozenset[str]) -> frozenset[str]:
    return frozenset(words.split()) if isinstance(words, str) else words


DEVIATIONS = (
    Deviation(
        frozenset({"requestx"}),
        frozenset({"reset"}),
        "it says 'error sending request' for every failure before the status line is read",
        instead_of="protocol",
    ),
    Deviation(
        frozenset({"requestx"}),
        frozenset({"connect"}),
        "it drops the cause of reqwest's error: all that is left is 'client error (Connect)'",
        instead_of="tls",
    ),
    _of(HTTP_CLIENT, "200:0", "half-head cr-only", "the end of the connection ends the head"),
    _of("pycurl", "200:0", "half-head", "the end of the connection ends the head"),
    _of(
        HTTP_CLIENT,
        TIMEOUT,
        "bare-cr-in-field no-colon blank-before-colon nul-in-name",
        "a line that is no field ends the head, and a body without a length ends with the connection",
    ),
    _of(
        HTTP_CLIENT,
        TIMEOUT,
        "negative-length hex-length fraction-length",
        "a length that it cannot read is none, and the body ends with the connection",
    ),
    _of("stdlib", TIMEOUT, "two-lengths", "it believes the first length"),
    _of("stdlib", TIMEOUT, "two-lengths-in-one", "a length that it cannot read is none"),
    _of("stdlib urllib3", TIMEOUT, "chunked-twice", "another coding than 'chunked' is none"),
    _of(HTTP_CLIENT, "102:0", "102-processing", "of the interim answers it knows 100 alone"),
    _of(HTTP_CLIENT, "103:0", "103-early-hints", "of the interim answers it knows 100 alone"),
    _of(HTTP_CLIENT, TIMEOUT, "http-2-frames", "it waits for the end of the line"),
    _of("httpx", "reset", "http-0.9", "it waits for the end of the line"),
    _of(HTTP_CLIENT, "200:5", "status-+200", "it reads the status as Python reads numbers"),
    _of("aiohttp", "0:5 99:5", "status-000 status-99", "it takes any three digits"),
    _of("httpx aiohttp pycurl", "200:5", "http-2.0", "it does not look at the version's number"),
    _of("pycurl", "200:5", "lower-case-http", "it ignores case"),
    _of("pycurl", TIMEOUT, "101-unasked", "it waits for the answer after the interim one"),
    _of("pycurl", "200:5", "huge-length overflowing-length", "a length beyond its numbers is none"),
    _of(
        "httpx requestx requests",
        "protocol",
        "redirect-bad redirect-file",
        "it reads where a redirect leads also where it is not followed",
    ),
    _of("requestx", TIMEOUT, "endless-interim", "it waits for the answer after the interim ones"),
    _of(
        "requestx",
        f"body 200:1000 200:45 200:{MOST_BYTES}",
        "gzip gzip-corrupt gzip-truncated gzip-not gzip-bomb deflate brotli-not zstd-not many-encodings",
        "it has no switch for decompression, which its adapter says",
    ),
    _of(
        "requestx",
        UNENDED_OR_TIMEOUT,
        "endless-body endless-chunks body-beyond-limit",
        "its timeout limits the whole request, and where memory ends it ends the process",
    ),
    _of("urllib3", "body", "many-encodings", "it counts encodings also where it decodes none"),
    _of("aiohttp", "200:9", "no-length-reset", "any end of the connection ends such a body"),
    _of("httpx", TIMEOUT, "chunk-lf-only", "it waits for the whole line end"),
    _of(
        "httpx",
        "reset",
        "endless-body endless-chunks body-beyond-limit",
        "where memory ends while its transport reads, that closes the connection and keeps the reason back",
    ),
    _of(
        "aiohttp pycurl requestx",
        TIMEOUT,
        "chunk-endless-extension chunk-endless-size",
        "it reads on without keeping anything",
    ),
    _of(
        "requests urllib3 stdlib httpx aiohttp",
        UNENDED_OR_TIMEOUT,
        "endless-interim",
        "it waits for the answer after the interim ones",
    ),
    _of(
        "aiohttp",
        "body",
        "endless-interim",
        "it keeps them, until the memory of a worker ends that",
    ),
    _of(HTTP_CLIENT, UNENDED_OR_TIMEOUT, "chunk-endless-trailers", "trailers have no limit"),
    _of(
        "requestx",
        UNENDED,
        "chunk-endless-size",
        "the time of its asynchronous client does not end it",
    ),
)

# The library leaves data on the connection: the next request fails or gets a wrong answer.
SPOILED = (
    _of(
        "stdlib",
        "",
        "close-unsaid keep-alive-and-close",
        "it does not look whether a kept connection was closed before it sends the next request",
    ),
    _of(HTTP_CLIENT, "", "101-unasked", "it takes 101 for an answer without a body"),
    _of("stdlib", "", "103-early-hints", "it takes 103 for the answer, and 200 for the next one's"),
    _of(
        "httpx",
        "",
        "body-too-long 204-with-body 304-with-body head-with-body second-answer",
        "what came with an answer is kept for the next one",
    ),
    _of(
        "pycurl stdlib aiohttp",
        "",
        "body-too-long-later second-answer-later",
        "it does not look whether something arrived on a connection in the meantime",
    ),
    _of("requestx", "", "chunk-endless-size endless-interim", "its connection is not given up"),
    _of(
        "aiohttp",
        "",
        "endless-body endless-chunks body-beyond-limit",
        "where memory has ended it, it frees what it has read of the body later than the next request needs it",
    ),
)


def allowed(client: str, behaviour: str) -> frozenset[str]:
    """Return results accepted for this client, in addition to those accepted for all."""
    concerned = (one.outcomes for one in DEVIATIONS if one.concerns(client, behaviour))
    return frozenset().union(*concerned)


def spoils_next(client: str, behaviour: str) -> bool:
    """Say whether the next request may fail or get a wrong answer."""
    return any(one.concerns(client, behaviour) for one in SPOILED)
