"""What is written to standard error while a signal comes."""

from __future__ import annotations

import subprocess
import sys

# A signal takes effect where something is called or a call has come back, so it is sent at the first of these
# places, then at the second, and so on through all that happen while one line is written.
STRUCK_EVERYWHERE = """
import contextlib, signal, sys, threading
from harness.cli import streams

def strikes_at(place, text):
    seen = [0]

    def strike(frame, event, _):
        seen[0] += event != "return"
        if seen[0] == place and event != "return":
            signal.raise_signal(signal.SIGINT)

    streams.guard()
    with contextlib.suppress(KeyboardInterrupt):
        try:
            sys.setprofile(strike)
            print(text, file=sys.stderr)
        finally:
            sys.setprofile(None)
        for later in threading.enumerate()[1:]:  # a signal that was put off
            later.join()
    sys.stderr.flush()
    return seen[0] >= place

place = 1
while strikes_at(place, f"line {place}"):
    place += 1
print(place)
"""


def test_a_line_is_written_once_wherever_a_signal_strikes() -> None:
    """CI met it: what had been written was written again when a signal came before that was known."""
    words = [sys.executable, "-c", STRUCK_EVERYWHERE]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    places = int(ended.stdout)
    lines = ended.stderr.splitlines()

    assert places > 50
    assert len(set(lines)) == len(lines)
    assert len(lines) > places / 2  # else nothing was written where the signal came first
