"""Whole commands against hostile behaviours: all clients that are installed, as a user would
compare them.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign_command import Place, faults, found_secrets
from benchmarks.hostile_behaviours import BEHAVIOURS, PLANTED
from benchmarks.hostile_clients import clients
from benchmarks.hostile_server import HostileServer

__all__ = ["attempt"]

# Each of them may wait for its timeout several times, and be ended with its worker after 7 s.
SLOW_S = 90.0
ONE = ("--requests", "2", "--rounds", "1", "--warmup", "0", "--concurrency", "1", "--timeout", "1")


def _selectors() -> list[str]:
    """Every client in each of its modes."""
    return sorted({f"{one.name}:{one.mode}" for one in clients()})


def attempt(name: str, server: HostileServer, folder: Path) -> list[str]:
    """Compare all clients at a behaviour; return the faults of command, output and database."""
    place = Place(folder, f"hostile-{name}")
    since_ns = place.touched_ns()
    method = BEHAVIOURS[name].method
    trust = {"SSL_CERT_FILE": server.ca_file}
    words = ["compare", *_selectors(), "--url", server.url(name), "--method", method, *ONE]
    words += ["--db", "hostile.db", "--output", "report.md"]
    ended = place.run(*words, environ=trust, within_s=SLOW_S)
    shown = place.run("results", "show", "latest", "--db", "hostile.db", environ=trust)
    wrong = faults(ended, (PLANTED,), SLOW_S)
    if ended.code not in (0, 3, 5):
        wrong.append(f"exit code: {ended.code} {ended.err[-200:]!a}")
    if (place.folder / "hostile.db").exists():
        wrong += faults(shown, (PLANTED,))
    for path in place.folder.iterdir():
        text = path.read_bytes().decode("latin-1")
        wrong += [f"secret: {form} in {path.name}" for form in found_secrets(text, (PLANTED,))]
    return wrong + place.left(since_ns)
