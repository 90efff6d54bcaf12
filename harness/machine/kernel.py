"""How the kernel counts time, by the options that it was built with."""

from __future__ import annotations

import gzip
import platform
from pathlib import Path

__all__ = ["interrupts_are_apart"]


def interrupts_are_apart(root: Path = Path("/")) -> bool:
    """Whether time in interrupts is left out of the time of the process that they interrupt.

    The packets of the loopback interface are handled in them: up to half a CPU under a fast client. True where
    the kernel does not say how it was built.
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
