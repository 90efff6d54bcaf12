"""Input that is refused: with one line that says which, and what is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.errors import UsageError

__all__ = ["refused"]


@contextmanager
def refused(beginning: str) -> Iterator[None]:
    """The block raises ``UsageError`` with one line that begins so."""
    with pytest.raises(UsageError) as caught:
        yield
    assert str(caught.value).startswith(beginning)
    assert "\n" not in str(caught.value)
