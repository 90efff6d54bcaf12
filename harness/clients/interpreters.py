"""Finds the interpreters that clients run under, and queries them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import Any

from harness.clients.bundle import Bundle
from harness.clients.programs import ended
from harness.errors import UnusableError

__all__ = ["SilentError", "ask", "executable"]

ASK_TIMEOUT_S = 60


class SilentError(UnusableError):
    """An interpreter did not answer in time; it may do so on a machine that is less busy."""


def ask(python: str, bundle: Bundle, question: dict[str, Any], *flags: str) -> dict[str, Any]:
    """Return the answer of the worker's ``describe`` in an interpreter.

    Raises ``UnusableError``: ``SilentError`` if none came in time.
    """
    # only then is there code of others that may not end
    imports = question["ask"] == "capabilities"
    command = [python, *flags, str(bundle.describe)]
    try:
        code, output, errors = ended(command, json.dumps(question), patience_s=ASK_TIMEOUT_S)
    except TimeoutError:
        if imports:
            raise SilentError(f"its import did not end within {ASK_TIMEOUT_S} s") from None
        problem = f"{python!r} did not answer within {ASK_TIMEOUT_S} s"
        raise SilentError(problem, "client.python") from None
    except OSError as error:
        raise _unusable(python, f"cannot be asked: {error}") from error
    if code:
        failure = _failure(errors)
        if imports:  # it is the adapter that failed
            raise UnusableError(failure)
        raise _unusable(python, f"cannot be asked: {failure}")
    try:
        answer: dict[str, Any] = json.loads(output)
    except ValueError:
        raise _unusable(python, "does not answer like Python") from None
    return answer


def _failure(errors: str) -> str:
    """Return the line with the reason: the last of a traceback, the first of anything else."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    if not lines:
        return "it ended without a message"
    return lines[-1 if any(line.startswith("Traceback") for line in lines) else 0]


def executable(python: str | None) -> str:
    """Find the executable of ``@PYTHON``: a version such as 3.13, a path, or None for our own."""
    if python is None:
        return sys.executable
    found = shutil.which(python) or shutil.which(f"python{python}")
    if found is not None:
        return os.path.abspath(found)  # noqa: PTH100  the link may be all that makes an environment
    accepted = "a version whose python3.x is on PATH, or a path"
    raise _unusable(python, f"is not found; accepted: {accepted}")


def _unusable(python: str, problem: str) -> UnusableError:
    return UnusableError(f"{python!r} {problem}", "client.python")
