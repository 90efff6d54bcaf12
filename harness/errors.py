"""What can go wrong in the harness itself. A failed request is a sample, never one of these.

The command line turns the class into an exit code (DESIGN §8) and the message into one line, so a
message names the field, the value and what would be accepted.
"""

__all__ = ["ClientbenchError", "StoreError", "UnusableError", "UsageError"]


class ClientbenchError(Exception):
    """Base of all errors a user can act on."""


class UsageError(ClientbenchError):
    """Bad usage or configuration: an option, a scenario, a selector."""


class StoreError(UsageError):
    """The results database cannot be opened, read or written."""


class UnusableError(ClientbenchError):
    """A target or a client could not be used on this machine."""
