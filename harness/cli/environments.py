"""``environments``: those that were made for clients and are kept in the cache."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

from harness.cli.screen import console_for, say, say_json
from harness.clients.environments.cache import EnvironmentCache, Kept
from harness.clients.environments.lock import of_lock, pins, write
from harness.clients.environments.recipe import shown
from harness.errors import UsageError
from harness.redaction import quoted, refusal
from harness.report import figures, listings
from harness.scenario.numbers import whole_number

__all__ = ["freeze", "prune", "remove", "show", "show_all"]

SHORT = 8  # digits of a digest; the beginning of one is accepted wherever a digest is
COLUMNS = ("environment", "for", "Python", "used", "MB", "own MB")
DAY_S = 86400.0
_AGE = re.compile(r"(\d{1,5})d?")


def show_all(as_json: bool) -> None:
    """Print every environment, the last used first."""
    found = EnvironmentCache().list()
    if as_json:
        say_json([_plain(one) for one in found])
        return
    if not found:
        say(f"no environments in {EnvironmentCache().environments}")
        return
    rows = [
        (
            one.digest[:SHORT],
            ", ".join(map(shown, one.content.requirements)),
            one.content.python_version,
            _day(one.used_at),
            figures.megabytes(one.size_bytes),
            figures.megabytes(one.own_bytes),
        )
        for one in found
    ]
    console = console_for(sys.stdout)
    console.print(listings.rows_table(COLUMNS, rows, console.width))


def show(text: str, as_json: bool) -> None:
    """Print one environment: what was asked for, and all that is installed."""
    one = _named(text)
    if as_json:
        say_json(_plain(one))
        return
    told = {
        "environment": one.digest,
        "for": ", ".join(map(shown, one.content.requirements)),
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
    one = _named(text)
    label = ", ".join(map(shown, one.content.requirements))
    say(write([of_lock(label, one.content.lock)]), end="")


def remove(texts: list[str]) -> None:
    """Remove environments by the beginnings of their digests."""
    for one in [_named(text) for text in texts]:
        EnvironmentCache().remove(one.digest)
        say(f"removed {one.digest[:SHORT]} ({', '.join(map(shown, one.content.requirements))})")


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


def _named(text: str) -> Kept:
    """Return the environment whose digest begins with ``text``, or that was made for it."""
    known = EnvironmentCache().list()
    found = [one for one in known if one.digest.startswith(text)] if text else []
    found = found or [one for one in known if text in one.content.requirements]
    if len(found) != 1:
        problem = "means several" if found else "is none"
        accepted = "the beginning of an id, or what one is for, as in `clientbench environments`"
        raise UsageError(f"{quoted(text)} {problem}; expected {accepted}", "environment")
    return found[0]


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M")


def _plain(one: Kept) -> dict[str, object]:
    return {
        "id": one.digest,
        "requirements": list(one.content.requirements),
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
