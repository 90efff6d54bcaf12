"""The commands of README and docs that need servers of other people, and those of docs that need none."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests import test_docs
from tests.require import require_software


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a reader would be."""
    return test_docs.reader_folder(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        *test_docs.NEEDING,
        *(w for w in test_docs.stand_alone(test_docs.LOCAL) if w not in test_docs.OF_EVERYDAY),
    ],
    ids=lambda words: shlex.join(words)[:60],
)
def test_a_command_of_the_docs_works(words: list[str], folder: Path) -> None:
    for name in test_docs.servers(words):
        require_software(name)
    assert test_docs.clientbench(folder, *test_docs.shortened(words))


def test_the_queries_of_readme_are_read_on_80_columns(folder: Path) -> None:
    test_docs.check_the_queries_of_readme(folder)


def test_a_branch_is_compared_with_a_release_as_the_pages_say(folder: Path) -> None:
    test_docs.check_that_a_branch_is_compared_with_a_release(folder)
