"""How the option of a field is called: for the command line, and for advice, which is kept with a run.

Errors name fields (``harness.errors``): advice names options, because a flag counts before whatever else
has set the field.
"""

from __future__ import annotations

__all__ = ["option"]

# Those that are not spelled like their fields.
_APART = {"database": "--db", "https": "--tls", "tls": "--scheme", "verify": "--insecure"}


def option(field: str) -> str:
    """The option that sets a field."""
    return _APART.get(field) or "--" + field.replace("_", "-")
