"""What a command line says about a preset."""

from __future__ import annotations

from dataclasses import dataclass

from harness.input.typed import typed

__all__ = ["PresetOptions"]


@dataclass(frozen=True, slots=True)
class PresetOptions:
    """What a command line says about a preset, as it was typed."""

    preset: str | None = typed("A whole load by name; see `clientbench presets`.")
    n: str | int | None = typed("Of a preset: requests in a batch, or unfinished at most.")
    delay: str | float | None = typed("Of a preset: time between releases.")
    hold: str | None = typed("Of a preset: dns tcp tls connection request first-byte. [connection]")
    points: str | None = typed("Of a preset: its graph, NUMBER@TIME,…")
