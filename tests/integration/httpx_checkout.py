"""A checkout of httpx under git, as its maintainer has one."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.installations import OURS

__all__ = ["CHANGED", "git", "make_checkout"]

CHANGED = "0.99.0"
PROJECT = f"""
[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"
[project]
name = "httpx"
version = "{CHANGED}"
dependencies = ["anyio", "certifi", "httpcore==1.*", "idna"]
[tool.setuptools.packages.find]
include = ["httpx*"]
"""


def git(folder: Path, *words: str) -> str:
    author = ("-c", "user.name=a test", "-c", "user.email=test@example.org")
    command = ["git", "-C", str(folder), *author, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def make_checkout(folder: Path) -> Path:
    """A repository with a copy of our httpx, which was changed after the last commit."""
    shutil.copytree(OURS / "httpx", folder / "httpx", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(PROJECT)
    git(folder, "init", "--quiet", "--initial-branch", "faster")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "as it was")
    module = folder / "httpx" / "__version__.py"
    module.write_text(module.read_text().replace(version("httpx"), CHANGED))
    return folder
