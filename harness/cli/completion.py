"""Shell completion of option values and arguments. Imports nothing before it is needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import get_args

from harness.errors import UsageError

__all__ = ["VALUES", "check", "completer"]

Values = Callable[[], Iterable[str]]
ASKED = "_CLIENTBENCH_COMPLETE"  # set by the functions that --install-completion installs
SHORT_NUMBER = re.compile("[0-9]{1,9}")


def check(environ: Mapping[str, str]) -> None:
    """Check the variables that bash sets to complete a word. Raises ``UsageError``."""
    if environ.get(ASKED) != "complete_bash":
        return
    number = environ.get("COMP_CWORD", "")
    if "COMP_WORDS" in environ and SHORT_NUMBER.fullmatch(number):
        return
    raise UsageError(
        f"{ASKED}: a request of bash needs COMP_WORDS, a command line, "
        "and COMP_CWORD, the number of a word in it"
    )


def completer(field: str) -> Callable[[str], list[str]] | None:
    """Return the function that Typer calls to complete a field; None if any text is valid."""
    values = VALUES.get(field)
    if values is None:
        return None

    def complete(incomplete: str) -> list[str]:
        return [value for value in values() if value.startswith(incomplete)]

    return complete


def _clients() -> Iterable[str]:
    """Yield names, with and without modes. In bash a colon ends a word, so it offers names only."""
    import adapters
    from harness.clients.registry import known_clients

    for name in known_clients():
        yield name
        modes = adapters.MODES_OF.get(name, ())
        yield from (f"{name}:{mode}" for mode in modes if len(modes) > 1)


def _targets() -> Iterable[str]:
    from servers.catalogue import names

    return names()


def _upstreams() -> Iterable[str]:
    from servers.catalogue import upstreams

    return upstreams()


def _presets() -> Iterable[str]:
    from harness.input.presets import PRESETS

    return PRESETS


def _runtimes() -> Iterable[str]:
    from servers.spec import RUNTIMES

    return ("auto", *RUNTIMES)


def _schemes() -> Iterable[str]:
    from harness.scenario.factors import SCHEMES

    return SCHEMES


def _methods() -> Iterable[str]:
    from harness.scenario.methods import METHODS

    return METHODS


def _connections() -> Iterable[str]:
    from adapters.base import CONNECTIONS

    return CONNECTIONS


def _warnings() -> Iterable[str]:
    from harness.analysis.doubts.kinds import acceptable

    return acceptable()


def _metrics() -> Iterable[str]:
    from harness.input.precision_input import TYPED_METRICS

    return TYPED_METRICS


def _rows_of_files() -> Iterable[str]:
    from harness.report.csv_rows import PER

    return PER


def _spacings() -> Iterable[str]:
    from harness.worker.arrivals import Spacing

    return get_args(Spacing)


def _starters() -> Iterable[str]:
    from harness.scenario.loads import Starter

    return get_args(Starter)


def _hold_points() -> Iterable[str]:
    from adapters.trace import HOLD_POINTS

    return HOLD_POINTS


def _profiles() -> Iterable[str]:
    from harness.scenario.scenario import Profile

    return get_args(Profile)


def _environments() -> Iterable[str]:
    from harness.clients.environments.cache import EnvironmentCache

    return (one.digest[:8] for one in EnvironmentCache().list())


def _pythons() -> Iterable[str]:
    from harness.clients.environments.pythons import installed

    return dict.fromkeys(one.minor for one in installed())


# Keys are the names of command parameters.
VALUES: Mapping[str, Values] = MappingProxyType(
    {
        "accept": _warnings,
        "arrivals": _spacings,
        "baseline": _clients,
        "client": _clients,
        "clients": _clients,
        "connection": _connections,
        "environment": _environments,
        "fail_on": lambda: ("step",),
        "hold": _hold_points,
        "method": _methods,
        "metric": _metrics,
        "per": _rows_of_files,
        "preset": _presets,
        "profile": _profiles,
        "python": _pythons,
        "run": lambda: ("latest",),
        "runs": lambda: ("latest",),
        "runtime": _runtimes,
        "start": _starters,
        "target": _targets,
        "tls": _schemes,
        "upstream": _upstreams,
    }
)
