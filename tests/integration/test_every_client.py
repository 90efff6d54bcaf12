"""Every client in environments made for it: those that are not installed here in their newest
version, those that clientbench requires at both ends of their range.

What a library does not keep is declared by its adapter: a known failure. Any other fails the test.
"""

from __future__ import annotations

import platform
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import adapters
from harness.checking.clients import ClientCheck, candidates
from harness.clients.bundle import Bundle
from harness.clients.catalogues import Making, versions
from harness.clients.declared import by_name, declared
from harness.clients.environments.pythons import installed
from harness.clients.ranges import is_version
from harness.errors import UnusableError
from harness.measure.contenders import Resolver
from harness.records.checked import Checked
from harness.scenario.selector import ClientSpec, parse
from tests.require import index_has

pytestmark = pytest.mark.timeout(600)

ELSEWHERE = [f"{name}:{mode}" for name in adapters.ELSEWHERE for mode in adapters.MODES_OF[name]]
REQUIRED = [
    f"{name}:{mode}"
    for name in ("requests", "httpx", "aiohttp", "urllib3", "pycurl")
    for mode in adapters.MODES_OF[name]
]
# A quarter of what users wait: several libraries are known to hang, each in several claims.
PATIENCE_S = 7.5
# The reasons for which a client may be missing on a Python or a platform, and what to do.
CANNOT_BE_HAD = re.compile(
    r"client '.+': .+ (has no wheel for this (Python|platform) .+; choose another version"
    r"|has no wheel for this Python and platform, and its build failed: "
    r"|needs Python .+, this is .+; choose another with @PYTHON).*"
)


@pytest.fixture
def resolver(bundle: Bundle, kept_cache: Path) -> Resolver:
    """Makes environments in the cache that is kept."""
    return Resolver(bundle)


def distribution(name: str) -> str:
    _, found = {**adapters.BUILTIN, **adapters.ELSEWHERE}[name]
    assert found is not None
    return found


def checked(resolver: Resolver, suite: ClientCheck, spec: ClientSpec) -> Checked:
    """The result for a client in one mode, which has no failures but those that are known.

    A library may have a race that shows once in a hundred runs: what fails counts if it fails twice.
    """
    (one,), _ = candidates(resolver, [spec])
    found = suite.check(one, PATIENCE_S)
    wrong = failures(found)
    if wrong:
        found = suite.check(one)
        wrong = {name: why for name, why in failures(found).items() if name in wrong}
    assert wrong == {}
    return found


def failures(found: Checked) -> dict[str, tuple[str, str | None]]:
    return {
        claim.name: (claim.state, claim.reason)
        for claim in found.results
        if claim.state in ("failed", "not checked")
    }


@pytest.mark.parametrize("selector", ELSEWHERE)
def test_what_is_claimed_of_it_holds_in_an_environment_of_its_own(
    selector: str, resolver: Resolver, suite: ClientCheck
) -> None:
    spec = parse(selector)
    try:
        found = checked(resolver, suite, spec)
    except UnusableError as error:  # not for this Python, or not for this platform
        assert CANNOT_BE_HAD.fullmatch(str(error)), error
        assert not index_has(distribution(spec.name)), error
        return
    assert found.version
    client = resolver.select(spec).client
    assert declared(client) == by_name(spec.name)


@cache
def newest(name: str) -> str:
    (found,) = versions(Making(), ClientSpec(name), "last:1")
    return found


@pytest.mark.parametrize("end", ["oldest", "newest"])
@pytest.mark.parametrize("selector", REQUIRED)
def test_what_is_claimed_holds_at_both_ends_of_its_range(
    selector: str, end: str, resolver: Resolver, suite: ClientCheck
) -> None:
    """The oldest supported version on the oldest Python here, the newest one on the newest.

    If that is what is installed here, ``test_conformance`` checks it: on each of its event loops.
    """
    spec = parse(selector)
    pythons = [one for one in installed() if not one.free_threaded]
    version = adapters.OLDEST[spec.name] if end == "oldest" else newest(spec.name)
    python = pythons[-1 if end == "oldest" else 0]
    here = resolver.select(ClientSpec(spec.name)).client.version
    if (here, platform.python_version()) == (version, python.version):
        return
    found = checked(resolver, suite, replace(spec, version=version, python=python.path))

    assert found.version is not None
    assert is_version(found.version, version)
