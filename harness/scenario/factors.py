"""Factors in which competitors can differ, one entry each; everything that lists them reads this.
Pure.

A run compares along one factor, its axis, and may cross clients with one other as conditions. To
add a factor: an entry here, a field of ``Competitor`` for its value, and the code that uses it.
Every command imports this registry, so modules that only parsing needs are imported there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.redaction import one_of, quoted, refusal
from harness.scenario.methods import MAX_BODY_BYTES, MAX_BODY_MIB, METHODS
from harness.scenario.numbers import MAX_CONCURRENCY, size_in_bytes, whole_number

if TYPE_CHECKING:
    from adapters.base import Connections
    from harness.scenario.competitors import Competitor
    from harness.scenario.selector import ClientSpec
    from servers.spec import Runtime, TargetSpec

__all__ = ["CLIENT", "FACTORS", "Factor", "crossing"]

URL = "url"
MAX_INSTANCES = 64
SCHEMES = ("http", "https")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Factor:
    """One thing in which competitors can differ."""

    name: str  # in scenarios, JSON and SQL
    concerns: Literal["client", "load", "request", "target"]
    parse: Callable[[str], Any]  # one value as typed; raises UsageError
    field: str  # field of Competitor with its value
    column: str  # column of benchmark_results; empty if trials have none
    shown: Callable[[Any], str] = str  # the addition of a value to a label
    help: str = ""
    metavar: str = "VALUE"  # stands for a value in --help

    @property
    def group(self) -> Literal["what", "load", "request", "target"]:
        """The heading of --help under which its option is listed."""
        return "what" if self.concerns == "client" else self.concerns

    def label(self, competitor: Competitor) -> str:
        """The competitor's value, as its label has it."""
        return self.shown(attrgetter(self.field)(competitor))


def crossing(varying: Sequence[Factor]) -> tuple[Factor, Factor | None]:
    """Return the axis, and the factor crossed with it, from those with several values.

    Raises UsageError.
    """
    if len(varying) < 2:
        return (*varying, CLIENT)[0], None
    others = [factor for factor in varying if factor is not CLIENT]
    if len(others) == len(varying) or len(others) > 1:
        raise UsageError(
            "you gave several values of each; "
            "vary one thing at a time, or several clients and one other",
            *(factor.name for factor in varying),
        )
    return CLIENT, others[0]


def _client(text: str) -> ClientSpec:
    from harness.scenario import selector  # noqa: PLC0415

    return selector.parse(text)


def _target(text: str) -> TargetSpec:
    """Read a target: a name, perhaps with a configuration, or the server of a URL; either with an
    alias.

    The rest of a URL belongs to the request.
    """
    from servers.catalogue import names  # noqa: PLC0415
    from servers.spec import TargetSpec  # noqa: PLC0415

    accepted = f"{', '.join(names())}, or a URL"
    alias, named = _alias(text.strip(), (URL, *names()))
    if alias and not named:
        raise refusal("target", text, f"a target after the alias: {accepted}")
    if "://" in named:
        return replace(_server(named, text), alias=alias)
    name, colon, config = named.partition(":")
    if colon and not config.strip():
        raise refusal("target", text, "a file after the colon, such as nginx:./nginx.conf")
    known = one_of("target", name, names(), accepted)
    return TargetSpec(known, alias=alias, config=config.strip())


def _alias(text: str, taken: Collection[str]) -> tuple[str, str]:
    """Split ``ALIAS=TARGET``; the alias is empty if there is none. Raises UsageError."""
    alias, equals, named = text.partition("=")
    name, colon, _ = alias.partition(":")
    # an equals sign may also be part of a URL, or of the path of a configuration
    if not equals or "://" in alias or (colon and name.strip().lower() in taken):
        return "", text
    if not _ALIAS.fullmatch(alias):
        raise refusal(
            "target",
            text,
            "ALIAS=TARGET, the alias of at most 64 letters, digits, '.', '_' and '-', "
            "the first a letter or digit",
        )
    if alias in taken:
        raise refusal("target", alias, "an alias that is no name of a target")
    return alias, named.strip()


