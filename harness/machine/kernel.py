"""Finds out how the kernel accounts for CPU time, by its build options."""

from __future__ import annotations

import gzip
import platform
from pathlib import Path

__all__ = ["interrupts_are_apart"]


def interrupts_are_apart(root: Path = Path("/")) -> bool:
    """Say whether the time of interrupts is kept out of the process that they interrupt.

    Interrupts handle the packets of the loopback interface: up to half a CPU under a fast client.
    True if the kernel's build options are unknown.
    """
    options = _options(root)
    return options is None or "CONFIG_IRQ_TIME_ACCOUNTING=y" in options


def _options(root: Path) -> list[str] | None:
    for file in (root / "proc/config.gz", root / f"boot/config-{platform.release()}"):
        try:
            content = file.read_bytes()
            if file.suffix == ".gz":
                content = gzip.decompress(content)
        except OSError:
            continue
        return content.decode("utf-8", errors="replace").splitlines()
    return None
