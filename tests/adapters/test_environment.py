"""The environment that a library sees while a client is made."""

from __future__ import annotations

import os

import pytest

from adapters.base import Settings
from adapters.environment import changed, no_proxies


def test_variables_are_set_and_unset_and_then_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTBENCH_A", "1")
    monkeypatch.delenv("CLIENTBENCH_B", raising=False)
    before = dict(os.environ)
    with changed({"CLIENTBENCH_A": None, "CLIENTBENCH_B": "2"}):
        assert "CLIENTBENCH_A" not in os.environ
        assert os.environ["CLIENTBENCH_B"] == "2"
    assert dict(os.environ) == before


def test_no_variable_names_a_proxy_whatever_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "all_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "x")
    before = dict(os.environ)
    with changed(no_proxies(Settings(profile="parity"))):
        assert [name for name in os.environ if "proxy" in name.lower()] == []
    assert dict(os.environ) == before
