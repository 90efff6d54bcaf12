"""What a process says of the interpreter it runs on."""

from __future__ import annotations

import pytest

from harness.worker.describe import interpreter, without_paths


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("'--prefix=/home/me/python' '--enable-shared'", "--enable-shared"),
        ("'CFLAGS=-g -I/home/me/include' 'CC=gcc -O2'", "'CC=gcc -O2'"),
        ("--with-lto --libdir=C:\\\\me\\\\lib", "--with-lto"),
        ("", ""),
        ("'no end", ""),
    ],
)
def test_options_that_name_folders_are_left_out(options: str, kept: str) -> None:
    assert without_paths(options) == kept


def test_no_folder_of_this_machine_is_told_of_a_build() -> None:
    build = interpreter()["build"]
    assert "/" not in build["options"]
