"""A forked command. Importing this module loads the modules that most commands need."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import rich.table  # noqa: F401

import harness.cli.commands
import harness.cli.measuring
import harness.store.rows
from harness.cli import main

__all__ = ["run"]

harness.cli.commands.whole_command()


def run(words: list[str], cwd: Path, environ: dict[str, str], out: Path, err: Path) -> None:
    """Be the command ``clientbench WORDS``, typed in ``cwd``."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for path, descriptor in ((out, 1), (err, 2)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["clientbench", *words]
    main.main()