def _server(url: str, text: str) -> TargetSpec:
    """Return the server of a URL; a message quotes ``text``, which was typed."""
    from harness.scenario.destination import parse_url  # noqa: PLC0415
    from servers.spec import TargetSpec  # noqa: PLC0415

    if not url.lower().startswith(tuple(f"{scheme}://" for scheme in SCHEMES)):
        raise refusal("target", text, "http://HOST[:PORT] or https://HOST[:PORT]")
    try:
        destination = parse_url(url)
    except UsageError as error:
        raise UsageError(f"{quoted(text)} {error.problem}", "target") from None
    if destination.authorization is not None:
        raise UsageError(
            "a URL with user-info is refused; expected it in the request's own URL", "target"
        )
    parts = urlsplit(destination.url or "")
    if parts.path not in ("", "/") or parts.query:
        raise UsageError(
            "a URL names a server here; expected its path in the request's own URL", "target"
        )
    return TargetSpec(URL, tls=parts.scheme == "https", url=f"{parts.scheme}://{parts.netloc}")


def _runtime(text: str) -> Runtime | None:
    from servers.spec import RUNTIMES  # noqa: PLC0415

    known = one_of("runtime", text, ("auto", *RUNTIMES))
    return None if known == "auto" else cast("Runtime", known)


def _instances(text: str) -> int:
    return whole_number("instances", text, 1, MAX_INSTANCES)


def _tls(text: str) -> bool:
    return one_of("tls", text, SCHEMES) == "https"


def _method(text: str) -> str:
    method = text.strip().upper()
    if method not in METHODS:
        raise refusal("method", text, f"{', '.join(METHODS)}, or STREAM alone", METHODS)
    return method


def _body_size(text: str) -> int:
    accepted = f"bytes from 0 to {MAX_BODY_MIB >> 10}g, such as 1024, 64k or 1M"
    return size_in_bytes("body_size", text, 0, MAX_BODY_BYTES, accepted)


def _connection(text: str) -> Connections:
    from adapters.base import CONNECTIONS  # noqa: PLC0415

    return cast("Connections", one_of("connection", text, CONNECTIONS))


def _concurrency(text: str) -> int:
    return whole_number("concurrency", text, 1, MAX_CONCURRENCY)


def _shown_target(spec: TargetSpec) -> str:
    """Its alias; a URL of https with its scheme, since the same server may be asked both ways."""
    url = spec.url if spec.tls else urlsplit(spec.url).netloc
    return spec.alias or url or spec.name


def _shown_size(size: int) -> str:
    for unit, name in ((2**20, "MiB"), (2**10, "KiB")):
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"


# In the order in which their values are combined.
_ALL = (
    Factor(
        name="client",
        concerns="client",
        parse=_client,
        field="client",
        column="client_library",
    ),
    Factor(
        name="target",
        concerns="target",
        parse=_target,
        field="target",
        shown=_shown_target,
        column="target",
        help="A name of `clientbench targets`, NAME:FILE with a configuration of yours, or a URL; "
        "ALIAS= before it names it.",
        metavar="TARGET",
    ),
    Factor(
        name="runtime",
        concerns="target",
        parse=_runtime,
        field="target.runtime",
        column="runtime",
        help="How it runs: auto, native, docker, docker-host. [auto]",
        metavar="NAME",
    ),
    Factor(
        name="instances",
        concerns="target",
        parse=_instances,
        field="target.instances",
        shown=lambda number: f"{number} instance{'s' * (number > 1)}",
        column="instances",
        help="Servers behind a proxy [3], or worker processes of an origin [1].",
        metavar="NUMBER",
    ),
    Factor(
        name="tls",
        concerns="target",
        parse=_tls,
        field="target.tls",
        shown=lambda tls: "https" if tls else "http",
        column="tls",
        help="http or https. [http]",
        metavar="SCHEME",
    ),
    Factor(
        name="method",
        concerns="request",
        parse=_method,
        field="method",
        column="http_method",
        help="GET POST PUT PATCH DELETE HEAD OPTIONS. [GET]",
        metavar="METHOD",
    ),
    Factor(
        name="body_size",
        concerns="request",
        parse=_body_size,
        field="body_bytes",
        shown=_shown_size,
        column="body_bytes",
        help="Request body of that many bytes (64k, 1M).",
        metavar="SIZE",
    ),
    Factor(
        name="connection",
        concerns="request",
        parse=_connection,
        field="connection",
        column="connection",
        help="keep-alive, or close: a connection for each request. [keep-alive]",
        metavar="NAME",
    ),
    Factor(
        name="concurrency",
        concerns="load",
        parse=_concurrency,
        field="concurrency",
        shown=lambda slots: f"c={slots}",
        column="concurrency_level",
        help="Requests in flight. [10]",
        metavar="NUMBER",
    ),
)
FACTORS = MappingProxyType({factor.name: factor for factor in _ALL})
CLIENT = FACTORS["client"]
