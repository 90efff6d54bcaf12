"""Errors of the machine that are neither our bug nor bad input: memory, disk, limits."""

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
# Address space, not memory. OpenBLAS takes some per processor, and ends the process without it.
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
    """Raise ``UnusableError`` for limits under which everything would fail without a reason."""
    try:
        Path.cwd()
    except OSError as error:
        raise UnusableError(
            f"working folder: {error.strerror}; change to one that exists"
        ) from error
    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
        # Python would keep a bytecode file that was cut off, and fail on it from then on.
        sys.dont_write_bytecode = True
    needed = LEAST_ADDRESSES + ADDRESSES_PER_CPU * (os.cpu_count() or 1)
    for name, limit in (("ulimit -v", resource.RLIMIT_AS), ("ulimit -d", resource.RLIMIT_DATA)):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY and soft < needed:
            raise UnusableError(
                f"{name}: {soft // 1024} is too little; expected at least {needed // 1024}"
            )


def refusal_of_machine(error: Exception) -> str | None:
    """Return one line about an error of the machine, with its file if any; None for others."""
    if isinstance(error, MemoryError) or "failed to map segment" in str(error):
        return f"memory: there is not enough; {HINTS[errno.ENOMEM]}"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return f"threads: no more can be started; {HINTS[errno.EAGAIN]}"
    if isinstance(error, shutil.Error):  # has a list of files that could not be copied
        _, copy, reason = error.args[0][0]
        return f"{copy!r}: {reason.partition('] ')[2].partition(':')[0] or reason}"
    if not isinstance(error, OSError) or isinstance(error, ConnectionError | TimeoutError):
        return None
    hint = HINTS.get(error.errno or 0)
    place = "this machine" if error.filename is None else repr(error.filename)
    return f"{place}: {error.strerror or error}" + (f"; {hint}" if hint else "")
