"""Every target that is installed here, and every adapter on uvloop, does what is claimed of it."""

from __future__ import annotations

import pytest

from harness.checking.clients import ClientCheck
from harness.checking.targets import check
from harness.measure.contenders import Resolver
from servers.catalogue import proxies
from servers.spec import TargetSpec
from tests.adapters.test_conformance import SELECTORS, assert_does_what_is_claimed
from tests.require import require_software


@pytest.mark.parametrize("name", ["httpbin", "nginx-static", *proxies()])
def test_a_target_does_what_is_claimed_of_it(name: str) -> None:
    require_software(name)
    found = check(TargetSpec(name, upstream="embedded" if name in proxies() else ""))
    wrong = {
        one.name: one.reason for one in found.results if one.state in ("failed", "not checked")
    }
    assert wrong == {}
    assert found.passed


@pytest.mark.parametrize("selector", [one for one in SELECTORS if "+uvloop" in one])
def test_an_adapter_does_what_is_claimed_of_it_on_uvloop(
    resolver: Resolver, suite: ClientCheck, selector: str
) -> None:
    assert_does_what_is_claimed(resolver, suite, selector)
