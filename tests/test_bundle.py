"""The folder workers start from: nothing is left for them to make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.bundle import Bundle

NAMES = """
import importlib.util, pathlib, sys
for source in pathlib.Path(sys.argv[1]).rglob("*.py"):
    print(importlib.util.cache_from_source(str(source)))
"""
# our own does it itself, another one is started for it
PYTHONS = [sys.executable, sys._base_executable]  # type: ignore[attr-defined]


@pytest.mark.parametrize("python", PYTHONS, ids=["own", "other"])
def test_all_code_is_compiled_for_the_interpreter_that_runs_it(python: str, tmp_path: Path) -> None:
    module = tmp_path / "single_module.py"
    module.write_text("x = 1\n")
    with Bundle() as bundle:
        site = bundle.site("a-client", [str(module)])
        bundle.compile(python)
        asked = subprocess.run(
            [python, "-I", "-S", "-c", NAMES, bundle.path],
            capture_output=True,
            text=True,
            check=True,
        )
        made = [Path(name) for name in asked.stdout.split()]

        assert len(made) > 20
        assert any(name.parent.parent == site for name in made)
        assert all(name.exists() for name in made)
