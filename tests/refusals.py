"""Input that is refused: with one line that says which, and what is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.errors import UsageError
from harness.input.spelling import Spelling

__all__ = ["refused"]


@contextmanager
def refused(beginning: str) -> Iterator[pytest.ExceptionInfo[UsageError]]:
    """The block raises ``UsageError`` with one line that, on a command line, begins so."""
    with pytest.raises(UsageError) as caught:
        yield caught
    told = caught.value.told(Spelling((), {}))
    assert told.startswith(beginning)
    assert "\n" not in told
