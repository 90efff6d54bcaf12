"""What the machine refuses: no bug of ours, and nothing that the user has typed."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sys
from pathlib import Path

from harness.errors import UnusableError

__all__ = ["check_machine", "refusal_of_machine"]

MIB = 2**20
# Addresses, not memory. OpenBLAS takes some per processor, and ends the process where it gets none.
LEAST_ADDRESSES, ADDRESSES_PER_CPU = 512 * MIB, 32 * MIB
HINTS = {
    errno.EMFILE: "see ulimit -n",
    errno.ENFILE: "see fs.file-max",
    errno.EFBIG: "see ulimit -f",
    errno.ENOMEM: "see ulimit -v, and what else runs here",
    errno.EAGAIN: "see ulimit -u",
    errno.ENOSPC: "free some, or set TMPDIR to a folder elsewhere",
    errno.EDQUOT: "free some, or set TMPDIR to a folder elsewhere",
    errno.EROFS: "set TMPDIR, XDG_CACHE_HOME or XDG_STATE_HOME to a folder elsewhere",
}


def check_machine() -> None:
    """Raise ``UnusableError`` where nothing could work, and would not say why."""
    try:
        Path.cwd()
    except OSError as error:
        raise UnusableError(
            f"working folder: {error.strerror}; change to one that exists"
        ) from error
    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
        # Python would keep one that is cut off, and trip over it ever after.
        sys.dont_write_bytecode = True
    needed = LEAST_ADDRESSES + ADDRESSES_PER_CPU * (os.cpu_count() or 1)
    for name, limit in (("ulimit -v", resource.RLIMIT_AS), ("ulimit -d", resource.RLIMIT_DATA)):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY and soft < needed:
            raise UnusableError(
                f"{name}: {soft // 1024} is too little; expected at least {needed // 1024}"
            )


def refusal_of_machine(error: Exception) -> str | None:
    """One line about what the machine refused, naming a file where there is one; None for other errors."""
    if isinstance(error, MemoryError) or "failed to map segment" in str(error):
        return f"memory: there is not enough; {HINTS[errno.ENOMEM]}"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return f"threads: no more can be started; {HINTS[errno.EAGAIN]}"
    if isinstance(error, shutil.Error):  # a list of what could not be copied
        _, copy, reason = error.args[0][0]
        return f"{copy!r}: {reason.partition('] ')[2].partition(':')[0] or reason}"
    if not isinstance(error, OSError) or isinstance(error, ConnectionError | TimeoutError):
        return None
    hint = HINTS.get(error.errno or 0)
    place = "this machine" if error.filename is None else repr(error.filename)
    return f"{place}: {error.strerror or error}" + (f"; {hint}" if hint else "")
