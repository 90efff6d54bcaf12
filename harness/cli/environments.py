"""``environments``: those that were made for clients and are kept in the cache."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from harness.cli.screen import console_for, say, say_json
from harness.clients.environments.cache import EnvironmentCache, Kept
from harness.clients.environments.lock import of_lock, pins, write
from harness.clients.environments.recipe import described, named
from harness.errors import UsageError
from harness.paths import expanded
from harness.redaction import quoted, refusal
from harness.report import figures
from harness.report.cells import Step, fitted
from harness.scenario.numbers import whole_number

__all__ = ["freeze", "prune", "remove", "show", "show_all"]

SHORT = 8  # digits of a digest; the beginning of one is accepted wherever a digest is
COLUMNS = ("environment", "for", "Python", "used", "MB", "own MB")
# What saves room in a narrow window, in this order.
STEPS: tuple[Step, ...] = (("fold", "for"), ("drop", "own MB"), ("drop", "MB"), ("drop", "used"))
MOST_NAMED = 5  # environments, where one text means several
ACCEPTED = "the beginning of an id, a client, NAME==VERSION, an alias, or the path it was made from"
DAY_S = 86400.0
_AGE = re.compile(r"(\d{1,5})d?")


def show_all(as_json: bool) -> None:
    """Print every environment, the last used first."""
    found = EnvironmentCache().list()
    if as_json:
        say_json("environments", {"environments": [_plain(one) for one in found]})
        return
    if not found:
        say(f"no environments in {EnvironmentCache().environments}")
        return
    rows = [
        (
            one.digest[:SHORT],
            _made_for(one),
            one.content.python_version,
            _day(one.used_at),
            figures.megabytes(one.size_bytes),
            figures.megabytes(one.own_bytes),
        )
        for one in found
    ]
    console = console_for(sys.stdout)
    console.print(fitted(COLUMNS, rows, STEPS, right=("MB", "own MB"), width=console.width))


def show(text: str, as_json: bool) -> None:
    """Print one environment: what was asked for, and all that is installed."""
    one = _meant(text)
    if as_json:
        say_json("environment", _plain(one))
        return
    origin = one.content.origin
    told = {
        "environment": one.digest,
        "for": _made_for(one),
        **({} if origin is None else {"from": origin.place}),
        "Python": one.content.build.replace("\n", " "),
        "made": _day(one.made_at),
        "used": _day(one.used_at),
        "folder": str(one.folder),
        "size": f"{figures.megabytes(one.size_bytes)} MB, of them {figures.megabytes(one.own_bytes)}"
        " MB shared with no other",
    }
    for name, value in told.items():
        say(f"{name:<12}{value}")
    for name, version in pins(one.content.lock).items():
        say(f"  {name} {version}")


def freeze(text: str) -> None:
    """Print the lock of one environment, for ``--lock``."""
    say(write([of_lock(_meant(text).content.lock)]), end="")


def remove(texts: list[str]) -> None:
    """Remove the environments that these texts mean."""
    for one in {one.digest: one for one in map(_meant, texts)}.values():  # two may mean one
        EnvironmentCache().remove(one.digest)
        say(f"removed {one.digest[:SHORT]} ({_made_for(one)})")


def prune(older: str | None, keep: str) -> None:
    """Remove environments that were not used for some days, but keep the last used."""
    number = whole_number("keep", keep, 0, 1_000_000)
    removed = EnvironmentCache().prune(_seconds(older), number)
    own = sum(one.own_bytes for one in removed)
    say(f"removed {len(removed)} environments, {figures.megabytes(own)} MB")


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise refusal("older", text, "a number of days, such as 30")
    return int(match[1]) * DAY_S


def _meant(text: str) -> Kept:
    """Return the only environment that ``text`` means: by its id, else by what it was made for."""
    known = EnvironmentCache().list()
    found = [one for one in known if one.digest.startswith(text)] if text else []
    found = found or [one for one in known if _is_for(one, text.strip())]
    if not found:
        advice = f"{ACCEPTED}, as in `clientbench environments`"
        raise UsageError(f"{quoted(text)} is none; expected {advice}", "environment")
    if len(found) > 1:
        some = [
            f"{one.digest[:SHORT]} ({_made_for(one)}, Python {one.content.python_version})"
            for one in found[:MOST_NAMED]
        ]
        more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        several = f"{', '.join(some)}{more}"
        raise UsageError(
            f"{quoted(text)} means several: {several}; expected the beginning of one id",
            "environment",
        )
    return found[0]


def _is_for(one: Kept, text: str) -> bool:
    """Say whether an environment was made for ``text``: a client, a version, a source, an alias."""
    content, origin = one.content, one.content.origin
    names = {_made_for(one)}
    for requirement in content.requirements[:1]:  # others were added to it
        library = named(requirement)
        version = pins(content.lock).get(library)
        names |= {requirement, described([requirement], origin), library, f"{library}=={version}"}
    if origin is not None:
        names |= {origin.label, origin.client, origin.alias or origin.client, origin.place}
        names.add(origin.label.removeprefix(f"{origin.alias}="))
        names.add(origin.label.rpartition("=")[2])
        if os.sep in text and "://" not in text and "=" not in text:
            return str(expanded(text).resolve()) == origin.place
    return _spelt(text) in map(_spelt, names)


def _spelt(text: str) -> str:
    """Return a name as all its spellings: ``curl_cffi`` is ``curl-cffi``."""
    return text.lower().replace("_", "-")


def _made_for(one: Kept) -> str:
    return described(one.content.requirements, one.content.origin)


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M")


def _plain(one: Kept) -> dict[str, object]:
    return {
        "id": one.digest,
        "requirements": list(one.content.requirements),
        "origin": one.content.origin and asdict(one.content.origin),
        "python": one.content.python_version,
        "interpreter": one.content.python,
        "build": one.content.build,
        "folder": str(one.folder),
        "made_at": _utc(one.made_at),
        "used_at": _utc(one.used_at),
        "size_bytes": one.size_bytes,
        "own_bytes": one.own_bytes,
        "versions": pins(one.content.lock),
    }


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
