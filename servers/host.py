"""The process that runs a target of several servers: ``python -m servers.host SPEC``, or
``--standing``.

It exchanges JSON lines with its parent, as the embedded target does: one ``ready`` (or ``failed``)
event, then one answer per command. When standard input ends, it stops itself and everything it has
started, so that even a killed parent leaves nothing behind. A *standing* host sends only the event
and runs until it gets a SIGTERM. Its record (``servers.standing``) lists what it has started, so
that this can be cleaned up if the host itself is killed.
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
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from servers import scratch
from servers.assembly import Assembly
from servers.base import TargetError
from servers.plugins import defect
from servers.spec import TargetSpec
from servers.standing import Record, enter, sweep, write

__all__ = ["main"]

_STDIN, _STDOUT = 0, 1


def main() -> int:
    """Run the target until the parent is gone or a signal arrives."""
    parser = argparse.ArgumentParser(prog="servers.host", description=__doc__)
    parser.add_argument("spec", type=TargetSpec.from_json)
    parser.add_argument("--standing", action="store_true")
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signals = Signals()
    if given.standing:
        os.chdir("/")  # the user may want to remove the folder that the command was typed in
    else:
        threading.Thread(target=_watch_parent, daemon=True).start()
    try:
        with _recorded(given.spec, given.standing) as record:
            _run(record, signals)
    except TargetError as error:  # sent when everything is gone, so that nobody sees a partial stop
        _say(event="failed", reason=str(error))
        return 3
    except Exception as error:
        traceback.print_exc()
        _say(event="failed", reason=defect(given.spec.name, error))
        return 3
    return 0


def _run(record: Record, signals: Signals) -> None:
    _check_port(record.spec)
    assembly = Assembly(record.spec, Path(record.folder), record.id)
    started = True
    try:
        started = signals.end(assembly.start)
        if started:
            _serve(assembly, record, signals)
    finally:
        _stop(assembly)
    if not started:
        sweep(record)  # made just now, and not noted yet


def _stop(assembly: Assembly) -> None:
    try:
        assembly.stop()
    except TargetError as error:  # not caught below: the record is kept for those who clean up
        sys.exit(f"{assembly.spec.name} could not be stopped: {error}")


def _ready(assembly: Assembly) -> dict[str, Any]:
    parts = [
        {"name": part.name, "role": part.part_spec.role, "pids": part.pids()}
        for part in assembly.parts
    ]
    return {
        "event": "ready",
        "base_url": assembly.base_url,
        "ca_file": assembly.ca_file,
        "parts": parts,
        "description": assembly.describe(),
    }


def _serve(assembly: Assembly, record: Record, signals: Signals) -> None:
    """Answer commands until standard input ends or a signal arrives."""
    ready = _ready(assembly)
    write(record.ready(ready, [part.identity() for part in assembly.parts]))
    _say(**ready)
    commands: dict[str, Callable[[], dict[str, Any]]] = {
        "counts": assembly.counts,
        "use": lambda: {"containers": assembly.use()},
    }
    unread = b""
    watched = [signals.noted] if record.standing else [signals.noted, _STDIN]
    while True:
        readable, _, _ = select.select(watched, [], [])
        if signals.noted in readable:
            return
        data = os.read(_STDIN, 65536)
        if not data:
            return
        *lines, unread = (unread + data).split(b"\n")
        for line in lines:
            if not signals.end(partial(_answer, commands[json.loads(line)["do"]])):
                return


def _answer(command: Callable[[], dict[str, Any]]) -> None:
    try:
        _say(**command())
    except TargetError as error:
        _say(gone=str(error))


def _say(**message: Any) -> None:
    """Write one line; ``_serve`` notices if the parent is gone."""
    left = memoryview(json.dumps(message).encode() + b"\n")
    with contextlib.suppress(BrokenPipeError):
        while left:
            left = left[os.write(_STDOUT, left) :]


class Signals:
    """The signals that stop the host. The first one makes the descriptor ``noted`` readable."""

    def __init__(self) -> None:
        self.noted, writing = os.pipe()
        os.set_blocking(writing, False)
        # Written to by the system's handler: Python's may run only after the next ``select``.
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._ends = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)

    def end(self, work: Callable[[], None]) -> bool:
        """Do ``work``, which a signal interrupts; return whether it was completed.

        It may be interrupted anywhere, so everything that ``work`` leaves must be found without it:
        the kernel ends the processes of a host that is gone, and the engine finds containers by
        label.
        """
        try:
            try:
                self._ends = True
                if not select.select([self.noted], [], [], 0)[0]:
                    work()
                    return True
            finally:
                self._ends = False
        except KeyboardInterrupt:  # perhaps out of the ``finally``
            pass
        return False

    def _note(self, _number: int, _frame: object) -> None:
        if self._ends:
            self._ends = False
            raise KeyboardInterrupt


def _watch_parent() -> None:
    """End the host if its parent ends during the start, when standard input is not read yet."""
    poll = select.poll()
    poll.register(_STDIN, 0)  # POLLHUP is reported whatever the event mask
    poll.poll()
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    signal.pthread_kill(main_thread, signal.SIGTERM)


@contextlib.contextmanager
def _recorded(spec: TargetSpec, standing: bool) -> Iterator[Record]:
    """Keep the record and folder of this process; both stay if its target could not be stopped."""
    folder, _ = scratch.make(scratch.TARGET)
    record = Record.begin(spec, folder, standing)
    try:
        enter(record)
        yield record
    except Exception:
        _forget(record)
        raise
    _forget(record)


def _forget(record: Record) -> None:
    shutil.rmtree(record.folder, ignore_errors=True)
    record.remove()


def _check_port(spec: TargetSpec) -> None:
    """Raise if the port is taken: the program that listens there would be measured instead."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", spec.port))
        except OSError as error:
            raise TargetError(
                f"{spec.name}: cannot listen on port {spec.port} ({error.strerror}); "
                "choose a free port, or give none"
            ) from error


if __name__ == "__main__":
    sys.exit(main())
