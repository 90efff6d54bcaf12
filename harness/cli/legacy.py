"""The older flag form (``--url U --client httpx --async``), turned into the new one.

As in the new form, TLS certificates are verified unless the user says otherwise: here with
``--verify-ssl false`` or ``--no-verify-ssl``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import adapters
from harness.errors import UsageError
from harness.redaction import quoted, refusal
from harness.text import nearest

__all__ = ["FLAGS", "SUPPORTED_MODES", "modernise"]

# The modes that --async may choose for the clients of the old form (REFERENCE §1).
SUPPORTED_MODES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: adapters.MODES_OF[name] for name in adapters.BUILTIN if name not in adapters.REFERENCES}
)

_KEPT = frozenset(
    {"--method", "--concurrency", "--duration", "--headers", "--header", "--body", "--output"}
)
_CHANGED = frozenset(
    {"--url", "--client", "--compare", "--async", "--verify-ssl", "--no-verify-ssl", "--config"}
)
FLAGS = _KEPT | _CHANGED
_SWITCHES = frozenset({"--async", "--no-verify-ssl"})
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass
class _OldForm:
    """The words of an old command line; ``rest`` is passed on in its order."""

    url: str | None = None
    client: str | None = None
    compare: list[str] = field(default_factory=list)
    asynchronous: bool = False
    rest: list[str] = field(default_factory=list)


def modernise(
    argv: Sequence[str],
    default_duration_s: float = 30.0,
    modes: Mapping[str, tuple[str, ...]] = SUPPORTED_MODES,
) -> list[str]:
    """Convert ``argv`` (without the program's name) to the new form, unless it has it already.

    A single client becomes ``load``. ``--compare`` becomes ``compare`` with an explicit
    ``default_duration_s``, because its own default is shorter. Raises ``UsageError`` if the old
    form is incomplete or names what no longer exists.
    """
    if not _is_old_form(argv):
        return list(argv)
    if "--help" in argv:
        return ["--help"]
    old = _read(deque(_separated(argv)))
    if old.client is not None and old.compare:
        raise UsageError("--client, --compare: both given; expected one of them")
    if old.client is not None:
        client = _client(old.client, old.asynchronous, modes, alone=True)
        return ["load", *([] if old.url is None else [old.url]), "--client", client, *old.rest]
    if not old.compare:
        raise UsageError(_without_clients(old.rest))
    clients = [_client(text, old.asynchronous, modes, alone=False) for text in old.compare]
    url = [] if old.url is None else ["--url", old.url]
    ends = {"--duration", "--requests"} & {word.partition("=")[0] for word in old.rest}
    duration = [] if ends else ["--duration", f"{default_duration_s:.10g}"]
    return ["compare", *clients, *url, *old.rest, *duration]


def _without_clients(rest: Sequence[str]) -> str:
    for word in rest:
        meant = nearest(word, ("--client", "--compare")) if word.startswith("--") else None
        if meant is not None:
            return f"No such option: {word}; did you mean {meant}?"
    return "--client: not given; expected --client NAME or --compare NAME NAME …"


def _is_old_form(argv: Sequence[str]) -> bool:
    """Say whether ``argv`` begins with a flag and has at least one flag of the old form."""
    return bool(argv) and argv[0].startswith("-") and any(map(_flag, argv))


def _flag(word: str) -> str | None:
    name = word.partition("=")[0]
    return name if name in FLAGS else None


def _separated(argv: Sequence[str]) -> list[str]:
    """Return ``argv`` with every ``--flag=value`` of the old form split into two words."""
    words: list[str] = []
    for word in argv:
        name, equals, value = word.partition("=")
        if equals and name in _SWITCHES:
            raise UsageError(f"{name}: takes no value; expected {name} alone")
        words += [name, value] if equals and name in FLAGS else [word]
    return words


def _read(words: deque[str]) -> _OldForm:
    old = _OldForm()
    while words:
        word = words.popleft()
        if word in _KEPT:
            old.rest += [word, _value(word, words)]
        elif word in _CHANGED:
            _read_changed(old, word, words)
        else:
            old.rest.append(word)
    return old


def _read_changed(old: _OldForm, flag: str, words: deque[str]) -> None:
    match flag:
        case "--url":
            old.url = _value(flag, words)
        case "--client":
            if old.client is not None:
                raise UsageError("--client: given twice; expected one, or --compare NAME NAME …")
            old.client = _value(flag, words)
        case "--compare":
            old.compare += _names(words)
        case "--async":
            old.asynchronous = True
        case "--verify-ssl":
            old.rest.append("--verify" if _truth(words) else "--insecure")
        case "--no-verify-ssl":
            old.rest.append("--insecure")
        case _:
            raise UsageError("--config: is not supported in this form; expected options instead")


def _value(flag: str, words: deque[str]) -> str:
    """Take the word after ``flag``; only a body may look like a flag itself."""
    if not words or (words[0].startswith("--") and (flag != "--body" or _flag(words[0]))):
        raise UsageError(f"{flag}: has no value; expected {flag} VALUE")
    return words.popleft()


def _names(words: deque[str]) -> list[str]:
    """Take all names up to the next flag, separated by spaces or commas."""
    names: list[str] = []
    while words and not words[0].startswith("-"):
        names += [name.strip() for name in words.popleft().split(",")]
    if not names:
        raise UsageError("--compare: has no value; expected --compare NAME NAME …")
    return names


def _truth(words: deque[str]) -> bool:
    """Take the optional value of ``--verify-ssl``."""
    if not words or words[0].startswith("-"):
        return True
    text = words.popleft()
    if text.lower() not in _TRUTH:
        raise refusal("--verify-ssl", text, "true or false")
    return _TRUTH[text.lower()]


def _client(
    text: str, asynchronous: bool, modes: Mapping[str, tuple[str, ...]], *, alone: bool
) -> str:
    """Return the selector of a client; ``--async`` adds its async mode.

    A client that stands ``alone`` must have that mode; among others, one without it stays sync.
    The catalogue judges clients that are unknown here.
    """
    from harness.input.client_input import parse_client  # only the old form needs it

    spec = parse_client(text)
    known = modes.get(spec.name, ("async",))
    if not asynchronous or ("async" not in known and not alone):
        return str(spec)
    if "async" not in known or spec.mode == "sync":
        only = "sync" if spec.mode == "sync" else ", ".join(known)
        raise UsageError(f"--async: {quoted(text)} is {only}; expected a client with mode async")
    return str(replace(spec, mode="async"))
