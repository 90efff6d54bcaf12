"""Third-party distributions made for a test: a dist-info, an entry point, and an adapter."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

ADAPTER = """
from adapters.base import Adapter

class {name}(Adapter):
    name = "{client}"
    distribution = {measures!r}
    can_stream = True

    def open(self):
        {open}

    def send(self, request):
        {send}

    def close(self):
        {close}

ADAPTERS = ({name},)
"""


def install(
    site: Path,
    client: str,
    *,
    head: str = "",
    open: str = "pass",
    send: str = "return (200, 0)",
    close: str = "pass",
    requires: str = "clientbench",
    measures: str | None = None,
    source: str | None = None,
) -> None:
    """Put a distribution into ``site`` whose adapter does what the arguments say, or is ``source``."""
    module = f"{client.replace('-', '_')}_adapter"
    metadata = site / f"{client.replace('-', '_')}_plugin-1.2.3.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {client}-plugin\nVersion: 1.2.3\nRequires-Dist: {requires}\n"
    )
    (metadata / "entry_points.txt").write_text(f"[clientbench.adapters]\n{client} = {module}\n")
    (metadata / "RECORD").write_text(
        "".join(f"{name},,\n" for name in (f"{module}.py", f"{metadata.name}/METADATA"))
    )
    if source is None:
        source = ADAPTER.format(
            **{"name": client.title(), "client": client, "measures": measures},
            **{"open": open, "send": send, "close": close},
        )
    (site / f"{module}.py").write_text(head + source)


def environment(folder: Path, site: Path) -> Path:
    """The interpreter of a virtual environment in ``folder`` that sees what we see, and ``site``."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = folder / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    ours = [path for path in sys.path if path and Path(path).is_dir()]
    (packages / "everything.pth").write_text(
        "".join(f"import site; site.addsitedir({path!r})\n" for path in [*ours, str(site)])
    )
    return folder / "bin" / "python"
