"""The real httpbin, under gunicorn."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from servers.base import TargetError
from servers.files import CERTIFICATE, KEY
from servers.software import Executable, Image, Layout, Software, render

__all__ = ["Httpbin"]

CONFIGURATION = "gunicorn.conf.py"
_APPLICATION = Path(__file__).with_name("httpbin_app.py")


class Httpbin(Software):
    """httpbin as an origin; it counts requests over all of its worker processes."""

    name = "httpbin"
    reports = True
    single_threaded = True
    routes = MappingProxyType({"/bytes/1000": 1000})
    keeps_user = True  # our interpreter and its packages
    image = Image(
        "clientbench-httpbin",
        "CLIENTBENCH_HTTPBIN_IMAGE",
        ("python3", "-m", "gunicorn"),
        dockerfile="httpbin",
    )
    remedy = "pip install 'clientbench[httpbin]'"

    def find(self) -> Executable:
        """Find gunicorn in our interpreter."""
        try:
            found, *_ = [version(name) for name in ("httpbin", "gunicorn", "gevent")]
        except PackageNotFoundError as error:
            raise TargetError(f"{self.name}: no {error.name} installed; {self.remedy}") from error
        return Executable((sys.executable, "-m", "gunicorn"), found)

    def files(self, layout: Layout) -> dict[str, str]:
        """Return gunicorn's configuration and the application that it loads."""
        return {
            CONFIGURATION: render("gunicorn.conf.py.j2", layout, certificate=CERTIFICATE, key=KEY),
            _APPLICATION.name: _APPLICATION.read_text(),
        }

    def command(self, layout: Layout) -> list[str]:
        """Return the arguments; gunicorn runs in the foreground anyway."""
        return ["--config", f"{layout.folder}/{CONFIGURATION}"]

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """Let it find the application, and hide deprecation warnings of httpbin's libraries."""
        return {"PYTHONPATH": layout.folder, "PYTHONWARNINGS": "ignore"}
