"""From the clients of a command line to those that are measured: ``--all``, ``--versions`` and so on.

Pure, but for the releases of a library, which somebody else looks up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from packaging.requirements import InvalidRequirement, Requirement

import adapters
from adapters.base import Mode
from harness.errors import UsageError
from harness.input.client_input import parse_clients
from harness.input.options import Options
from harness.option_names import option
from harness.redaction import quoted, refusal
from harness.scenario.selector import ClientSpec, parse

__all__ = ["Releases", "asked_clients"]

# versions of a client in a range, oldest first; none: the client stays as it is
Releases = Callable[[ClientSpec, str], Sequence[str]]


def asked_clients(
    options: Options, modes: Mapping[str, Sequence[Mode]], releases: Releases
) -> list[tuple[str, ClientSpec]]:
    """Return the clients to measure, each with the text that it came from.

    Raises ``UsageError`` with one line that names the option at fault.
    """
    texts = [text.strip() for text in (*options.clients, *_known(options, modes))]
    found = list(zip(texts, parse_clients(texts), strict=True))
    found = _with_requirements(options.added, found)
    found = _with_versions(options.versions, found, releases)
    return [one for pair in found for one in _pythons(options.python, pair)]


def _known(options: Options, modes: Mapping[str, Sequence[Mode]]) -> list[str]:
    """Return the clients of ``--all`` or ``--popular`` that are not named."""
    if options.every and options.popular:
        raise UsageError("both were given; expected one of them", "every", "popular")
    if options.popular:
        chosen = list(adapters.POPULAR)
    elif options.every:
        chosen = [
            f"{name}:{mode}" if len(modes[name]) > 1 else name
            for name in adapters.BY_POPULARITY
            for mode in modes.get(name, ())
        ]
    else:
        return []
    named = {spec.name for spec in parse_clients(options.clients)}
    return [text for text in chosen if text.partition(":")[0] not in named]


def _with_requirements(
    texts: Sequence[str], clients: list[tuple[str, ClientSpec]]
) -> list[tuple[str, ClientSpec]]:
    """Give each requirement to the clients that it names, or to the only one."""
    added: dict[int, list[str]] = {}
    for text in texts:
        name, requirement = _addressed(text, clients)
        concerned = [
            number
            for number, (typed, spec) in enumerate(clients)
            if name is None or name in (typed, spec.alias, spec.name)
        ]
        if name is None and len({spec.name for _, spec in clients}) > 1:
            names = ", ".join(dict.fromkeys(spec.alias or spec.name for _, spec in clients))
            example = quoted(f"{clients[0][1].alias or clients[0][1].name}: {requirement}")
            raise UsageError(
                f"{quoted(text)} does not say for which client ({names}); expected {example}",
                "added",
            )
        for number in concerned:
            added.setdefault(number, []).append(requirement)
    return [
        (typed, replace(spec, added=tuple(sorted(added.get(number, ())))))
        for number, (typed, spec) in enumerate(clients)
    ]


def _addressed(text: str, clients: Sequence[tuple[str, ClientSpec]]) -> tuple[str | None, str]:
    """Split ``CLIENT: REQUIREMENT``; a client may be named by alias, name or selector."""
    names = {name for typed, spec in clients for name in (typed, spec.alias, spec.name) if name}
    for name in sorted(names, key=len, reverse=True):
        if text.strip().startswith(f"{name}:"):
            return name, _requirement(text.strip().removeprefix(f"{name}:").strip())
    return None, _requirement(text.strip())


def _requirement(text: str) -> str:
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        raise refusal("added", text, "a requirement such as 'orjson>=3'") from None
    if parsed.url is not None:
        raise refusal("added", text, "a requirement with versions, not a URL")
    return str(parsed)


def _with_versions(
    text: str | None, clients: list[tuple[str, ClientSpec]], releases: Releases
) -> list[tuple[str, ClientSpec]]:
    """Return each client in its versions; references beside a library stay as they are."""
    beside = any(spec.name not in adapters.REFERENCES for _, spec in clients)
    alone = adapters.REFERENCES if beside else ()
    return [
        one
        for pair in clients
        for one in ([pair] if pair[1].name in alone else _versions(text, pair, releases))
    ]


def _versions(
    text: str | None, pair: tuple[str, ClientSpec], releases: Releases
) -> list[tuple[str, ClientSpec]]:
    typed, spec = pair
    if text is None or spec.version is not None or spec.source is not None:
        return [pair]
    if spec.alias is not None:
        raise UsageError(
            f"gives {quoted(typed)} several versions; expected a client without an alias",
            "versions",
        )
    found = [(typed, replace(spec, version=version)) for version in releases(spec, text)]
    return found or [pair]


def _pythons(texts: Sequence[str], pair: tuple[str, ClientSpec]) -> list[tuple[str, ClientSpec]]:
    typed, spec = pair
    if not texts or spec.python is not None:
        return [pair]
    return [(typed, replace(spec, python=_python(text.strip()))) for text in texts]


def _python(text: str) -> str | None:
    try:
        return parse(f"client@{text}").python
    except UsageError:
        accepted = f"a version such as 3.13 or the path of an interpreter ({option('python')})"
        raise refusal("python", text, accepted) from None
