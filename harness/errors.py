"""What can go wrong in the harness itself. A failed request is a sample, never one of these.

The command line turns the class into an exit code (DESIGN §8) and the message into one line, so a
message names the field, the value and what would be accepted.
"""

__all__ = ["ClientbenchError", "StoreError", "StoreUnusableError", "UnusableError", "UsageError"]


class ClientbenchError(Exception):
    """Base of all errors a user can act on."""


class UsageError(ClientbenchError):
    """Bad usage or configuration: an option, a scenario, a selector."""


class StoreError(UsageError):
    """The results database cannot be opened, read or written."""


class UnusableError(ClientbenchError):
    """A target or a client could not be used on this machine."""


class StoreUnusableError(StoreError, UnusableError):
    """A results database that is the right file, but locked, full, damaged or gone.

    ``what`` names it and says what is wrong; the message adds what helps.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
