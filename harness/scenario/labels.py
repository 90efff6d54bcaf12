"""Labels of clients: one canonical label for each, whatever was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapters.base import Mode
from adapters.loops import default_loop
from harness.scenario.selector import ClientSpec

__all__ = ["client_label"]


def client_label(spec: ClientSpec, modes: Sequence[Mode]) -> str:
    """The label of a client whose mode and loop are filled in; ``modes`` are all that its library
    has.

    The library's name, with ``:MODE`` if the library has several, ``+LOOP`` if it is not the one it
    uses without being told, and version and interpreter if they were asked for.
    """
    mode = None if tuple(modes) == (spec.mode,) else spec.mode
    usual = spec.loop == default_loop(spec.name, spec.mode)
    return str(replace(spec, mode=mode, loop=None if usual else spec.loop))
