"""A run read back from the document that ``--json`` and ``--output FILE.json`` made of it.

Readings and traces are not in it; everything else is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import StoreError
from harness.option_names import option
from harness.store import files, validity
from servers.spec import TargetSpec

if TYPE_CHECKING:
    from harness.records.model import RunRecord, TrialSummary

__all__ = ["read"]

SCHEMA = "clientbench/run/1"
MOST_BYTES = 512 * 2**20
ACCEPTED = f"expected the document of `clientbench results show RUN {option('json')}`"


def read(path: Path) -> tuple[RunRecord, list[TrialSummary]]:
    """Return the run, and its trials in order. Raises StoreError, one line long."""
    document = _document(path)
    try:
        run = _run(document)
        trials = [_trial(one) for one in document["trials"]]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise _refusal(path, f"is not a whole run ({type(error).__name__}: {error})") from error
    return run, trials


def _document(path: Path) -> Mapping[str, Any]:
    with files.translated(path, ValueError):
        if path.stat().st_size > MOST_BYTES:
            raise _refusal(path, f"has more than {MOST_BYTES:,} bytes")
        text = path.read_bytes()
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refusal(path, f"is not JSON ({error})") from error
    found: dict[str, Any] = document if isinstance(document, dict) else {}
    if found.get("schema") != SCHEMA:
        raise _refusal(path, f"has the schema {found.get('schema')!r:.60}, not {SCHEMA!r}")
    return found


def _refusal(path: Path, problem: str) -> StoreError:
    error = files.refusal(path, f"{problem}; {ACCEPTED}")
    error.fields = ("import",)
    return error


def _run(document: Mapping[str, Any]) -> RunRecord:
    from harness.records import model  # noqa: PLC0415  brings numpy
    from harness.records.gate_result import GateFinding  # noqa: PLC0415
    from harness.records.provenance import MachineReading, Provenance  # noqa: PLC0415

    of_run = dict(document["run"])
    several: dict[str, Callable[[Any], Any]] = {
        "targets": lambda one: model.TargetRecord(_target(one["spec"]), one["description"]),
        "spreads": _of(model.Spread),
        "ceilings": _of(model.Ceiling),
        "held": _of(model.HeldPlan),
        "machine_readings": _of(MachineReading),
        "gate": _of(GateFinding),
    }
    for name, make in several.items():
        of_run[name] = tuple(map(make, of_run.get(name) or ()))
    single: dict[str, Callable[[Any], Any]] = {
        "other_load": _of(model.OtherLoad),
        "ending": _of(model.Ending),
        "provenance": _of(Provenance),
    }
    for name, make in single.items():
        value = of_run.pop(name, None)
        if value is not None:
            of_run[name] = make(value)
    of_run["selftest"] = None  # of another database
    of_run["doubts"] = tuple(map(_of(model.Doubt), document["doubts"]))
    of_run["comparisons"] = tuple(map(_of(model.Comparison), document["comparisons"]))
    return validity.built(model.RunRecord, **of_run)


def _of(kind: type[Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda plain: validity.built(kind, **plain)


def _target(plain: Mapping[str, Any]) -> TargetSpec:
    return TargetSpec(**{**plain, "cpus": tuple(plain["cpus"])})


def _trial(plain: Mapping[str, Any]) -> TrialSummary:
    from harness.records.client_environment import ClientSource, Environment  # noqa: PLC0415
    from harness.records.fields import FIELDS  # noqa: PLC0415  brings numpy
    from harness.records.model import (  # noqa: PLC0415
        GroupLatencies,
        SliceRecord,
        TrialSummary,
        UnexpectedAnswer,
    )

    made: dict[str, Callable[[Any], Any]] = {
        "unequal": tuple,
        "service": _histogram,
        "status_counts": lambda counts: {int(key): count for key, count in counts.items()},
        "target": _target,
        "open_loop": _open_loop,
        "client_environment": Environment.from_plain,
        "client_source": _of(ClientSource),
        "unexpected_answer": _of(UnexpectedAnswer),
        "slices": lambda them: tuple(
            SliceRecord(**{**one, "parts": tuple(one["parts"])}) for one in them
        ),
        "groups": lambda them: tuple(
            GroupLatencies(one["first_block"], _histogram(one["latencies"]), one["censored"])
            for one in them
        ),
    }
    values: dict[str, Any] = {}
    for field in FIELDS:
        name, key = field.attribute, field.json_key
        if name is not None and key is not None and "." not in name:
            value = plain[key]
            values[name] = made[name](value) if name in made and value is not None else value
    return validity.built(TrialSummary, **values)


def _histogram(encoded: str) -> Any:
    from harness.records.histogram import Histogram  # noqa: PLC0415  brings numpy

    return Histogram.decode(encoded.encode("ascii"))


def _open_loop(plain: Mapping[str, Any]) -> Any:
    from harness.records.model import OpenLoop  # noqa: PLC0415  brings numpy

    counts = ("planned", "dropped", "missed", "late", "mean_response_ns", "early_correct")
    whole = {name: _histogram(text) for name, text in plain["histograms"].items()}
    return validity.built(OpenLoop, **{name: plain[name] for name in counts}, **whole)
