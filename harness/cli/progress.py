"""Progress on standard error: one live line on a terminal, one line per round elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from harness.cli.screen import say
from harness.measure.rounds import Progress, Status
from harness.text import visible

if TYPE_CHECKING:
    from rich.live import Live

__all__ = ["progress_on"]

REFRESH_PER_SECOND = 4  # the display shares the target's CPU


def progress_on(stream: TextIO) -> contextlib.AbstractContextManager[Progress]:
    """The progress display that suits ``stream``."""
    return _live(stream) if stream.isatty() else contextlib.nullcontext(_Lines(stream))


def line(status: Status) -> str:
    """One line about where the run is."""
    rate = status.requests_per_second
    so_far = "warming up" if rate is None else f"{rate:,.0f} requests/s so far"
    left_s = round(status.left_s)
    left = f"{left_s // 60}:{left_s % 60:02d} left" + (" at most" if status.rounds is None else "")
    return f"{_round(status)} · {status.label} · {so_far} · {left}"


def _round(status: Status) -> str:
    return f"round {status.round}" + (f"/{status.rounds}" if status.rounds is not None else "")


class _Lines:
    """For logs: the first thing that happens in each round."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._round = 0

    def update(self, status: Status) -> None:
        if status.round != self._round:
            self._round = status.round
            left = line(status).rpartition(" · ")[2]
            self.say(f"{_round(status)} · {left}")

    def say(self, line: str) -> None:
        say(line, self._stream)


class _Live:
    """For terminals: drawn by the measuring thread itself, no more often than allowed."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._due = 0.0

    def update(self, status: Status) -> None:
        from rich.text import Text

        now = time.monotonic()
        if now >= self._due:
            self._due = now + 1 / REFRESH_PER_SECOND
            text = Text(visible(line(status)), no_wrap=True, overflow="ellipsis")
            self._live.update(text, refresh=True)

    def say(self, line: str) -> None:
        from rich.text import Text

        self._live.console.print(Text(visible(line)))


@contextlib.contextmanager
def _live(stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(file=stream), auto_refresh=False, transient=True) as live:
        yield _Live(live)
