"""Every target that is installed here, and every adapter of ours, does what is claimed of it."""

from __future__ import annotations

import pytest

from harness.checking.clients import ClientCheck
from harness.checking.targets import check
from harness.measure.contenders import Resolver
from servers.catalogue import proxies
from servers.spec import TargetSpec
from tests.adapters.test_conformance import QUICK, SELECTORS, assert_does_what_is_claimed
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


@pytest.mark.parametrize("selector", [one for one in SELECTORS if one not in QUICK])
def test_an_adapter_does_what_is_claimed_of_it(
    resolver: Resolver, suite: ClientCheck, selector: str
) -> None:
    assert_does_what_is_claimed(resolver, suite, selector)


@pytest.mark.usefixtures("installed")
def test_the_target_of_the_docs_does_what_is_claimed_of_it() -> None:
    found = check(TargetSpec("x-plain"))
    assert [(one.name, one.reason) for one in found.results if one.state == "failed"] == []
    assert [one.name for one in found.results if one.state != "passed"] == ["counts", "instances"]
