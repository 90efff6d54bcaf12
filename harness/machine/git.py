"""Asks git about a folder. Nothing is written into it.

Comparing files runs the filters that a repository sets for them. So git compares them only in a
repository that it trusts (``safe.directory``), or whose code is about to be built anyway.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness import interrupts

__all__ = ["ANY_OWNER", "answer"]

TIMEOUT_S = 120
ANY_OWNER = "safe.directory=*"  # a setting: the folder may belong to another user


def answer(folder: Path, *arguments: str, of_any_owner: bool = True) -> str | None:
    """Return the output of git in ``folder``; None if there is no git, or if it fails.

    Unless ``of_any_owner``, it also fails in a repository of another user.
    """
    interrupts.check()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = ["-c", "core.fsmonitor=false", *(("-c", ANY_OWNER) if of_any_owner else ())]
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
