"""The suite can fail: whoever is wrong in one way fails that claim, and no other."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest

from adapters.base import BaseAdapter
from adapters.conformance.claims import CLAIMS, check, concerned
from adapters.conformance.subject import Subject
from harness.checking.clients import ClientCheck
from tests.adapters.broken import BROKEN, source


@contextmanager
def adapter(claim: str) -> Iterator[type[BaseAdapter]]:
    module: dict[str, Any] = {}
    exec(source(claim, BROKEN[claim]), module)
    yield module["ADAPTERS"][0]
    for connection in module["KEPT"]:
        if isinstance(connection, HTTPConnection):
            connection.close()


@pytest.fixture
def tidy() -> Iterator[None]:
    """Nothing of earlier tests is found, nor looked through, by those who look for what is left open."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("wrong", BROKEN)
def test_a_claim_fails_alone(suite: ClientCheck, wrong: str) -> None:
    with adapter(wrong) as broken:
        subject = Subject(broken, "asyncio" if broken.mode == "async" else None)
        checked = {
            claim.name: check(claim, subject, wrong, suite.server)
            for claim in CLAIMS
            if concerned(claim, wrong, broken)
        }
    reasons = {name: reason or "" for name, (held, reason) in checked.items() if not held}
    assert reasons.keys() == {wrong}, reasons
    assert reasons[wrong].isprintable()
