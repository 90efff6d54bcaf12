"""The configurations that docker-compose.yml mounts: ``python -m tests.integration.compose`` renders them anew.

They are kept in the repository so that a checkout is all that Compose needs; a test compares them.
"""

from __future__ import annotations

from pathlib import Path

from servers.catalogue import software
from servers.software import Address, Layout

FOLDER = Path(__file__).resolve().parents[2] / "servers" / "docker" / "compose"
INSTANCES = ("instance-1", "instance-2", "instance-3")


def layout(name: str, *, upstreams: tuple[str, ...] = (), workers: int = 1) -> Layout:
    return Layout(
        name=name,
        listen=Address("0.0.0.0", 8080),
        tls=False,
        folder="/etc/clientbench",
        scratch="/tmp",
        upstreams=tuple(Address(upstream, 8080) for upstream in upstreams),
        workers=workers,
    )


def files() -> dict[str, str]:
    """Text by file name in ``FOLDER``."""
    proxy = layout("proxy", upstreams=INSTANCES, workers=2)
    rendered = software("nginx").files(proxy) | software("traefik").files(proxy)
    for name in INSTANCES:
        rendered[f"{name}.conf"] = software("httpbin").files(layout(name))["gunicorn.conf.py"]
    return rendered


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text)
