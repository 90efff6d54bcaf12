"""What a run says about its targets, in lines for people."""

from __future__ import annotations

from typing import Any

from harness.records.model import Spread, TargetRecord, TrialSummary
from harness.report.target_notes import target_notes
from servers.spec import TargetSpec
from tests.examples import failed, histogram, run, trial

EMBEDDED = TargetSpec()
NGINX = TargetSpec("nginx", instances=2, upstream="embedded")


def record(spec: TargetSpec, **description: str) -> TargetRecord:
    return TargetRecord(spec, {"name": spec.name, **description})


def proxied(label: str = "pycurl nginx", ms: int = 3, **changes: Any) -> TrialSummary:
    values: dict[str, Any] = {
        "target": NGINX,
        "client_library": "pycurl",
        "service": histogram([ms * 1_000_000] * 1000),
        "cpu_requests": 1000,
        "proxy_cpu_ns": 20_000_000,
        "origin_cpu_ns": 12_500_000,
    }
    return trial(label, **(values | changes))


def direct(**changes: Any) -> TrialSummary:
    values: dict[str, Any] = {"target": EMBEDDED, "client_library": "pycurl"}
    return trial("pycurl embedded", **(values | changes))


def test_the_usual_target_needs_no_words() -> None:
    assert target_notes(run(targets=(record(EMBEDDED),)), [trial()]) == []
    assert target_notes(run(), []) == []


def test_targets_are_named_with_the_versions_of_their_servers() -> None:
    targets = (
        record(NGINX, nginx="1.22.1", embedded="0.21", configuration="a1"),
        record(TargetSpec("nginx-static", "docker", 2, True), **{"nginx-static": "1.28"}),
        record(TargetSpec("url", tls=True, url="https://h/")),
    )
    assert target_notes(run(targets=targets), []) == [
        "target: nginx in front of 2 × embedded (native, http), nginx 1.22.1, embedded 0.21",
        "target: nginx-static × 2 (docker, https), nginx-static 1.28",
        "target: url (https)",
    ]


def test_the_spread_is_that_of_all_rounds() -> None:
    spreads = (
        Spread(0, 1, "instance-1", 100),
        Spread(0, 1, "instance-2", 300),
        Spread(0, 2, "instance-1", 200),
        Spread(0, 2, "instance-2", 400),
    )
    notes = target_notes(run(targets=(record(NGINX),), spreads=spreads), [])
    assert notes[1] == (
        "spread: nginx in front of 2 × embedded (native, http): 1,000 requests: "
        "instance-1 30.0 %, instance-2 70.0 %"
    )


def test_a_proxys_cost_is_told_apart_from_that_of_the_servers_behind_it() -> None:
    notes = target_notes(run(), [proxied()])
    assert notes == [
        "proxy: pycurl nginx: 20.0 µs of CPU per request in the proxy, 12.5 µs in the servers "
        "behind it; add --target embedded to see the latency it adds"
    ]


def test_its_latency_is_compared_with_the_same_client_on_the_same_server_without_it() -> None:
    notes = target_notes(run(), [proxied(), direct()])
    assert notes[0].endswith("; p50 +2.00 ms, p99 +2.00 ms over pycurl embedded")
    faster = target_notes(run(), [proxied(service=histogram([500_000] * 1000)), direct()])
    assert faster[0].endswith("; p50 −0.500 ms, p99 −0.500 ms over pycurl embedded")


def test_another_client_runtime_or_scheme_is_no_comparison() -> None:
    others = [
        direct(client_library="requests"),
        direct(client_type="async", event_loop="asyncio"),
        direct(target=TargetSpec(runtime="docker")),
        direct(target=TargetSpec(tls=True)),
        direct(target=TargetSpec("httpbin")),
    ]
    for other in others:
        assert "add --target embedded" in target_notes(run(), [proxied(), other])[0]


def test_what_was_not_measured_is_not_told() -> None:
    assert target_notes(run(), [failed("pycurl nginx")]) == []
    censored = proxied(censored=1000)
    assert target_notes(run(), [censored, direct()])[0].endswith("; its latencies are unknown")
