"""Every target that is installed here does what is claimed of one."""

from __future__ import annotations

import pytest

from harness.checking.targets import check
from servers.spec import TargetSpec
from tests.require import require_software

PROXIES = ("nginx", "traefik", "haproxy", "caddy")


@pytest.mark.parametrize("name", ["httpbin", "nginx-static", *PROXIES])
def test_a_target_does_what_is_claimed_of_it(name: str) -> None:
    require_software(name)
    found = check(TargetSpec(name, upstream="embedded" if name in PROXIES else ""))
    wrong = {
        one.name: one.reason for one in found.results if one.state in ("failed", "not checked")
    }
    assert wrong == {}
    assert found.passed
