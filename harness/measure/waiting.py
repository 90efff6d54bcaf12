"""Waiting for workers without going blind: rows are drained and readings taken meanwhile."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Sequence
from typing import Any

from harness import interrupts
from harness.measure.workers import WorkerError, WorkerProcess

__all__ = ["Alarm", "Answers", "Tick", "wait_for"]

Answers = dict[WorkerProcess, dict[str, Any] | WorkerError]
Alarm = tuple[int, Callable[[], None]]  # an instant, and what to do then
Tick = Callable[[], float]  # drains and samples; returns how full the fullest ring was, 0 to 1
FIRST_WAIT_S, LONGEST_WAIT_S, SHORTEST_WAIT_S = 0.01, 0.1, 0.002
NEARLY_EMPTY = 0.1
SILENT = "the worker did not close in time and was killed"
EXACT_NS = 2_000_000  # before an alarm: selectors count in milliseconds, and wake up one too late


def wait_for(
    workers: Sequence[WorkerProcess],
    event: str,
    deadline_ns: Callable[[], int],
    tick: Tick,
    alarm: Alarm | None = None,
    silent: str = SILENT,
) -> Answers:
    """Return each worker's next ``event``, or the ``WorkerError`` why there is none.

    Returns as soon as there is one error, without the answers of busy workers: a load with too few
    slots must not be measured.

    ``tick`` is called after 10 ms, then after twice as long each time, up to 0.1 s, and more often
    the faster rings fill: waking up costs the target CPU, which we share. ``deadline_ns`` is
    evaluated each time, so that a worker which still makes progress gets more time. After the last
    answer there is no tick, so that clocks are read without delay. ``silent`` is the error of
    workers that have not answered by the deadline.
    """
    answers: Answers = {}
    wait_s = FIRST_WAIT_S
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker, selectors.EVENT_READ)
        while len(answers) < len(workers):
            if alarm is not None and time.monotonic_ns() >= alarm[0] - EXACT_NS:
                _ring(alarm)
                alarm = None
            now_ns = time.monotonic_ns()
            if now_ns > deadline_ns():
                break
            interrupts.check()
            for key, _ in selector.select(_until(alarm, now_ns, wait_s)):
                answer = _receive(key.fileobj, event)  # type: ignore[arg-type]
                if answer is not None:
                    answers[key.fileobj] = answer  # type: ignore[index]
                    selector.unregister(key.fileobj)
            if any(isinstance(answer, WorkerError) for answer in answers.values()):
                return answers
            if len(answers) < len(workers):
                wait_s = _next_wait_s(wait_s, tick())
    return {worker: answers.get(worker, WorkerError(silent)) for worker in workers}


def _until(alarm: Alarm | None, now_ns: int, wait_s: float) -> float:
    return wait_s if alarm is None else min(wait_s, max(0.0, (alarm[0] - EXACT_NS - now_ns) / 1e9))


def _next_wait_s(wait_s: float, fullest: float) -> float:
    if fullest > NEARLY_EMPTY:
        return max(SHORTEST_WAIT_S, wait_s / 4)
    return min(LONGEST_WAIT_S, wait_s * 2)


def _ring(alarm: Alarm) -> None:
    at_ns, act = alarm
    time.sleep(max(0, at_ns - time.monotonic_ns()) / 1e9)
    act()


def _receive(worker: WorkerProcess, event: str) -> dict[str, Any] | WorkerError | None:
    try:
        received = worker.receive()
    except WorkerError as error:
        return error
    return next((answer for answer in received if answer["event"] == event), None)
