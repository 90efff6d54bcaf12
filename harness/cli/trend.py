"""``results trend``: how clients did from run to run, and where that changed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.analysis.trend import Line, anchored, failing, lines, moment
from harness.cli.exit_codes import DONE, NOT_KEPT
from harness.cli.locks import lock_notice
from harness.cli.output import checked, write
from harness.cli.screen import console_for, say
from harness.cli.updating import bring_up_to_date
from harness.errors import UsageError
from harness.input.precision_input import TYPED_METRICS
from harness.option_names import option
from harness.records.model import Metric
from harness.records.trend import TrendPoint
from harness.redaction import one_of, refusal
from harness.report import trend, trend_files
from harness.store import trends
from harness.store.files import unusable
from harness.text import one_line

__all__ = ["Asked", "show_trend"]

MOST_DAYS = 100_000
MOST_NAMES = 20  # in a message


@dataclass(frozen=True)
class Asked:
    """The options, as typed; None: everything, and what is usual."""

    client: str | None = None
    metric: str | None = None
    since: str | None = None
    machine: str | None = None
    anchor: str | None = None
    fail_on: str | None = None


def show_trend(
    database: Path, asked: Asked, outputs: Sequence[str], *, as_json: bool, force: bool
) -> int:
    """Print the lines of a client or of all, and write them to files; return the exit code.

    Raises UsageError and StoreError.
    """
    for field in ("client", "machine", "anchor"):
        if getattr(asked, field) == "":
            raise refusal(field, "", "a name of `clientbench results trend`")
    metric, since = _metric(asked.metric), _since(asked.since)
    if asked.fail_on is not None:
        one_of("fail_on", asked.fail_on, ("step",))
    for name in outputs:
        trend_files.for_path(name)
    paths = [
        checked(name, database, force=force, is_report=trend_files.is_report) for name in outputs
    ]
    found = _lines(database, asked, metric, since)
    for path in paths:
        text = trend_files.for_path(path)(found)
        write(path, text, database, force=force, is_report=trend_files.is_report)
    if as_json:
        say(trend_files.to_json(found), end="")
    else:
        console = console_for(sys.stdout)
        for part in trend.screen(found, console.width, in_full=asked.client is not None):
            console.print(part, soft_wrap=not console.is_terminal)
    if asked.fail_on is not None and not trend.is_decided(found):
        told = "; ".join(trend.answer(found)).removeprefix("trend  ")
        say(f"clientbench: {option('fail_on')} step: nothing was decided: {told}", sys.stderr)
    is_failing = asked.fail_on is not None and any(map(failing, found))
    return NOT_KEPT if is_failing else DONE


def _lines(
    database: Path, asked: Asked, metric: Metric | None, since: datetime | None
) -> list[Line]:
    """Return the lines that are asked for. Raises UsageError if there is none."""
    points = _points(database)
    if asked.machine is not None:
        machine = _known("machine", asked.machine, (point.machine for point in points))
        points = [point for point in points if point.machine == machine]
    is_asked = _matching(asked.client, points)
    if asked.anchor is not None:
        anchor = _known("anchor", asked.anchor, (point.name for point in points))
        points = anchored(points, anchor, trends.round_values(database))
    if since is not None:
        points = [point for point in points if moment(point.started_at) >= since]
    found = lines(points, metric, is_asked)
    if not found:
        raise UsageError(
            "there is no run since then; expected an earlier date", "since", value=repr(asked.since)
        )
    return found


def _points(database: Path) -> list[TrendPoint]:
    """Read all points; a database of an older version is first brought up to date."""
    bring_up_to_date(database)
    notice = lock_notice(database)
    left_out: dict[str, None] = {}  # in order, each once
    points = trends.trend_points(database, notice, lambda what: left_out.update({what: None}))
    if not points and left_out:
        problem = f"has no run that can be read ({one_line(next(iter(left_out)))})"
        raise unusable(database, problem, "it is damaged or was edited")
    for what in list(left_out)[:MOST_NAMES]:
        say(f"clientbench: left out: {one_line(what)}", sys.stderr)
    if len(left_out) > MOST_NAMES:
        say(f"clientbench: left out: {len(left_out) - MOST_NAMES} more", sys.stderr)
    if not points:
        raise UsageError(
            "has no run that has ended; expected one, see `clientbench results list`",
            "database",
            value=repr(str(database)),
        )
    return points


def _matching(client: str | None, points: Sequence[TrendPoint]) -> Callable[[TrendPoint], bool]:
    """Return whether a point is of the client: by its label, name, or library, mode or not."""
    if client is None:
        return lambda _: True
    wanted = _known("client", client, (name for point in points for name in _names(point))).lower()
    return lambda point: wanted in {name.lower() for name in _names(point)}


def _names(point: TrendPoint) -> tuple[str, ...]:
    library = point.client_library
    return point.name, point.label, library, f"{library}:{point.client_type}"


def _known(field: str, typed: str, names: Iterable[str]) -> str:
    """Return the stored name that was typed, in any case. Raises UsageError for an unknown one."""
    known = sorted(set(names))
    wanted = typed.strip()
    for name in (*(one for one in known if one == wanted), *known):
        if name.lower() == wanted.lower():
            return name
    more = f" and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
    raise refusal(field, typed, f"one of {', '.join(known[:MOST_NAMES])}{more}", known)


def _metric(typed: str | None) -> Metric | None:
    if typed is None:
        return None
    return TYPED_METRICS[one_of("metric", typed.replace("_", "-"), TYPED_METRICS)]


def _since(typed: str | None) -> datetime | None:
    """Return the moment that a date or an age means."""
    if typed is None:
        return None
    age = re.fullmatch(r"([0-9]{1,6})d", typed.strip().lower())
    if age and int(age[1]) <= MOST_DAYS:
        return datetime.now(UTC) - timedelta(days=int(age[1]))
    try:
        return moment(typed.strip())
    except ValueError:
        accepted = "a date such as 2026-03-01, or an age such as 90d"
        raise refusal("since", typed, accepted) from None
