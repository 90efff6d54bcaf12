"""The JSON Schemas of all documents; ``python -m tests.report.schemas`` writes them, and their list, anew.

A kind is a function here, named like it. What the code knows (dataclasses, the table of fields) is
taken from there; what a function of ``harness`` makes by hand is told here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args, get_type_hints

from adapters.base import ERROR_KINDS, Connections, Mode
from harness.analysis.across import Across
from harness.analysis.environments import Difference
from harness.analysis.series import Step
from harness.analysis.summaries import CompetitorSummary
from harness.analysis.trend import Change, Direction
from harness.analysis.trust import Trust
from harness.clients.environments.recipe import Origin
from harness.measure.standing_targets import Look
from harness.records.checked import ClaimResult
from harness.records.client_environment import Environment, Installed, Interpreter
from harness.records.field import Field
from harness.records.fields import FIELDS
from harness.records.figure import Figure
from harness.records.finding import Finding
from harness.records.gate_result import GateFinding, Outcome
from harness.records.model import (
    Comparison,
    Doubt,
    Metric,
    OpenLoop,
    RunRecord,
    RunState,
    SelftestNote,
    TrialSummary,
)
from harness.records.percentiles import PERCENTILES
from harness.records.phases import PHASES
from harness.records.trend import TrendPoint
from harness.report import trend_files
from harness.report.documents import VERSIONS, schema_of
from harness.scenario.allocation import MIXINGS
from harness.scenario.gate import Gate
from harness.store.reading import RunLine
from servers.availability import Way
from tests.report.schema_types import Schema, Types, array, closed, described, nullable, plain

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "schemas"
PAGE = DOCS / "exports.md"
BEGIN = "<!-- made of harness/report/documents.py by python -m tests.report.schemas -->\n"
END = "<!-- end of what is made -->\n"

TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
VERSION_MAP: Schema = {"type": "object", "additionalProperties": TEXT}
ANYTHING: Schema = {"type": "object"}
STATUSES: Schema = {
    "type": "object",
    "patternProperties": {"^[0-9]+$": COUNT},
    "additionalProperties": False,
}
ERRORS: Schema = {
    "type": "object",
    "propertyNames": {"enum": list(ERROR_KINDS)},
    "additionalProperties": COUNT,
}
PERCENTILES_OF: Schema = {"$ref": "#/$defs/Percentiles"}
OF_MACHINE = described(ANYTHING, "environment", "the machine: host, kernel, CPU, Python, limits")


# run -------------------------------------------------------------------------------------------


def run(types: Types) -> Schema:
    """Printed by ``compare``, ``load`` and ``results show``."""
    types.others[Environment] = types.named("Environment", _client_environment(types))
    types.named("Percentiles", closed(_percentiles()))
    comparisons = array(types.of(Comparison))
    return closed(
        {
            "schema_version": {"const": VERSIONS["run"], "description": "what 0.1 called it"},
            "run": _of_run(types),
            "competitors": array(_competitor(types)),
            "comparisons": described(comparisons, "", "each competitor with the baseline"),
            "scaling": described(
                comparisons, "", "each client with itself, condition by condition"
            ),
            "doubts": array(types.of(Doubt)),
            "trust": _trust(types),
            "trials": array(_trial(types)),
            "matrix": described(comparisons, "", "only with --matrix: every pair"),
        },
        optional=("matrix",),
    )


def _of_run(types: Types) -> Schema:
    made = types.fields_of(RunRecord)
    note = types.fields_of(SelftestNote) | {"passed": FLAG}
    note["resolution"] = nullable(NUMBER)
    made |= {"selftest": nullable(closed(note)), "environment": OF_MACHINE}
    return closed({k: v for k, v in made.items() if k not in ("doubts", "comparisons")})


def _client_environment(types: Types) -> Schema:
    return closed(
        {
            "id": described(TEXT, "", "digest of the rest"),
            "interpreter": types.of(Interpreter),
            "distributions": array(types.of(Installed)),
            "code": described(TEXT, "", "digest of clientbench's worker and adapters"),
        }
    )


def _percentiles() -> dict[str, Schema]:
    told = "nanoseconds; null without samples"
    return {f"p{one:g}": described(nullable(COUNT), "", told) for one in PERCENTILES}


def _competitor(types: Types) -> Schema:
    own = types.fields_of(CompetitorSummary)
    other_shape = ("service", "open_loop", "phases", "status_counts", "error_counts")
    made = {name: one for name, one in own.items() if name not in other_shape}
    made |= {
        "proxy_cpu_per_request_ns": nullable(NUMBER),
        "origin_cpu_per_request_ns": nullable(NUMBER),
        "requests_per_second": described(nullable(NUMBER), "", "correct responses per second"),
        "completions_per_second": described(nullable(NUMBER), "", "errors included, per second"),
        "cpu_per_request_ns": nullable(NUMBER),
        "net_cpu_per_request_ns": described(
            nullable(NUMBER), "", "the same without what null costs, in nanoseconds"
        ),
        "samples": described(COUNT, "", "samples of the service time"),
        "percentiles": array(
            closed(
                {
                    "percent": {"enum": list(PERCENTILES)},
                    "service_ns": nullable(COUNT),
                    "above_ns": described(
                        nullable(COUNT), "above_ns", "the time limit, where only that is known"
                    ),
                    "samples_beyond": COUNT,
                }
            )
        ),
        "uncounted": described(COUNT, "", "requests that were sent but count in no figure"),
        "errors": described(COUNT, "", "failed requests of the population"),
        "error_rate": described(nullable(NUMBER), "", "errors ÷ population, 0 to 1"),
        "error_counts": ERRORS,
        "status_counts": STATUSES,
        "open_loop": nullable(_open_loop(types)),
        "phases_ns": _phases(types),
    }
    return closed(made)


def _phases(types: Types) -> Schema:
    one = types.named("Phase", closed({"samples": COUNT, **_percentiles()}))
    return closed(dict.fromkeys(PHASES, one), optional=tuple(PHASES)) | {
        "description": "durations of the phases of traced requests, in nanoseconds"
    }


def _open_loop(types: Types, **more: Schema) -> Schema:
    own = types.fields_of(OpenLoop)
    numbers = ("planned", "dropped", "missed", "late", "mean_response_ns", "early_correct")
    distributions = ("response_ns", "queue_wait_ns", "pacer_lag_ns")
    return closed(
        {
            **{name: own[name] for name in numbers},
            **dict.fromkeys(distributions, PERCENTILES_OF),
            **more,
        }
    )


def _trust(types: Types) -> Schema:
    wide = {"type": "object", "additionalProperties": nullable(NUMBER)}
    return closed(types.fields_of(Trust) | {"resolution": nullable(NUMBER), "wide": wide})


def _trial(types: Types) -> Schema:
    hints = get_type_hints(TrialSummary)
    whole = {name: types.of(hints["service"]) for name in ("response", "queue_wait", "pacer_lag")}
    whole["early_response"] = types.of(hints["service"])
    made: dict[str, Schema] = {
        "open_loop": nullable(
            _open_loop(types, histograms=closed(whole, optional=("early_response",)))
        ),
        "status_counts": STATUSES,
        "error_counts": ERRORS,
    }
    found: dict[str, Schema] = {}
    for field in FIELDS:
        if (key := field.json_key) is not None:
            hint = hints.get(field.attribute or "", float | None)
            found[key] = _told(made.get(key, types.of(hint)), field)
    return closed(found)


def _told(made: Schema, field: Field) -> Schema:
    unit = field.kind.unit if field.kind.unit not in ("", "JSON", "UTC") else ""
    if "$ref" in made:
        return made
    return made | {"description": "; ".join(filter(None, (plain(field.meaning), unit)))}


# lists and others ------------------------------------------------------------------------------


def runs(types: Types) -> Schema:
    """Printed by ``results list``, the latest run first."""
    line = types.fields_of(RunLine) | {"state": {"enum": list(get_args(RunState))}}
    return closed({"runs": array(closed(line))})


def diff(types: Types) -> Schema:
    """Printed by ``results diff``."""
    one = {
        "id": TEXT,
        "name": TEXT,
        "started_at": TEXT,
        "ended_at": TEXT,
        "state": {"enum": list(get_args(RunState))},
        "rounds": COUNT,
        "competitors": TEXTS,
        "environment": OF_MACHINE,
        "doubts": array(types.of(Doubt)),
    }
    return closed(
        {
            "runs": array(closed(one)) | {"minItems": 2, "maxItems": 2},
            "differences": array(types.of(Difference)),
            "comparisons": array(types.of(Across)),
        }
    )


def doctor(types: Types) -> Schema:
    """Printed by ``doctor``, the harmful findings first."""
    return closed({"findings": array(types.of(Finding))})


def gate(types: Types) -> Schema:
    """Printed by ``gate``."""
    findings = array(types.of(GateFinding))
    return closed(
        {
            "run": described(TEXT, "", "the id of the run that was judged"),
            "against": types.of(get_type_hints(Gate)["against"]),
            "outcome": described(types.of(Outcome), "", "that of its worst limit"),
            "findings": findings,
        }
    )


def trend(types: Types) -> Schema:
    """Printed by ``results trend``."""
    share = described(NUMBER, "", "share: 0.05 is 5 %")
    return closed(
        {
            "level": described(NUMBER, "", "probability that noise alone shows a step at one look"),
            "strict_level": described(NUMBER, "", "the same, for a step that fails a build"),
            "newest_runs": described(COUNT, "", "runs of a line in which a step fails a build"),
            "within_runs": described(COUNT, "", "runs within which a step of seen_from is found"),
            "lines": array(_line(types, share)),
        }
    )


def _line(types: Types, share: Schema) -> Schema:
    of_point = types.fields_of(TrendPoint)
    return closed(
        {
            "name": TEXT,
            **{name: of_point[name] for name in trend_files.OF_LINE},
            "has_ended": described(FLAG, "", "no run for a month, while the machine had others"),
            "usable_runs": COUNT,
            "points": array(
                closed(
                    {name: of_point[name] for name in trend_files.FACTS}
                    | {"used": FLAG, "unused_because": TEXTS}
                )
            ),
            "figures": described(array(_followed(types, share)), "", "the most reliable first"),
            "events": described(array(_event(types)), "", "oldest first"),
        }
    )


def _followed(types: Types, share: Schema) -> Schema:
    numbers = array(nullable(NUMBER))
    values = "one per point: ratios, or values per second, in nanoseconds, in bytes"
    return closed(
        {
            "figure": TEXT,
            "metric": types.of(Metric),
            "relative_to": described(nullable(TEXT), "", "label; null of the value itself"),
            "weak": described(FLAG, "", "depends on what else the machine does"),
            "values": described(numbers, "", values),
            "intervals": described(
                array(nullable(numbers)), "", "one per point: both ends, of ratios"
            ),
            "now": described(nullable(NUMBER), "", "geometric mean since the last step"),
            "scatter": nullable(described(share, "", "standard deviation of the logarithms")),
            "likeness": described(
                nullable(NUMBER), "", "correlation of neighbouring runs that is reckoned with"
            ),
            "seen_from": nullable(
                described(share, "", "smallest step that would be found, as share")
            ),
            "missing_runs": described(COUNT, "", "usable runs until steps are looked for"),
            "steps": array(closed(types.fields_of(Step) | {"direction": types.of(Direction)})),
        }
    )


def _event(types: Types) -> Schema:
    run = closed({"run_id": TEXT, "started_at": TEXT})
    step = {"figure": TEXT, "direction": types.of(Direction)} | types.fields_of(Step)
    return closed(
        {
            "direction": types.of(Direction),
            "before": described(run, "", "the last usable run before it"),
            "after": described(run, "", "the first one after it"),
            "steps": described(array(closed(step)), "", "the surest first"),
            "changes": array(types.of(Change)),
            "fails": described(FLAG, "", "a build, with --fail-on step"),
        }
    )


def selftest(types: Types) -> Schema:
    """Printed by ``selftest``."""
    figure = types.fields_of(Figure) | {"value": nullable(NUMBER), "missed": FLAG}
    part = {"name": TEXT, "figures": array(closed(figure))}
    return closed(
        {
            "id": TEXT,
            "started_at": TEXT,
            "ended_at": TEXT,
            "environment": OF_MACHINE,
            "full": FLAG,
            "passed": FLAG,
            "failed": described(TEXTS, "", "names of the figures that missed their bound"),
            "resolution": described(
                nullable(NUMBER), "", "share of throughput; null where nothing could be compared"
            ),
            "parts": array(closed(part)),
        }
    )


def check(types: Types) -> Schema:
    """Printed by ``clients check`` and ``targets check``."""
    one = {
        "passed": FLAG,
        "label": TEXT,
        "version": nullable(TEXT),
        "claims": array(types.of(ClaimResult)),
    }
    return closed({"passed": FLAG, "checked": array(closed(one))})


def client(types: Types) -> Schema:
    """Printed by ``clients show``."""
    return closed(_client() | {"python": TEXT})


def clients(types: Types) -> Schema:
    """Printed by ``clients``, the most popular first."""
    listed = {
        "state": described(
            TEXT, "", "installed, cached, on demand, built on demand, or broken: and why"
        ),
        "cached_version": nullable(TEXT),
        "http_versions": TEXTS,
        "can": described(TEXTS, "", "abilities of all its modes: close, unix, cert, trace"),
    }
    return closed({"clients": array(closed(_client() | listed))})


def _client() -> dict[str, Schema]:
    modes = {"type": "object", "propertyNames": {"enum": list(get_args(Mode))}}
    return {
        "name": TEXT,
        "installed": FLAG,
        "version": nullable(TEXT),
        "oldest": described(nullable(TEXT), "", "the oldest version that its adapter supports"),
        "plugin": described(nullable(TEXT), "", "the distribution that provides its adapter"),
        "modes": modes | {"additionalProperties": _mode()},
        "known_modes": array({"enum": list(get_args(Mode))}),
        "problem": nullable(TEXT),
        "linked": described(VERSION_MAP, "", "versions of native libraries"),
        "visible": described(VERSION_MAP, "", "versions of the distributions that it sees"),
        "hidden": described(TEXTS, "", "distributions that are hidden from it"),
    }


def _mode() -> Schema:
    flags = ("can_unix", "can_cert", "can_key_password", "can_peek", "can_stream", "uses_target")
    return closed(
        {
            "loops": array(nullable(TEXT)),
            "session_scope": {"enum": ["process", "slot"]},
            "largest_pool": nullable(COUNT),
            "trace_points": TEXTS,
            "hold_points": TEXTS,
            "connections": array({"enum": list(get_args(Connections))}),
            **dict.fromkeys(flags, FLAG),
            "files_per_slot": COUNT,
            "http_versions": TEXTS,
            "offers_http2": described(TEXTS, "", "the profiles in which it does"),
            "unequal": described(TEXTS, "", "parity settings that the library has no switch for"),
            "lacks": TEXTS,
            "known_failures": described(VERSION_MAP, "", "claims that it is known to fail"),
        }
    )


def targets(types: Types) -> Schema:
    """Printed by ``targets``."""
    one = {
        "name": TEXT,
        "before": described(TEXTS, "", "of a proxy: the servers that it can be in front of"),
        "ways": array(types.of(Way)),
    }
    return closed({"targets": array(closed(one))})


def _standing() -> Schema:
    state = get_type_hints(Look)["state"]
    part = {
        "name": TEXT,
        "role": TEXT,
        "pids": array(COUNT),
        "container": nullable(TEXT),
    }
    return closed(
        {
            "name": TEXT,
            "runtime": {"enum": ["native", "docker", "docker-host"]},
            "instances": COUNT,
            "tls": FLAG,
            "upstream": nullable(TEXT),
            "url": nullable(TEXT),
            "ca_file": nullable(TEXT),
            "state": {"enum": list(get_args(state))},
            "problem": nullable(TEXT),
            "lost": described(TEXTS, "", "names of the parts that have ended"),
            "since": TEXT | {"format": "date-time"},
            "pid": COUNT,
            "standing": described(FLAG, "", "false: left behind by a run that was killed"),
            "versions": VERSION_MAP,
            "parts": array(closed(part)),
        }
    )


def standing_target(types: Types) -> Schema:
    """Printed by ``targets up``."""
    return _standing()


def standing_targets(types: Types) -> Schema:
    """Printed by ``targets status``."""
    return closed({"targets": array(_standing())})


def presets(types: Types) -> Schema:
    """Printed by ``presets``."""
    parameters = described(VERSION_MAP, "", "their defaults; empty where one must be given")
    preset = closed({"meaning": TEXT, "parameters": parameters})
    return closed({"presets": {"type": "object", "additionalProperties": preset}})


def scenario(types: Types) -> Schema:
    """Printed by ``scenario check``."""
    endpoint = {
        "name": TEXT,
        "method": TEXT,
        "url": described(TEXT, "", "as in the file, without secrets"),
        "share": described(NUMBER, "", "of all requests, 0 to 1"),
        "requests": nullable(COUNT),
        "per_second": nullable(NUMBER),
        "body_bytes": nullable(COUNT),
    }
    repeats = "requests after which the sequence begins again; null if it does not"
    return closed(
        {
            "competitors": TEXTS,
            "rounds": COUNT,
            "duration_s": nullable(NUMBER),
            "requests": described(nullable(COUNT), "", "of each competitor; null if not known"),
            "rate": nullable(NUMBER),
            "mixing": {"enum": list(MIXINGS)},
            "connections": described(COUNT, "", "of each competitor, at most"),
            "expected_s": described(NUMBER, "", "how long the run takes"),
            "repeats_after": described(nullable(COUNT), "", repeats),
            "endpoints": array(closed(endpoint)),
        }
    )


def _environment(types: Types) -> Schema:
    return closed(
        {
            "id": TEXT,
            "requirements": described(TEXTS, "", "what it was made for"),
            "origin": nullable(types.of(Origin)),
            "python": TEXT,
            "interpreter": TEXT,
            "build": TEXT,
            "folder": TEXT,
            "made_at": TEXT,
            "used_at": TEXT,
            "size_bytes": COUNT,
            "own_bytes": described(COUNT, "", "bytes that it shares with no other environment"),
            "versions": described(VERSION_MAP, "", "everything that is installed"),
        }
    )


def environment(types: Types) -> Schema:
    """Printed by ``environments show``."""
    return _environment(types)


def environments(types: Types) -> Schema:
    """Printed by ``environments``, the last used first."""
    return closed({"environments": array(_environment(types))})


# files -----------------------------------------------------------------------------------------


def made(kind: str) -> Schema:
    """The whole schema of a kind."""
    types = Types()
    content = _maker(kind)(types)
    named = {"schema": {"const": schema_of(kind)}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": schema_of(kind),
        "description": plain(_maker(kind).__doc__ or ""),
        **content,
        "properties": named | content["properties"],
        "required": [*named, *content["required"]],
        "$defs": types.used_by(content),
    }


def _maker(kind: str) -> Callable[[Types], Schema]:
    found: Callable[[Types], Schema] = globals()[kind.replace("-", "_")]
    return found


def printed_by(kind: str) -> list[str]:
    """The commands whose ``--json`` it is."""
    return re.findall("``(.+?)``", _maker(kind).__doc__ or "")


def text(kind: str) -> str:
    return json.dumps(made(kind), indent=1, ensure_ascii=False) + "\n"


def name(kind: str) -> str:
    return f"{kind}-{VERSIONS[kind]}.json"


def table() -> str:
    """The kinds, in the order of their names, and who prints them."""
    lines = ["| document | printed by | schema |", "|---|---|---|"]
    for kind in sorted(VERSIONS):
        commands = ", ".join(f"`{one}`" for one in printed_by(kind))
        lines.append(f"| `{schema_of(kind)}` | {commands} | [{name(kind)}](schemas/{name(kind)}) |")
    return "\n".join(lines) + "\n"


def parts(page: str) -> tuple[str, str, str]:
    """What stands before the table, the table, and what stands after it."""
    before, _, rest = page.partition(BEGIN)
    listed, _, after = rest.partition(END)
    return before, listed, after


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for kind in VERSIONS:
        (FOLDER / name(kind)).write_text(text(kind), "utf-8")
    before, _, after = parts(PAGE.read_text("utf-8"))
    PAGE.write_text(before + BEGIN + table() + END + after, "utf-8")
