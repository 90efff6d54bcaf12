"""Metadata for Datasette: tables and columns described, queries, and what to hide. Pure.

Datasette finds a database's metadata by the name of its file. Version 0.65 reads it with ``-m``,
1.0 the same YAML with both ``-m`` (descriptions) and ``-c`` (queries). No query is called like a
table or a view: in 1.0 those would collide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.analysis.competitor_columns import COMPETITOR_COLUMNS
from harness.records.field import Field
from harness.records.fields import COLUMNS
from harness.text import visible

__all__ = ["HIDDEN", "QUERIES", "TABLES", "metadata"]

Plain = Mapping[str, Any]

TABLES = {
    "runs": "One row per call of clientbench compare or load.",
    "competitor_results": "One row per run, competitor and condition: all of its rounds merged.",
    "benchmark_results": "One row per trial: a competitor in one round.",
    "comparisons": "One row per ratio to the baseline, with its interval and verdict.",
    "endpoint_results": "One row per trial and endpoint of a mixture.",
    "endpoint_comparisons": "The ratios to the baseline by endpoint.",
    "doubts": "Warnings, and what to do about them; grave ones may make figures or verdicts wrong.",
    "gate_findings": "One row per limit of a gate and competitor: kept, broken or unclear.",
    "environments": "Machines, as they were during a run.",
    "targets": "One row per target of a run.",
    "ceilings": "The rates that raw:sync reached in the place of each competitor.",
    "selftests": "One row per self-test of a machine.",
    "trend": "Competitors over runs: a line is the same machine, series and name.",
    "latest": "The last point of each line of trend.",
    "ranking": "Competitors of each run by throughput; no place without a verdict.",
    "client_summary": "One row per run and competitor, summed over its trials.",
    "library_summary": "Clients over all runs of the same machine, series and software.",
    "target_summary": "CPU time per request on each side: client, proxy, origin.",
    "run_overview": "Runs with their numbers of rounds, competitors and warnings.",
    "latest_run": "The run that was started last.",
}
HIDDEN = (
    *("_sqlite_migrations", "client_environments", "endings", "error_counts", "held_plans"),
    *("histograms", "machine_readings", "other_loads", "resource_readings", "rounds"),
    *("selftest_figures", "slices", "spreads", "status_counts", "traces"),
)
OF_LATEST_RUN = "WHERE run_id = (SELECT id FROM latest_run)"
OF_CLIENT = "WHERE :client IN ('', client_library, label)"

WORDS = ("null", "true", "false", "yes", "off")  # no texts in YAML, unless they are quoted

QUERIES: Mapping[str, tuple[str, str]] = {  # title and SQL by name
    "places_in_latest_run": (
        "The latest run, best first",
        f"""
SELECT condition, place, label, ROUND(requests_per_second) AS requests_per_second,
  ROUND(ratio, 3) AS ratio, ROUND(low, 3) AS low, ROUND(high, 3) AS high, verdict, reason
FROM ranking
{OF_LATEST_RUN}
ORDER BY condition, place IS NULL, place""",
    ),
    "costs_in_latest_run": (
        "CPU and memory of the latest run, the cheapest first",
        f"""
SELECT label, ROUND(cpu_per_request_ns / 1e3, 1) AS cpu_us, cpu_per_request_verdict,
  ROUND(idle_rss_bytes / 1e6, 1) AS idle_mb, ROUND(peak_rss_bytes / 1e6, 1) AS peak_mb,
  peak_memory_verdict
FROM competitor_results
{OF_LATEST_RUN}
ORDER BY cpu_us""",
    ),
    "latencies_in_latest_run": (
        "Percentiles of the response time in the latest run, in ms",
        f"""
SELECT label, response_samples, p50_response_ns / 1e6 AS p50, p90_response_ns / 1e6 AS p90,
  p99_response_ns / 1e6 AS p99, p999_response_ns / 1e6 AS p999, max_response_ns / 1e6 AS max
FROM competitor_results
{OF_LATEST_RUN}
ORDER BY p99""",
    ),
    "client_over_runs": (
        "One client from run to run: library or label; empty for all",
        f"""
SELECT started_at, machine, label, client_version, baseline,
  ROUND(throughput_ratio, 3) AS throughput_ratio, ROUND(throughput_low, 3) AS low,
  ROUND(throughput_high, 3) AS high, ROUND(cpu_per_request_ns / 1e3, 1) AS cpu_us,
  p99_response_ns / 1e6 AS p99_ms, git_commit
