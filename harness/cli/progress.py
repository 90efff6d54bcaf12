"""Progress on standard error: one live line on a terminal, one line per round elsewhere."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Iterator
from typing import TextIO

from rich.cells import cell_len, set_cell_size

from harness.cli.screen import USUAL_COLUMNS, as_shown, has_colours, is_live, say
from harness.measure.rounds import Progress, Status
from harness.report.wrapping import wrapped
from harness.text import visible

__all__ = ["ERASE", "pieces", "progress_on"]

REFRESH_PER_SECOND = 4  # the display shares the target's CPU
SEPARATOR = " · "
LABEL = "\x1b[36m{}\x1b[39m"  # the running client, in cyan
# Erases to the end of the line only: erasing a whole screen in tmux adds it to the history.
ERASE = "\x1b[K"
DOWN, SAVE, RESTORE = "\x1b[B", "\x1b7", "\x1b8"
# A window may already be narrower than we know: tmux reports it after a quarter of a second.
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"


def progress_on(stream: TextIO) -> contextlib.AbstractContextManager[Progress]:
    """Return the progress display that suits ``stream``."""
    return _live(stream) if is_live(stream) else contextlib.nullcontext(_Lines(stream))


def pieces(status: Status, columns: int, stream: TextIO) -> tuple[str, str, str]:
    """Return one line about the run, at most ``columns`` wide, as ``stream`` will show it.

    It has three pieces; the second is the label. Long words are used if they fit, else short ones,
    else the label is cut. A figure is only cut if there is not enough room without a label.
    """
    separator, mark = as_shown(SEPARATOR, stream), as_shown("…", stream)
    label = as_shown(visible(status.label), stream)
    for brief in (False, True):
        before = _round(status, brief=brief) + separator
        behind = f"{separator}{_so_far(status, brief=brief)}{separator}{_left(status, brief=brief)}"
        room = columns - cell_len(before + behind)
        if cell_len(label) <= room:
            return before, label, behind
    if room > len(mark):
        return before, set_cell_size(label, room - len(mark)) + mark, behind
    return "", "", set_cell_size(before + behind.removeprefix(separator), columns).rstrip()


def _round(status: Status, *, brief: bool = False) -> str:
    if status.rounds is None:
        return f"round {status.round}"
    return f"{'' if brief else 'round '}{status.round}/{status.rounds}"


def _so_far(status: Status, *, brief: bool) -> str:
    rate = status.requests_per_second
    if rate is None:
        return "warming up"
    return f"{rate:,.0f}/s" if brief else f"{rate:,.0f} requests/s so far"


def _left(status: Status, *, brief: bool = False) -> str:
    left_s = round(status.left_s)
    at_most = " at most" if status.rounds is None and not brief else ""
    return f"{left_s // 60}:{left_s % 60:02d} left{at_most}"


class _Lines:
    """Progress for logs: one line at the beginning of each round."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._round = 0

    def update(self, status: Status) -> None:
        if status.round != self._round:
            self._round = status.round
            self.say(f"{_round(status)}{SEPARATOR}{_left(status)}")

    def say(self, line: str) -> None:
        say(line, self._stream)


class _Live:
    """Progress for terminals: drawn by the measuring thread itself, no more often than allowed.

    It is drawn without rich, because that takes 0.07 ms of the target's CPU instead of 0.24 ms. The
    cursor stays at the beginning of the line, even if a narrower window breaks the line in two.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._coloured = has_colours(stream)
        self._drawn = 0  # width of the line on the screen
        self._due = 0.0

    def update(self, status: Status) -> None:
        now = time.monotonic()
        if now < self._due or not self._takes_more():
            return
        self._due = now + 1 / REFRESH_PER_SECOND
        columns = self._columns()
        # Leave the last column free: after a character there, some terminals begin a new line.
        before, label, behind = pieces(status, columns - 1, self._stream)
        shown = LABEL.format(label) if self._coloured and label else label
        line = f"{NO_WRAP}{before}{shown}{behind}{WRAP}"
        self._write(f"{self._erasure(columns)}{line}\r")
        self._drawn = cell_len(before + label + behind)

    def say(self, line: str) -> None:
        columns = self._columns()
        text = "\n".join(wrapped(visible(line), columns, 0, 2))
        self._write(f"{self._erasure(columns)}{text}\n")
        self._drawn, self._due = 0, 0.0

    def erase(self) -> None:
        """Erase the line, unless the terminal is stopped (Ctrl-S) and would block."""
        if self._takes_more():
            self._write(self._erasure(self._columns()))

    def _erasure(self, columns: int) -> str:
        """Return the escapes that erase the line, and its further rows in a narrower window."""
        rows = max(0, self._drawn - 1) // columns
        return f"\r{SAVE}{ERASE}{f'{DOWN}{ERASE}' * rows}{RESTORE}"

    def _columns(self) -> int:
        """Return the present width of the terminal."""
        with contextlib.suppress(OSError):
            return os.get_terminal_size(self._stream.fileno()).columns or USUAL_COLUMNS
        return USUAL_COLUMNS

    def _takes_more(self) -> bool:
        """Say whether writing would not block; Ctrl-S may have stopped the terminal."""
        ready = select.poll()
        ready.register(self._stream.fileno(), select.POLLOUT)
        return bool(ready.poll(0))

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


@contextlib.contextmanager
def _live(stream: TextIO) -> Iterator[Progress]:
    display = _Live(stream)
    try:
        yield display
    finally:
        display.erase()
