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
    _distribution(site, f"{client}-plugin", "clientbench.adapters", client, module, requires)
    if source is None:
        source = ADAPTER.format(
            **{"name": client.title(), "client": client, "measures": measures},
            **{"open": open, "send": send, "close": close},
        )
    (site / f"{module}.py").write_text(head + source)


def install_target(site: Path, name: str, source: str) -> None:
    """The same for a target, whose ``source`` has a class ``Sloppy``."""
    module = f"{name.replace('-', '_')}_software"
    _distribution(site, f"{name}-target", "clientbench.targets", name, f"{module}:Sloppy")
    (site / f"{module}.py").write_text(source)


def _distribution(
    site: Path, title: str, group: str, name: str, entry: str, requires: str = "clientbench"
) -> None:
    """A distribution with one entry point, and the module that it names."""
    metadata = site / f"{title.replace('-', '_')}-1.2.3.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {title}\nVersion: 1.2.3\nRequires-Dist: {requires}\n"
    )
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {entry}\n")
    (metadata / "RECORD").write_text(
        "".join(
            f"{file},,\n" for file in (f"{entry.partition(':')[0]}.py", f"{metadata.name}/METADATA")
        )
    )


def environment(folder: Path, site: Path) -> Path:
    """The interpreter of a virtual environment in ``folder`` that sees what we see, and ``site``."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = folder / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    ours = [path for path in sys.path if path and Path(path).is_dir()]
    (packages / "everything.pth").write_text(
        "".join(f"import site; site.addsitedir({path!r})\n" for path in [*ours, str(site)])
    )
    return folder / "bin" / "python"
