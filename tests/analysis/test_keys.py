"""Keys: what changes by itself ends no series; what is compared does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.competitor_results import competitor_results
from harness.analysis.keys import machine_key
from harness.records.model import RunRecord, TargetRecord, TrialSummary
from servers.spec import EMBEDDED, TargetSpec
from tests.examples import CLIENT_ENVIRONMENT, run, trial

HERE: dict[str, Any] = {
    "host": "runner-1",
    "system": "Linux",
    "kernel": "6.1.0",
    "machine": "x86_64",
    "cpu": "AMD EPYC 9B14 96-Core Processor",
    "cpus": 2,
    "memory_bytes": 25_262_000_000,
    "virtualisation": "KVM",
    "target_cpus": [1],
    "worker_cpus": [0],
    "versions": {"numpy": "2.1.0"},
    "open_files": [1024, 4096],
}
SCENARIO: dict[str, Any] = {
    "competitors": [{"label": "requests", "client": {"name": "requests"}, "target": {"port": 0}}],
    "path": "/",
    "url": None,
    "rounds": 3,
    "seed": 1,
    "warmup_s": 0.2,
}


def test_a_machine_is_named_by_what_a_person_recognises() -> None:
    assert machine_key(HERE).startswith("2x-amd-epyc-9b14-96-core-24gb-")


@pytest.mark.parametrize(
    "change",
    [
        {"host": "runner-2"},
        {"kernel": "6.18.44"},
        {"memory_bytes": 25_270_000_000},
        {"memory_bytes": 25_100_000_000},
        {"versions": {"numpy": "2.5.0"}},
        {"open_files": [65536, 65536]},
        {"python": "3.13.1"},
    ],
)
def test_a_reboot_or_an_upgrade_is_no_other_machine(change: dict[str, Any]) -> None:
    assert machine_key(HERE | change) == machine_key(HERE)


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": "AMD EPYC 7B13"},
        {"cpus": 4},
        {"memory_bytes": 12_600_000_000},
        {"machine": "aarch64"},
        {"virtualisation": ""},
        {"worker_cpus": [0, 1]},
        {"target_cpus": None},
    ],
)
def test_other_hardware_is_another_machine(change: dict[str, Any]) -> None:
    assert machine_key(HERE | change) != machine_key(HERE)


@pytest.mark.parametrize("size_gb", [1, 2, 4, 8, 16, 24, 32, 64, 128, 256])
def test_what_the_kernel_keeps_of_memory_does_not_matter(size_gb: int) -> None:
    """From 1.5 to 4 %, as it was seen; another share after each boot."""
    keys = {
        machine_key(HERE | {"memory_bytes": round(size_gb * 2**30 * (1 - kept))})
        for kept in (0.015, 0.02, 0.03, 0.04)
    }
    assert len(keys) == 1


def test_the_users_name_for_a_machine_counts() -> None:
    assert machine_key(HERE | {"machine_name": "lab-7"}) == "lab-7"


def test_an_environment_that_knows_nothing_has_a_key_too() -> None:
    assert machine_key({}).startswith("?x-?-0gb-")


def keys(of_run: dict[str, Any] | None = None, **of_trial: Any) -> tuple[str, str]:
    """Series and software of ``requests`` in a run of one trial."""
    record = run(**{"environment": HERE, "scenario": SCENARIO} | (of_run or {}))
    (result,) = competitor_results(record, [trial(**of_trial)])
    return result.series, result.software


@pytest.mark.parametrize(
    ("of_run", "of_trial"),
    [
        ({"scenario": SCENARIO | {"rounds": 30, "duration_s": 60.0, "seed": 99}}, {}),
        ({"scenario": SCENARIO | {"precision": {"half_width": 0.02}}}, {}),
        ({"scenario": SCENARIO | {"gate": {"rules": []}}}, {}),
        ({"scenario": SCENARIO | {"added_later": None, "stream_later": False}}, {}),
        ({"baseline": "aiohttp", "axis": "version"}, {}),
        ({}, {"url": "http://127.0.0.1:40321/"}),
        ({}, {"url": "http://127.0.0.1/"}),
    ],
)
def test_how_much_is_measured_beside_whom_is_of_no_consequence(
    of_run: dict[str, Any], of_trial: dict[str, Any]
) -> None:
    assert keys(of_run, **of_trial) == keys()


@pytest.mark.parametrize(
    ("of_run", "of_trial"),
    [
        ({"scenario": SCENARIO | {"path": "/bytes/1000"}}, {}),
        ({"scenario": SCENARIO | {"url": "http://example.test/"}}, {}),
        ({"scenario": SCENARIO | {"warmup_s": 1.0}}, {}),
        ({"scenario": SCENARIO | {"headers": {"Accept": "text/plain"}}}, {}),
        ({}, {"client_type": "async"}),
        ({}, {"event_loop": "uvloop"}),
        ({}, {"http_method": "POST"}),
        ({}, {"body_bytes": 9}),
        ({}, {"concurrency": 11}),
        ({}, {"processes": 2}),
        ({}, {"connection": "close"}),
        ({}, {"profile": "defaults"}),
        ({}, {"target": TargetSpec("nginx")}),
        ({}, {"target": TargetSpec(tls=True)}),
    ],
)
def test_another_load_request_or_target_is_another_series(
    of_run: dict[str, Any], of_trial: dict[str, Any]
) -> None:
    assert keys(of_run, **of_trial)[0] != keys()[0]


@pytest.mark.parametrize(
    ("of_run", "of_trial"),
    [
        ({}, {"client_version": "2.33.0"}),
        ({}, {"versions": {"requests": "2.32.3", "urllib3": "2.8.0"}}),
        ({}, {"python_version": "3.13.1"}),
        ({}, {"client_environment": replace(CLIENT_ENVIRONMENT, code="d" * 32)}),
        ({}, {"client_environment": None}),
        ({}, {"http_version": "2"}),
        ({"targets": (TargetRecord(EMBEDDED, {"openssl": "3.5"}),)}, {}),
    ],
)
def test_another_version_is_other_software_in_the_same_series(
    of_run: dict[str, Any], of_trial: dict[str, Any]
) -> None:
    series, software = keys(of_run, **of_trial)
    assert (series, software != keys()[1]) == (keys()[0], True)


def test_a_trial_that_never_ran_does_not_decide_about_versions() -> None:
    record: RunRecord = run(environment=HERE, scenario=SCENARIO)
    never: TrialSummary = trial(
        id="never", state="failed", window_ns=0, versions={}, client_version=""
    )
    (result,) = competitor_results(record, [never, trial(round=2)])
    assert (result.series, result.software) == keys()
