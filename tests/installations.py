"""Virtual environments of this test's own, with distributions put there by hand: no network, no pip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution
from pathlib import Path

OURS = Path(sysconfig.get_path("purelib"))
# Dependencies of requests.
NEEDED = ("urllib3", "idna", "certifi", "charset-normalizer")


def environment(folder: Path) -> Path:
    """An empty environment of our own interpreter; its folder of packages."""
    packages = folder / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    home = Path(sys._base_executable).parent  # type: ignore[attr-defined]
    (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
    return packages


def python_of(packages: Path) -> Path:
    return packages.parents[2] / "bin" / "python"


def with_requests(folder: Path, version: str, **said: str) -> Path:
    """An environment whose requests is a copy of ours that calls itself ``version``."""
    packages = environment(folder)
    for name in NEEDED:
        link(name, packages)
    put_requests(packages, version, **said)
    return python_of(packages)


def link(name: str, packages: Path) -> None:
    """A distribution of ours, as links to its files."""
    for top in {file.parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
        (packages / top).symlink_to(OURS / top)


def put_requests(packages: Path, version: str, *, says: str | None = None) -> None:
    """The code of requests and its metadata; what it says of itself is what servers are told."""
    for old in packages.glob("requests*"):
        shutil.rmtree(old)
    shutil.copytree(
        OURS / "requests", packages / "requests", ignore=shutil.ignore_patterns("__pycache__")
    )
    _call(packages / "requests" / "__version__.py", says or version)
    _metadata(packages, "requests", version, requires=NEEDED, files=["requests/__init__.py"])


def put_editable_requests(packages: Path, source: Path, version: str, hook: str) -> Path:
    """As ``pip install -e``: the code stays in ``source``; ``hook`` is how Python is told."""
    source.mkdir()
    put_requests(source, version)
    for metadata in source.glob("*.dist-info"):
        shutil.rmtree(metadata)
    _metadata(packages, "requests", version, requires=NEEDED, files=["__editable__.requests.pth"])
    (metadata,) = packages.glob("requests-*.dist-info")
    url = {"url": source.as_uri(), "dir_info": {"editable": True}}
    (metadata / "direct_url.json").write_text(json.dumps(url))
    (packages / "__editable__.requests.pth").write_text(f"{hook}\n")
    return source / "requests"


def _call(module: Path, version: str) -> None:
    lines = module.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("__version__")]
    module.write_text("".join(kept) + f'__version__ = "{version}"\n')


def _metadata(
    packages: Path, name: str, version: str, *, requires: tuple[str, ...], files: list[str]
) -> None:
    folder = packages / f"{name}-{version}.dist-info"
    folder.mkdir()
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    )
    recorded = [*files, f"{folder.name}/METADATA"]
    (folder / "RECORD").write_text("".join(f"{file},,\n" for file in recorded))


def touch_later(file: Path) -> None:
    """Make a file look written after everything else, whatever the clock's grain."""
    seen = file.stat()
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1_000_000_000))


def other_python() -> str | None:
    """Another version of Python that runs here, by its path."""
    ours = sys.version_info[1]
    # pyenv keeps versions side by side, and its shims refuse those that are not selected
    beside = [str(folder) for folder in Path(sys.base_prefix).parent.glob("*/bin")]
    path = os.pathsep.join([*beside, os.environ.get("PATH", "")])
    for minor in (number for number in (14, 13, 12, 11) if number != ours):
        found = shutil.which(f"python3.{minor}", path=path)
        if (
            found
            and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            return found
    return None
