"""An unexpected response as a worker reports it, without secrets, for storing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from harness.records.model import UnexpectedAnswer

__all__ = ["unexpected_answer"]


def unexpected_answer(told: Mapping[str, Any], scrub: Callable[[str], str]) -> UnexpectedAnswer:
    """``told`` as ``worker.peeking.plain`` has it; ``scrub`` takes secrets out and makes it one
    line.
    """
    text = base64.b64decode(told["beginning"]).decode("utf-8", "replace")
    return UnexpectedAnswer(told["status"], scrub(text))
