"""Service recipes: checks the ``/wait`` path of the built-in server before anything is started."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import UsageError
from servers.spec import DEFAULT_NAME, TargetSpec

__all__ = ["check_recipe"]


def check_recipe(path: str, specs: Iterable[TargetSpec]) -> None:
    """Raise ``UsageError`` for a ``/wait`` that one of the targets would answer with an error."""
    name, _, query = path.partition("?")
    ours = any(spec.origin == DEFAULT_NAME and not spec.config for spec in specs)
    if name != "/wait" or not ours:
        return
    # with the server's own code, which few commands need
    from servers.embedded.messages import RefusedError  # noqa: PLC0415
    from servers.embedded.service_recipe import check  # noqa: PLC0415

    try:
        check(query)
    except RefusedError as error:
        raise UsageError(error.reason, "url") from error
