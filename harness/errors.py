"""Errors of the harness itself. A failed request is a sample, never one of these.

The command line turns the class into an exit code (DESIGN §8) and the error into one line. An error
keeps the name of its field in the scenario (``duration``, ``competitors[1].client``) apart from the
problem and the accepted values: only the input layer knows how the field was typed
(``harness.input.spelling``). Without that layer, messages use the field's name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

__all__ = [
    "ClientbenchError",
    "StoreError",
    "StoreUnusableError",
    "UnusableError",
    "UsageError",
    "within",
]


class ClientbenchError(Exception):
    """Base of all errors a user can act on.

    ``problem`` says what is wrong and what is accepted. ``fields`` are dotted paths: several if
    they contradict each other, none if no field is to blame. ``value`` is that of the field, as a
    message shows it, if the problem does not name it.
    """

    def __init__(self, problem: str, *fields: str, value: str = "") -> None:
        super().__init__(problem, *fields)
        self.problem = problem
        self.fields = fields
        self.value = value

    def told(self, called: Callable[[str], str] = str) -> str:
        """Return the error in one line; ``called`` translates the name of each field."""
        names = ", ".join(dict.fromkeys(map(called, self.fields)))
        subject = " ".join(filter(None, (names, self.value)))
        return f"{subject}: {self.problem}" if subject else self.problem

    def __str__(self) -> str:
        return self.told()


class UsageError(ClientbenchError):
    """Bad usage or configuration: an option, a scenario, a selector."""


class StoreError(UsageError):
    """The results database cannot be opened, read or written."""


class UnusableError(ClientbenchError):
    """A target or a client could not be used on this machine."""


class StoreUnusableError(StoreError, UnusableError):
    """A results database that is the right file, but locked, full, damaged or gone.

    ``remedy`` says what to do.
    """

    def __init__(self, problem: str, *fields: str, value: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}", *fields, value=value)
        self._what = problem

    @property
    def what(self) -> str:
        """The database and its problem, without the remedy."""
        return str(StoreError(self._what, *self.fields, value=self.value))


@contextlib.contextmanager
def within(place: str) -> Iterator[None]:
    """Prefix the fields of errors in the block with ``place``, such as ``competitors[1]``."""
    try:
        yield
    except ClientbenchError as error:
        error.fields = tuple(f"{place}.{field}" for field in error.fields)
        raise
