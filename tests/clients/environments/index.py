"""A package index of a test's own: wheels and sdists made by hand, served on the loopback."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ANY = "py3-none-any"


@dataclass
class Index:
    """The files by project, and the paths that were asked for."""

    url: str = ""
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)  # set: files are sent
    needs_python: dict[str, str] = field(default_factory=dict)  # by file
    password: str = ""

    def __post_init__(self) -> None:
        self.held.set()

    def wheel(
        self,
        name: str,
        version: str,
        requires: Iterable[str] = (),
        *,
        tag: str = ANY,
        files: dict[str, str] | None = None,
        python: str = ">=3.8",
        listed: dict[str, str] | None = None,
    ) -> None:
        """Add a wheel of one module that knows its version."""
        file, content = wheel(
            name, version, requires, tag=tag, files=files, python=python, listed=listed
        )
        self.files.setdefault(name, {})[file] = content
        self.needs_python[file] = python

    def sdist(self, name: str, version: str, backend: str) -> None:
        """Add a source distribution whose build is the code ``backend``."""
        file = f"{name}-{version}.tar.gz"
        self.files.setdefault(name, {})[file] = sdist(name, version, backend)


def wheel(
    name: str,
    version: str,
    requires: Iterable[str] = (),
    *,
    tag: str = ANY,
    files: dict[str, str] | None = None,
    python: str = ">=3.8",
    listed: dict[str, str] | None = None,
) -> tuple[str, bytes]:
    """A wheel's file name and content; it has the hashes of ``listed`` instead of its own files."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    parts = {
        f"{name}/__init__.py": f'__version__ = "{version}"\n',
        **(files or {}),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        f"Requires-Python: {python}\n{needs}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    hashed = {**parts, **(listed or {})}
    record = [f"{path},sha256={_hash(text)},{len(text)}" for path, text in hashed.items()]
    parts[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in parts.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return f"{name}-{version}-{tag}.whl", content.getvalue()


def project(folder: Path, name: str, version: str, backend: str) -> Path:
    """A checkout that the code ``backend`` builds, without any download."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in _project(name, version, backend).items():
        (folder / path).write_text(text)
    return folder


def sdist(name: str, version: str, backend: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, text in _project(name, version, backend).items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def _project(name: str, version: str, backend: str) -> dict[str, str]:
    return {
        "pyproject.toml": f'[project]\nname = "{name}"\nversion = "{version}"\n[build-system]\n'
        'requires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "PKG-INFO": f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n",
        "backend.py": backend,
        f"{name}.py": f'__version__ = "{version}"\n',
    }


# Both lines in one stream: uv does not keep the order of two.
FAILING = """
import sys

def build_wheel(*_, **__):
    print("checking for libcurl", file=sys.stderr)
    raise SystemExit("libcurl is not found: install its headers")

prepare_metadata_for_build_wheel = build_wheel
"""

# Puts the module into a wheel.
PLAIN = """
import base64, hashlib, pathlib, re, zipfile

def build_wheel(folder, *_, **__):
    text = pathlib.Path("pyproject.toml").read_text()
    name, version = (re.search(rf'{key} = "(.*?)"', text)[1] for key in ("name", "version"))
    info = f"{name}-{version}.dist-info"
    parts = {
        f"{name}.py": pathlib.Path(f"{name}.py").read_text(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    lines = [
        f"{path},sha256="
        + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        + f",{len(text)}"
        for path, text in parts.items()
    ]
    parts[f"{info}/RECORD"] = "\\n".join([*lines, f"{info}/RECORD,,"]) + "\\n"
    file = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / file, "w") as archive:
        for path, text in parts.items():
            archive.writestr(path, text)
    return file
"""


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@contextlib.contextmanager
def served() -> Iterator[Index]:
    """A running index; no other machine can reach it."""
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, index)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    index.url = f"http://127.0.0.1:{server.server_address[1]}/simple"
    try:
        yield index
    finally:
        index.held.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(request: BaseHTTPRequestHandler, index: Index) -> None:
    index.asked.append(request.path)
    given = request.headers.get("Authorization", "").removeprefix("Basic ")
    if index.password and not base64.b64decode(given).decode().endswith(f":{index.password}"):
        request.send_error(401)
        return
    parts = request.path.strip("/").split("/")
    files = index.files.get(parts[1] if len(parts) > 1 else "")
    if parts[0] == "simple" and files is not None:
        _send(request, _page(parts[1], files, index).encode(), "text/html")
    elif parts[0] == "files" and files is not None and parts[2] in files:
        index.held.wait(60)
        _send(request, files[parts[2]], "application/octet-stream")
    else:
        request.send_error(404)


def _page(name: str, files: dict[str, bytes], index: Index) -> str:
    links = [
        f'<a href="/files/{name}/{file}#sha256={hashlib.sha256(content).hexdigest()}"'
        f' data-requires-python="{index.needs_python.get(file, "").replace(">", "&gt;")}">{file}</a>'
        for file, content in files.items()
    ]
    return "<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>"


def _send(request: BaseHTTPRequestHandler, content: bytes, kind: str) -> None:
    request.send_response(200)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    if request.command == "GET":
        with contextlib.suppress(OSError):
            request.wfile.write(content)
