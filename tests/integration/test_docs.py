"""The commands of README and docs that need servers of other people."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests import test_docs
from tests.require import require_software


@pytest.mark.parametrize("words", test_docs.NEEDING, ids=lambda words: shlex.join(words)[:60])
def test_a_command_of_the_docs_works(words: list[str], tmp_path: Path) -> None:
    for name in test_docs.servers(words):
        require_software(name)
    assert test_docs.clientbench(tmp_path, *test_docs.shortened(words))
