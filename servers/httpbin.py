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
    """An origin that says what it was asked; counts over all of its worker processes."""

    name = "httpbin"
    reports = True
    single_threaded = True
    routes = MappingProxyType({"/bytes/1000": 1000})
    keeps_user = True  # our interpreter, and what is installed there
    image = Image(
        "clientbench-httpbin",
        "CLIENTBENCH_HTTPBIN_IMAGE",
        ("python3", "-m", "gunicorn"),
        dockerfile="httpbin",
    )
    remedy = "pip install 'clientbench[httpbin]'"

    def find(self) -> Executable:
        """gunicorn in our interpreter."""
        try:
            found, *_ = [version(name) for name in ("httpbin", "gunicorn", "gevent")]
        except PackageNotFoundError as error:
            raise TargetError(f"{self.name}: no {error.name} installed; {self.remedy}") from error
        return Executable((sys.executable, "-m", "gunicorn"), found)

    def files(self, layout: Layout) -> dict[str, str]:
        """gunicorn's configuration, and the application that it is to load."""
        return {
            CONFIGURATION: render("gunicorn.conf.py.j2", layout, certificate=CERTIFICATE, key=KEY),
            _APPLICATION.name: _APPLICATION.read_text(),
        }

    def command(self, layout: Layout) -> list[str]:
        """In the foreground, as it always is."""
        return ["--config", f"{layout.folder}/{CONFIGURATION}"]

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """The application is found; what httpbin's libraries deprecate is not our user's concern."""
        return {"PYTHONPATH": layout.folder, "PYTHONWARNINGS": "ignore"}
