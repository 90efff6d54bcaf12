"""A run read back from the document that ``--json`` and ``--output FILE.json`` made of it.

Readings, traces and the self-test that it cites are not in it; everything else is. The file may have
been edited, or be hostile.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ClientbenchError, StoreError
from harness.option_names import option
from harness.store import validity
from harness.store.imported_secrets import without_secrets
from harness.text import one_line
from servers.spec import TargetSpec

if TYPE_CHECKING:
    from harness.records.model import RunRecord, TrialSummary

__all__ = ["read", "refusal"]

SCHEMA = "clientbench/run/1"
MOST_BYTES = 512 * 2**20
MOST_HISTOGRAM_BYTES = 2**20  # uncompressed; ours have less than a third
HISTOGRAM_HEADER_BYTES = 8  # before the compressed part
ACCEPTED = f"expected the document of `clientbench results show RUN {option('json')}`"

Shown = Callable[["RunRecord", "Sequence[TrialSummary]"], str]


def read(path: Path, shown: Shown | None = None) -> tuple[RunRecord, list[TrialSummary]]:
    """Return the run, and its trials in order. Raises StoreError, one line long.

    ``shown`` makes the document anew: figures of competitors have to follow from their trials.
    """
    document = _document(path)
    try:
        from harness.store import plausibility  # noqa: PLC0415  brings numpy

        document = without_secrets(document)
        run = _run(document)
        trials = [_trial(one) for one in document["trials"]]
        _check(run, trials)
        if shown is not None:
            here = json.loads(shown(run, trials))
            plausibility.check_same(document["competitors"], here["competitors"])
    except ClientbenchError:
        raise
    except Exception as error:  # decoders of histograms have errors of their own
        raise refusal(path, f"is not a whole run ({validity.told(error)})") from error
    return run, trials


def _check(run: RunRecord, trials: Sequence[TrialSummary]) -> None:
    """Raise an error unless the two can be stored."""
    from harness.store import plausibility, rows  # noqa: PLC0415  bring numpy

    if not run.id:
        raise ValueError("the run has no id")
    several = [key for key, number in Counter(one.id for one in trials).items() if number > 1]
    if several:
        raise ValueError(f"two trials are called {several[0]!r:.60}")
    plausibility.check(run, trials)
    for row in rows.competitor_rows(run, trials):
        for name, value in row.items():
            if isinstance(value, int) and abs(value) > validity.LARGEST:
                raise ValueError(f"the sum of {name} is {value!r:.40}")


def _document(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # a path may have a NUL
        reason = getattr(error, "strerror", None) or error
        raise refusal(path, f"cannot be read ({reason})") from error
    if len(text) > MOST_BYTES:
        raise refusal(path, f"has more than {MOST_BYTES:,} bytes")
    try:
        document: Any = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refusal(path, f"is not JSON ({error})") from error
    found: dict[str, Any] = document if isinstance(document, dict) else {}
    schema = found.get("schema")
    if schema != SCHEMA:
        problem = "has no schema" if schema is None else f"has the schema {schema!r:.60}"
        raise refusal(path, f"{problem}, and {SCHEMA!r} is needed")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def refusal(path: Path, problem: str) -> StoreError:
    """Return the error for a file that has no run."""
    return StoreError(f"{one_line(problem)}; {ACCEPTED}", "import", value=repr(str(path)))


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
        "endpoint_comparisons": _of(model.EndpointComparison),
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
    return validity.built_whole(model.RunRecord, **of_run)


def _of(kind: type[Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda plain: validity.built_whole(kind, **plain)


def _target(plain: Mapping[str, Any]) -> TargetSpec:
    return validity.built_whole(TargetSpec, **{**plain, "cpus": tuple(plain["cpus"])})


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
            _of(SliceRecord)({**one, "parts": tuple(one["parts"])}) for one in them
        ),
        "endpoints": lambda them: tuple(map(_endpoint, them)),
        "groups": lambda them: tuple(
            _of(GroupLatencies)({**one, "latencies": _histogram(one["latencies"])}) for one in them
        ),
    }
    values: dict[str, Any] = {}
    for field in FIELDS:
        name, key = field.attribute, field.json_key
        if name is not None and key is not None and "." not in name:
            if name == "endpoints" and key not in plain:
                continue  # exported before there were any
            value = plain[key]
            values[name] = made[name](value) if name in made and value is not None else value
    return validity.built_whole(TrialSummary, **values)


def _endpoint(plain: Mapping[str, Any]) -> Any:
    from harness.records.endpoint_summary import EndpointSummary  # noqa: PLC0415  brings numpy

    response = plain["response"]
    made = {
        "service": _histogram(plain["service"]),
        "response": None if response is None else _histogram(response),
        "status_counts": {int(key): count for key, count in plain["status_counts"].items()},
    }
    return validity.built_whole(EndpointSummary, **{**plain, **made})


def _histogram(encoded: str) -> Any:
    from harness.records.histogram import Histogram  # noqa: PLC0415  brings numpy

    compressed = base64.b64decode(encoded, validate=True)[HISTOGRAM_HEADER_BYTES:]
    unpacked = zlib.decompressobj()
    unpacked.decompress(compressed, MOST_HISTOGRAM_BYTES)
    if unpacked.unconsumed_tail:
        raise ValueError("a histogram is too large")
    return Histogram.decode(encoded.encode("ascii"))


def _open_loop(plain: Mapping[str, Any]) -> Any:
    from harness.records.model import OpenLoop  # noqa: PLC0415  brings numpy

    counts = ("planned", "dropped", "missed", "late", "mean_response_ns", "early_correct")
    whole = {name: _histogram(text) for name, text in plain["histograms"].items()}
    return validity.built_whole(OpenLoop, **{name: plain[name] for name in counts}, **whole)
