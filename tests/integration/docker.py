"""Targets in containers, for tests: the engine, the images, and what of a target there is at the engine."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import ssl
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from servers.catalogue import software
from servers.engine import LABEL, connect
from servers.hosted import HostedTarget
from servers.images import BASE, BASE_VARIABLE, find, reference
from servers.spec import TargetSpec
from servers.standing import Record, records
from tests.integration import base_image
from tests.require import require
from tests.targets import started

# As given by whoever runs the tests: a fixture of theirs forgets all our variables afterwards.
GIVEN = {
    name: value
    for name, value in os.environ.items()
    if name.startswith("CLIENTBENCH_") and name.endswith("_IMAGE")
}
MADE_HERE = {BASE_VARIABLE: base_image.BASE, "CLIENTBENCH_NGINX_IMAGE": base_image.NGINX}
REQUEST_TIMEOUT_S = 5.0


@contextlib.contextmanager
def engine() -> Iterator[Any]:
    """A client of the engine; images that base_image.py made take the place of official ones."""
    require(base_image.answers(), "no Docker engine answers")
    with contextlib.closing(connect()) as client, pytest.MonkeyPatch.context() as patch:
        local = {tag for image in client.images.list() for tag in image.tags}
        made_here = {name: tag for name, tag in MADE_HERE.items() if tag in local}
        for name, image in {**made_here, **GIVEN}.items():
            patch.setenv(name, image)
        yield client


def require_image(name: str) -> None:
    """Skip, or fail, where a target's image is not here. Traefik's has to be pulled, so that CI may lack it."""
    variable = f"CLIENTBENCH_REQUIRE_{'TRAEFIK_IMAGE' if name == 'traefik' else 'SERVERS'}"
    image = software(name).image
    if image.dockerfile is None or image.variable in os.environ:
        wanted = reference(image)
    else:
        wanted = os.environ.get(BASE_VARIABLE, BASE)
    require(base_image.has(wanted), f"{name}: no image {wanted} on this machine", variable)
    find(software(name))


@contextlib.contextmanager
def running(spec: TargetSpec) -> Iterator[HostedTarget]:
    """A target, until the end of the block."""
    for name in filter(None, (spec.name, spec.upstream)):
        require_image(name)
    with started(HostedTarget(spec)) as target:
        yield target


def record_of(target: HostedTarget) -> Record:
    """What its host has written down."""
    (found,) = [one for one in records() if one.told.get("base_url") == target.base_url]
    return found


def containers(client: Any, label: str) -> dict[str, Any]:
    """By the name of the part that each of them is."""
    found = client.containers.list(all=True, filters={"label": f"{LABEL}={label}"})
    return {one.name.partition(f"{label}-")[2]: one for one in found}


def networks(client: Any, label: str) -> list[Any]:
    """Of the target with that label."""
    return list(client.networks.list(filters={"label": f"{LABEL}={label}"}))


def ask(target: HostedTarget, path: str = "/") -> tuple[int, str]:
    """Status and instance of one answer, on a connection of its own."""
    scheme, _, address = target.base_url.partition("://")
    if scheme == "https":
        context = ssl.create_default_context(cafile=target.ca_file)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            address, timeout=REQUEST_TIMEOUT_S, context=context
        )
    else:
        connection = http.client.HTTPConnection(address, timeout=REQUEST_TIMEOUT_S)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        response.read()
        return response.status, response.headers.get("X-Instance", "")


def spread(target: HostedTarget, requests: int) -> Counter[tuple[int, str]]:
    """How often each status and instance answered."""
    return Counter(ask(target) for _ in range(requests))


@contextlib.contextmanager
def image(client: Any, name: str, dockerfile: str) -> Iterator[str]:
    """A small image, for the length of the block."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        archive.addfile(entry, io.BytesIO(dockerfile.encode()))
    client.images.build(
        fileobj=io.BytesIO(packed.getvalue()), custom_context=True, tag=name, rm=True, forcerm=True
    )
    try:
        yield name
    finally:
        client.images.remove(name, force=True)


@contextlib.contextmanager
def empty_image(client: Any, name: str) -> Iterator[str]:
    """One in which nothing can be run."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w"):
        pass
    repository, _, tag = name.partition(":")
    client.api.import_image_from_data(packed.getvalue(), repository=repository, tag=tag)
    try:
        yield name
    finally:
        client.images.remove(name, force=True)


def status_of(pid: int) -> Mapping[str, str]:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
