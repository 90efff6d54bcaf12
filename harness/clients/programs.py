"""Other programs: run to their end, with what they have started."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from harness import interrupts

__all__ = ["ended"]

CHECK_S = 0.1  # interval of checks for an interrupt meanwhile


def ended(
    command: Sequence[str], stdin: str = "", *, patience_s: float = math.inf, **started: Any
) -> tuple[int, str, str]:
    """Run a command that reads ``stdin``. Return its exit code, output and errors.

    ``started`` are further arguments of ``Popen``. Raises ``OSError`` if it cannot be started,
    ``TimeoutError`` after ``patience_s``, and ``KeyboardInterrupt``; then its children end with it.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        errors="replace",
        start_new_session=True,
        **started,
    ) as process:
        deadline = time.monotonic() + patience_s
        text: str | None = stdin
        try:
            while True:
                interrupts.check()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    output, errors = process.communicate(text, CHECK_S)
                    return process.returncode, output, errors
                text = None  # the first call has taken it
                if time.monotonic() > deadline:
                    raise TimeoutError
        except BaseException:
            # also where it has ended, but a child of it keeps a pipe open
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
