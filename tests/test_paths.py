"""Paths as users type them."""

from __future__ import annotations

from pathlib import Path

from harness.paths import expanded


def test_a_users_home_and_a_name_that_is_no_users() -> None:
    assert expanded("~/one") == Path.home() / "one"
    assert expanded("~nobody-of-this-name/one") == Path("~nobody-of-this-name/one")
