"""Asks git about a folder. Nothing is written into it, and no setting of it runs a program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness import interrupts

__all__ = ["ANY_OWNER", "answer"]

TIMEOUT_S = 120
ANY_OWNER = "safe.directory=*"  # a setting: the folder may belong to another user


def answer(folder: Path, *arguments: str) -> str | None:
    """Return the output of git in ``folder``; None if there is no git, or if it fails."""
    interrupts.check()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = ["-c", "core.fsmonitor=false", "-c", ANY_OWNER]
    try:
        ended = subprocess.run(
            ["git", *settings, *arguments],
            cwd=folder,
            env={**kept, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if ended.returncode else os.fsdecode(ended.stdout)
