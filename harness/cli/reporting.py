"""``report``: a run as an HTML page or as pictures, or several runs as one page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from harness.analysis.environments import StoredRun
from harness.analysis.same_labels import with_labels_of
from harness.cli import output
from harness.cli.diffing import check_pair
from harness.cli.exit_codes import DONE, UNUSABLE
from harness.cli.locks import lock_notice
from harness.cli.output import Reports
from harness.cli.screen import say
from harness.errors import UsageError
from harness.report.html.page import check_comparable, to_page
from harness.store import reading

__all__ = ["report"]

LATEST = "latest"
PAGE = "report.html"


def report(
    database: Path,
    keys: Sequence[str],
    names: Sequence[str],
    *,
    force: bool,
    with_matrix: bool,
) -> int:
    """Write the files, and print their names. Return the exit code.

    Raises UsageError for files that cannot be written and for runs that cannot be compared.
    """
    keys, names = keys or (LATEST,), names or (PAGE,)
    if len(keys) > 1:
        _check_pages(names)
    files = Reports.of(names, database, force=force, with_matrix=with_matrix)
    notice = lock_notice(database)
    stored = [reading.show_run(database, key, notice) for key in keys]
    if len(stored) > 1:
        return _side_by_side(files, keys, stored)
    run, trials = stored[0]
    troubles = list(files.write(run, trials, _say_written))
    sys.stdout.flush()
    for trouble in troubles:
        say(f"clientbench: {trouble}", sys.stderr)
    return UNUSABLE if troubles else DONE


def _check_pages(names: Sequence[str]) -> None:
    for name in names:
        if Path(name).suffix.lower() != ".html":
            raise UsageError(
                "only a page has several runs; expected a name that ends in .html, or one run",
                "output",
                value=repr(name),
            )


def _side_by_side(files: Reports, keys: Sequence[str], stored: Sequence[StoredRun]) -> int:
    for (key, ours), (other, theirs) in combinations(zip(keys, stored, strict=True), 2):
        same = with_labels_of(ours, theirs)
        check_pair((key, other), ours, same)
        check_comparable(ours, same)
    page = to_page(stored, with_matrix=files.with_matrix)
    for path in files.paths:
        output.write(path, page, files.database, force=files.force)
        _say_written(path)
    return DONE


def _say_written(path: Path) -> None:
    say(f"{path} ({path.stat().st_size / 1000:,.0f} kB)")
