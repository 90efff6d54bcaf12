"""Programs that are not ours, as far as clientbench can tell: no descendants of this process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

LONGEST_S = 60  # whatever becomes of the test
SPINNING = f"""
import time
ended = time.monotonic() + {LONGEST_S}
while time.monotonic() < ended: pass
"""
# The parent ends at once, so that its child belongs to nobody here.
LEAVING = f"""
import subprocess, sys
nothing = subprocess.DEVNULL
child = subprocess.Popen([sys.executable, "-c", {SPINNING!r}], start_new_session=True,
                         stdin=nothing, stdout=nothing, stderr=nothing)
print(child.pid, flush=True)
"""


@contextlib.contextmanager
def busy_stranger() -> Iterator[int]:
    """The process id of a program that does nothing but use a CPU; it is ended afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", LEAVING], check=True, capture_output=True, text=True
    )
    pid = int(done.stdout)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        _wait_until_gone(pid)


def _wait_until_gone(pid: int) -> None:
    """Whoever adopted it reaps it, or does not."""
    deadline = time.monotonic() + 5
    with contextlib.suppress(psutil.NoSuchProcess):
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.01)
