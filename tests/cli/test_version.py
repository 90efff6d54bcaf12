"""``--version``."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.command import clientbench


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_named_with_that_of_python(option: str, tmp_path: Path) -> None:
    ended = clientbench(option, cwd=tmp_path)
    expected = f"clientbench {version('clientbench')} (Python {platform.python_version()})\n"
    assert (ended.code, ended.out, ended.err) == (0, expected, "")
