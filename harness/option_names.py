"""Names of options, for the command line and for advice, which is stored with a run.

Errors name fields (``harness.errors``). Advice names options, because a flag overrides everything
else that sets the field.
"""

from __future__ import annotations

__all__ = ["opposite", "option"]

# Options that are not spelled like their fields.
_APART = {
    "added": "--with",
    "database": "--db",
    "every": "--all",
    "https": "--tls",
    "run_name": "--name",
    "tls": "--scheme",
    "verify": "--insecure",
}


def option(field: str) -> str:
    """Return the option that sets a field."""
    return _APART.get(field) or "--" + field.replace("_", "-")


def opposite(field: str) -> str:
    """Return the option that turns off what is on unless it is given."""
    return "--no-" + field.replace("_", "-")
