"""How many CPUs a target can keep busy: what its share is a share of."""

from __future__ import annotations

import pytest

from harness.measure.targets import usable_cpus
from servers.catalogue import NAMES, proxies
from servers.spec import TargetSpec

ONE, FOUR = (0,), (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (TargetSpec(), 1),
        (TargetSpec(cpus=(0, 1)), 1),
        (TargetSpec(tls=True), 1),
        (TargetSpec("nginx-static", instances=2), 2),
        (TargetSpec("httpbin", instances=3, cpus=(0, 1)), 2),
        (TargetSpec("embedded", instances=9), 4),
        (TargetSpec("embedded", "docker-host"), 1),
        (TargetSpec("embedded", "docker"), 4),  # Docker's own proxy has threads
        (TargetSpec("nginx", upstream="embedded"), 4),
        (TargetSpec("traefik", upstream="embedded", cpus=(2, 3)), 2),
        (TargetSpec("url", url="http://h/"), 4),
    ],
)
def test_no_more_than_its_servers_and_no_more_than_its_cpus(
    spec: TargetSpec, expected: int
) -> None:
    assert usable_cpus(spec, FOUR) == expected
    assert usable_cpus(spec, ONE) == min(expected, len(spec.cpus) or 1)


@pytest.mark.parametrize("name", NAMES)
def test_only_proxies_are_not_limited_by_their_processes(name: str) -> None:
    spec = TargetSpec(name, instances=2, upstream="embedded" if name in proxies() else "")
    assert usable_cpus(spec, FOUR) == (4 if name in proxies() else 2)
