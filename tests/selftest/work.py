"""Work for a process of its own, which must be able to import it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from harness import interrupts


def wait_for_ever(told: str) -> None:
    """Write this process's id, and wait for a signal."""
    with interrupts.allowed():
        Path(told).write_text(str(os.getpid()))
        while True:
            signal.pause()
