"""Standard streams that survive being closed, full, blocked, or a pipe without a reader.

If a stream fails, only its output is lost: measuring, storing and writing files go on.
docs/environment.md says which exit code follows.
"""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from harness import interrupts
from harness.cli.exit_codes import CLOSED_PIPE, INTERRUPTED, UNUSABLE
from harness.cli.screen import say

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["guard", "is_lost", "settled"]

# Replacements for characters that an encoding lacks; others become escapes such as \xe9.
REPLACEMENTS = {
    "·–—−‐‑─": "-",
    "×✗": "x",
    "µμ": "u",
    "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}": " ",
    "‘’": "'",
    "“”„": '"',
    "▀▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐░▒▓": "#",  # bars, and parts of them
    **{"…": "...", "→": "->", "←": "<-", "↑": "^", "↓": "v", "•": "*", "✓": "+"},
    **{"▲": "^", "▼": "v"},
    **{"≥": ">=", "≤": "<=", "≈": "~", "±": "+-", "÷": "/", "²": "^2", "│": "|", "┼": "+"},
}
PLAIN = str.maketrans({char: text for chars, text in REPLACEMENTS.items() for char in chars})
ERRORS = "clientbench.plain"  # the error handler that replaces them, for `encode` and streams
# ASCII under another name: click writes UTF-8 to a stream whose encoding is called ASCII.
ASCII = "clientbench_ascii"
PIECE_BYTES = select.PIPE_BUF  # a pipe that poll() calls writable takes this much without blocking
LOOK_S = 0.2


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Replace characters; an error handler for ``codecs.register_error``."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end].translate(PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


def _ascii(name: str) -> codecs.CodecInfo | None:
    """Find the codec; a search function for ``codecs.register``."""
    if name != ASCII:
        return None
    known = codecs.lookup("ascii")
    return codecs.CodecInfo(
        known.encode,
        known.decode,
        incrementalencoder=known.incrementalencoder,
        incrementaldecoder=known.incrementaldecoder,
        name=ASCII,
    )


codecs.register_error(ERRORS, _plain)
codecs.register(_ascii)


class _Forgiving(io.FileIO):
    """Accepts everything, writes each byte once, and nothing after the first failure."""

    failure: OSError | None = None
    # Data that was written, but a signal struck before the caller knew: it will be passed again.
    _untold = b""

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data).cast("B")
        if self.failure is None:
            try:
                if not self._untold or view[: len(self._untold)] != self._untold:
                    self._write(view[:PIECE_BYTES])
            except OSError as error:
                self.failure = error
                return len(view)
            written = len(self._untold)
            self._untold = b""  # no call follows, so no signal can strike before the return
            return written
        return len(view)

    def _write(self, data: memoryview) -> None:
        """Wait for room, then write. Signals take effect meanwhile, unlike in a blocked write."""
        ready = select.poll()
        ready.register(self.fileno(), select.POLLOUT)
        try:
            while not ready.poll(LOOK_S * 1000):
                interrupts.check()
        except KeyboardInterrupt:  # nobody reads the stream, and the user gave up waiting
            self.failure = OSError("unread")
            raise
        with interrupts.postponed():
            self._untold = bytes(data[: super().write(data) or 0])


def guard() -> None:
    """Replace the standard streams; open closed descriptors on /dev/null.

    Otherwise the next file that is opened, even a database, would get the descriptor of a stream.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number: this one
    sys.stdout = _guarded(1, sys.stdout, by_line=os.isatty(1))
    sys.stderr = _guarded(2, sys.stderr, by_line=True)


def is_lost(stream: TextIO) -> bool:
    """Say whether writing to ``stream`` has failed for good."""
    return _failure_of(stream) is not None


def settled(code: int) -> int:
    """Flush the streams and return the final exit code, which reports a failed output."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except KeyboardInterrupt:
            code = code or INTERRUPTED
    failure = _failure_of(sys.stdout)
    if code or failure is None:
        return code
    if isinstance(failure, BrokenPipeError):
        return CLOSED_PIPE
    say(f"clientbench: standard output: {failure.strerror}", sys.stderr)
    return UNUSABLE


def _guarded(descriptor: int, before: TextIO | None, *, by_line: bool) -> TextIO:
    raw = _Forgiving(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=None if before is None else _encoding(before),
        errors=ERRORS,  # for characters that the encoding lacks, and file names that are not text
        line_buffering=by_line,
    )


def _encoding(stream: TextIO) -> str:
    return ASCII if codecs.lookup(stream.encoding).name == "ascii" else stream.encoding


def _failure_of(stream: TextIO) -> OSError | None:
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw.failure if isinstance(raw, _Forgiving) else None
