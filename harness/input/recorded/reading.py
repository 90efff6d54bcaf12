"""Finds out by its content whether a file is recorded traffic, and reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.errors import UsageError
from harness.input.recorded.access_log import access_log, is_line
from harness.input.recorded.har import har, is_har
from harness.input.recorded.traffic import Traffic
from harness.input.scenario_texts import FIELD, ScenarioFile
from harness.redaction import quoted

__all__ = ["recorded_file"]

Reader = Callable[[str, Path], Traffic]
HEAD = 1 << 16  # bytes
FEW_LINES = 20


def recorded_file(name: str, path: Path) -> ScenarioFile | None:
    """Return the traffic in a file; None if it is a scenario. Raises ``UsageError``."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            head = file.read(HEAD).decode("utf-8", "surrogateescape")
        reader = _reader(path, head)
        if reader is None:
            return None
        return ScenarioFile(name, "", path, {}, None, (), {}, recorded=reader(name, path))
    except OSError as error:
        raise UsageError(f"{quoted(name)} cannot be read ({error.strerror})", FIELD) from error


def _reader(path: Path, head: str) -> Reader | None:
    if is_har(head) or path.suffix.lower() == ".har":
        return har
    lines = [line for line in head.splitlines() if line.strip()][:FEW_LINES]
    if any(map(is_line, lines)) or path.suffix.lower() == ".log":
        return access_log
    return None