FROM trend
{OF_CLIENT}
ORDER BY started_at DESC
LIMIT 1000""",
    ),
    "versions_of_clients": (
        "CPU per request by version of the client, on the same machine in the same series",
        """
SELECT machine, series, name, client_version, COUNT(*) AS runs,
  ROUND(AVG(cpu_per_request_ns) / 1e3, 1) AS cpu_us, MIN(started_at) AS first_run,
  MAX(started_at) AS last_run
FROM trend
GROUP BY machine, series, name, client_version
ORDER BY machine, series, name, first_run""",
    ),
    "runs_and_commits": (
        "Runs with their commits and tags, the latest first",
        """
SELECT started_at, id, name, state, git_branch, git_commit, git_dirty, tags, ci
FROM runs
ORDER BY started_at DESC
LIMIT 1000""",
    ),
    "machines": (
        "Machines, and when they were used",
        """
SELECT machine, COUNT(*) AS runs, MIN(started_at) AS first_run, MAX(started_at) AS last_run
FROM runs
JOIN environments ON environments.id = environment_id
GROUP BY machine
ORDER BY last_run DESC""",
    ),
    "scatter_of_rounds": (
        "How far the rounds of a run lie apart, the widest first",
        """
SELECT run_id, label, rounds, ROUND(slowest_round) AS slowest, ROUND(fastest_round) AS fastest,
  ROUND(fastest_round / slowest_round, 3) AS spread
FROM client_summary
ORDER BY spread DESC
LIMIT 1000""",
    ),
    "grave_warnings": (
        "Warnings that may make figures or verdicts wrong, the latest first",
        """
SELECT started_at, run_id, kind, subject, message, remedy
FROM doubts
JOIN runs ON runs.id = run_id
WHERE grave
ORDER BY started_at DESC
LIMIT 1000""",
    ),
    "errors_by_kind": (
        "Failed requests of each run, by kind",
        """
SELECT run_id, label, kind, SUM(count) AS requests
FROM error_counts
JOIN benchmark_results ON benchmark_results.id = trial_id
GROUP BY run_id, label, kind
ORDER BY requests DESC
LIMIT 1000""",
    ),
    "not_complete": (
        "Clients of which a round did not go as planned, the latest first",
        """
SELECT started_at, run_id, label, results.state, rounds_complete, results.rounds, reasons
FROM competitor_results AS results
JOIN runs ON runs.id = run_id
WHERE results.state != 'complete'
ORDER BY started_at DESC
LIMIT 1000""",
    ),
}


def metadata(database: str) -> str:
    """Return the YAML for a database; ``database`` is its file's name without the last ending."""
    tables: dict[str, dict[str, Any]] = {
        name: {"description": told} for name, told in TABLES.items()
    }
    tables["runs"] |= {"sort_desc": "started_at", "label_column": "name"}
    tables["benchmark_results"]["columns"] = _columns(COLUMNS)
    tables["competitor_results"]["columns"] = _columns(COMPETITOR_COLUMNS)
    tables |= {name: {"hidden": True} for name in HIDDEN}
    queries = {name: {"title": title, "sql": sql.strip()} for name, (title, sql) in QUERIES.items()}
    made = {"databases": {database: {"queries": queries, "tables": tables}}}
    return "".join(f"{line}\n" for line in _yaml(made))


def _columns(fields: Iterable[Field]) -> dict[str, str]:
    """Return what a column means, and its unit, by name; Datasette shows it as plain text."""
    found = {}
    for one in fields:
        meaning = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one.meaning).replace("`", "")
        unit = f" ({one.kind.unit})" if one.kind.unit else ""
        found[one.name] = meaning + unit
    return found


def _yaml(value: Plain, indent: str = "") -> Iterator[str]:
    """Yield the lines of a mapping: texts as JSON has them, those of several lines as blocks."""
    for key, content in value.items():
        name = key if re.fullmatch(r"[a-z_]{3,}", key) and key not in WORDS else _text(key)
        if isinstance(content, Mapping):
            yield f"{indent}{name}:"
            yield from _yaml(content, f"{indent}  ")
        elif isinstance(content, str) and "\n" in content:
            yield f"{indent}{name}: |-"
            yield from (f"{indent}  {line}" for line in content.splitlines())
        else:
            yield f"{indent}{name}: {_text(content) if isinstance(content, str) else 'true'}"


def _text(text: str) -> str:
    return json.dumps(visible(text), ensure_ascii=False)
