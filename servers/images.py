"""Container images: published ones, and those built from ``servers/docker``."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from servers.base import TargetError
from servers.engine import connect, failures, one_line
from servers.software import Image, Software

__all__ = ["BASE", "BASE_VARIABLE", "find", "obtain", "reference"]

BASE = "python:3.12-slim-bookworm"
BASE_VARIABLE = "CLIENTBENCH_BASE_IMAGE"
LAST_LINES = 3  # lines of a build's output in its error message
# Which of its versions work depends on the image's Python, not on ours.
_KEPT = ("gevent",)
_SERVERS = Path(__file__).parent
_DOCKER = _SERVERS / "docker"


def find(software: Software) -> str:
    """Return the image that would run here, without pulling or building anything.

    Raises ``TargetError`` if there is no engine or the image is not on this machine.
    """
    with contextlib.closing(connect()) as engine:
        image = software.container()
        fetched = _fetched(image)
        found = _local(engine, reference(fetched))
        if found is None:
            raise TargetError(f"{software.name}: {_missing(fetched)}")
        if fetched is image:
            return reference(image)
        tag = _tag(image, _context(image), found.id)
        return tag if _local(engine, tag) is not None else f"{tag} (built at the first start)"


def obtain(engine: Any, software: Software) -> str:
    """Pull or build the image if necessary; return its name. Raises ``TargetError``."""
    image = software.container()
    with failures(f"{software.name}: its image is not available"):
        fetched = _fetched(image)
        name = _pulled(engine, software, fetched)
        if fetched is image:
            return name
        context = _context(image)
        tag = _tag(image, context, engine.images.get(name).id)
        if _local(engine, tag) is None:
            _build(engine, software, tag, context, {"BASE": name, **_arguments(image)})
        return tag


def reference(image: Image) -> str:
    """Return the image that its variable names, or the pinned one."""
    return os.environ.get(image.variable) or image.reference


def _fetched(image: Image) -> Image:
    """Return the published image: the base of one that we build, otherwise the image itself."""
    is_built = image.dockerfile is not None and not os.environ.get(image.variable)
    return Image(BASE, BASE_VARIABLE, ()) if is_built else image


def _local(engine: Any, name: str) -> Any:
    """Return the image, or None if it is not on this machine."""
    from docker.errors import ImageNotFound  # noqa: PLC0415

    try:
        with failures("docker"):
            return engine.images.get(name)
    except TargetError as error:
        if isinstance(error.__cause__, ImageNotFound):
            return None
        raise


def _pulled(engine: Any, software: Software, image: Image) -> str:
    name = reference(image)
    if _local(engine, name) is None:
        try:
            with failures("it cannot be pulled"):
                engine.images.pull(*_name_and_tag(name))
        except TargetError as error:
            raise TargetError(f"{software.name}: {_missing(image)} ({error})") from error
    return name


def _name_and_tag(name: str) -> tuple[str, str]:
    """Return name and tag for ``pull``, which would fetch all tags without one."""
    if "@" in name:
        return name, ""
    path, colon, tag = name.rpartition(":")
    return (path, tag) if colon and "/" not in tag else (name, "latest")


def _missing(image: Image) -> str:
    name = reference(image)
    return (
        f"no image {name} on this machine; run `docker pull {name}`, "
        f"or name another one in the variable {image.variable}"
    )


def _build(
    engine: Any, software: Software, tag: str, context: bytes, arguments: Mapping[str, str]
) -> None:
    from docker.errors import BuildError  # noqa: PLC0415

    try:
        engine.images.build(
            fileobj=io.BytesIO(context),
            custom_context=True,
            tag=tag,
            buildargs=dict(arguments),
            rm=True,
            forcerm=True,
        )
    except BuildError as error:
        raise TargetError(
            f"{software.name}: its image cannot be built ({one_line(error)}): {_end(error.build_log)}; "
            f"name a suitable base in the variable {BASE_VARIABLE}, "
            f"or a ready image in {software.container().variable}"
        ) from error


def _end(build_log: Any) -> str:
    """Return the last lines of a build's output, on one line."""
    text = "".join(entry.get("stream", "") for entry in build_log)
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-LAST_LINES:])


def _context(image: Image) -> bytes:
    """Return the build context as a tar file: the Dockerfile and the modules of ours that it needs.

    These are listed in its file ``sources``, as patterns relative to the package ``servers``. The
    same files give the same bytes.
    """
    assert image.dockerfile is not None
    folder = _DOCKER / image.dockerfile
    files = {"Dockerfile": folder / "Dockerfile"}
    for pattern in (folder / "sources").read_text().split():
        for path in sorted(_SERVERS.glob(pattern)):
            files[f"servers/{path.relative_to(_SERVERS)}"] = path
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, path in files.items():
            entry = tarfile.TarInfo(name)
            data = path.read_bytes()
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def _arguments(image: Image) -> dict[str, str]:
    """Return the packages of the Dockerfile in the versions that run natively."""
    assert image.dockerfile is not None
    text = (_DOCKER / image.dockerfile / "Dockerfile").read_text()
    pinned = re.search(r'^ARG PACKAGES="(.*)"$', text, re.MULTILINE)
    assert pinned is not None
    return {"PACKAGES": " ".join(map(_as_here, pinned[1].split()))}


def _as_here(requirement: str) -> str:
    name, _, pinned = requirement.partition("==")
    return f"{name}=={pinned if name in _KEPT else _installed(name) or pinned}"


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _tag(image: Image, context: bytes, base_id: str) -> str:
    """Return a tag that changes with everything the image is built from."""
    arguments = sorted(_arguments(image).items())
    digest = hashlib.sha256(context + repr((arguments, base_id)).encode())
    return f"{image.reference}:{digest.hexdigest()[:12]}"
