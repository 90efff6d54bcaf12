"""Runs work in a process of its own: measuring lowers the priority, which cannot be undone."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from harness import interrupts

__all__ = ["apart"]

T = TypeVar("T")
PATIENCE_S = 30.0  # an interrupted run ends its processes


def apart(work: Callable[..., T], *arguments: object) -> T:
    """Run ``work(*arguments)`` in a process of its own; all of it and the answer must be picklable.

    Raises what ``work`` raised. An interrupt ends the process, which has time to tidy up. It also
    ends itself if this process is gone.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_answer, args=(theirs, work, *arguments))
    with _blocked():
        process.start()
    theirs.close()
    try:
        with interrupts.allowed():
            answer = ours.recv()
    except EOFError:
        answer = RuntimeError(f"{work.__name__} ended without an answer")
    except KeyboardInterrupt:
        process.terminate()
        raise
    finally:
        ours.close()
        process.join(PATIENCE_S)
        process.kill()  # unless it has ended
        process.join()
        process.close()
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[no-any-return]


@contextlib.contextmanager
def _blocked() -> Iterator[None]:
    """Block signals for processes that the block starts: Ctrl-C reaches all processes at once."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupts.signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answer(answers: Connection, work: Callable[..., Any], *arguments: object) -> None:
    with interrupts.deferred():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, interrupts.signals())
        threading.Thread(target=_end_with_parent, daemon=True).start()
        try:
            answer = work(*arguments)
        except KeyboardInterrupt:
            return
        except Exception as error:
            error.add_note(traceback.format_exc())
            answer = error
        with contextlib.suppress(BrokenPipeError):
            answers.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
