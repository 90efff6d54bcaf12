"""The process that runs a target of several servers: ``python -m servers.host SPEC``, or ``--standing``.

It speaks JSON lines with its parent, as the embedded target does: one ``ready`` (or ``failed``) event, then one
answer per command. The end of standard input ends it and everything it has started, so that not even a killed
parent leaves anything behind. A *standing* one has nobody to speak with; it runs until it gets a SIGTERM. What
it has started is in its record (``servers.standing``) for those who clean up if it is killed itself.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from servers.assembly import Assembly
from servers.base import TargetError
from servers.spec import TargetSpec
from servers.standing import Record, write

__all__ = ["main"]

_STDIN, _STDOUT = 0, 1


def main() -> int:
    """Run the target until there is nobody left who wants it."""
    parser = argparse.ArgumentParser(prog="servers.host", description=__doc__)
    parser.add_argument("spec", type=TargetSpec.from_json)
    parser.add_argument("--standing", action="store_true")
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with _ended() as ended, _folder() as folder:
        record = Record.begin(given.spec, folder, standing=given.standing)
        assembly = Assembly(given.spec, folder, record.id)
        write(record)
        try:
            return _run(assembly, record, ended, given.standing)
        finally:
            assembly.stop()
            record.remove()


def _run(assembly: Assembly, record: Record, ended: int, standing: bool) -> int:
    try:
        assembly.start()
    except TargetError as error:
        write(record.failed(str(error)))
        _say(event="failed", reason=str(error))
        return 3
    ready = _ready(assembly)
    write(record.ready(ready, [part.identity() for part in assembly.parts]))
    _say(**ready)
    commands: dict[str, Callable[[], dict[str, Any]]] = {
        "counts": assembly.counts,
        "use": lambda: {"containers": assembly.use()},
    }
    _serve(commands, ended, standing)
    return 0


def _ready(assembly: Assembly) -> dict[str, Any]:
    parts = [
        {"name": part.name, "role": part.plan.role, "pids": part.pids()} for part in assembly.parts
    ]
    return {
        "event": "ready",
        "base_url": assembly.base_url,
        "ca_file": assembly.ca_file,
        "parts": parts,
        "description": assembly.describe(),
    }


def _serve(commands: dict[str, Callable[[], dict[str, Any]]], ended: int, standing: bool) -> None:
    """Answer commands until standard input ends or a signal comes."""
    unread = b""
    watched = [ended] if standing else [ended, _STDIN]
    while True:
        readable, _, _ = select.select(watched, [], [])
        if ended in readable:
            return
        data = os.read(_STDIN, 65536)
        if not data:
            return
        *lines, unread = (unread + data).split(b"\n")
        for line in lines:
            name = json.loads(line)["do"]
            try:
                _say(**commands[name]())
            except TargetError as error:
                _say(gone=str(error))


def _say(**message: Any) -> None:
    """Write one line; a parent that is gone is noticed by ``_serve``."""
    left = memoryview(json.dumps(message).encode() + b"\n")
    with contextlib.suppress(BrokenPipeError):
        while left:
            left = left[os.write(_STDOUT, left) :]


@contextlib.contextmanager
def _ended() -> Iterator[int]:
    """A descriptor that becomes readable with the first signal that asks for the end."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def note(_number: int, _frame: object) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(writing, b"x")

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
    yield reading


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder that only we can look into."""
    path = Path(tempfile.mkdtemp(prefix="clientbench-target-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
