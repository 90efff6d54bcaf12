"""``--ca FILE``: clients verify a server by an authority of the user's own."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

import adapters
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from tests.cli.command import ONE, Recording, clientbench, recording
from tests.refusals import refused
from tests.require import is_left_out

CLIENTS = [name for name in adapters.BUILTIN if name != "null" and not is_left_out(name)]


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    """Its certificate is in ``own.pem``."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "own.pem")
    return made


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[Recording]:
    """A server whose certificate is signed by it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with recording(context) as found:
        yield found


@pytest.mark.parametrize("name", ["own.pem", "\xfc.pem", os.fsdecode(b"\xff.pem")])
def test_every_client_verifies_by_it(name: str, server: Recording, tmp_path: Path) -> None:
    (tmp_path / "own.pem").rename(tmp_path / name)
    words = ("compare", *CLIENTS, "--url", server.url, "--ca", name, *ONE, "--json")
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 0, ended.err
    found = ended.json
    states = {one["client_library"]: (one["state"], one["errors"]) for one in found["competitors"]}
    assert states == dict.fromkeys(CLIENTS, ("complete", 0))
    assert found["run"]["scenario"]["ca_file"] == name  # not where it lies on this machine
    assert str(tmp_path) not in json.dumps(found)


def test_nobody_trusts_a_server_of_another_authority(server: Recording, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    words = ("compare", *CLIENTS, "--url", server.url, "--ca", "other.pem", *ONE)
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 3
    assert ended.err.count("\n") == 1
    assert "an authority in --ca 'other.pem', or --insecure" in ended.err
    assert server.arrived == []


def test_our_own_targets_are_trusted_beside_it(authority: trustme.CA, tmp_path: Path) -> None:
    ended = clientbench("compare", "raw", "--tls", "--ca", "own.pem", *ONE, cwd=tmp_path)
    assert ended.code == 0, ended.err


def read(**options: object) -> str | None:
    return build(Options.of(clients=("raw",), **options), Defaults()).ca_file


def test_the_path_is_made_absolute(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(ca="own.pem") == str(tmp_path / "own.pem")
    assert read() is None


def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    empty, folder = tmp_path / "empty.pem", tmp_path
    empty.touch()
    damaged = tmp_path / "damaged.pem"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for path, problem in (
        (tmp_path / "missing.pem", "no such file"),
        (folder, "not a regular file"),
        (Path("a\0b"), "no such file"),
        (empty, "it has no readable certificate"),
        (damaged, "it has no readable certificate"),
    ):
        with refused("--ca: ") as caught:
            read(ca=str(path))
        assert f"a FILE of certificates in PEM format ({problem}" in str(caught.value)


def test_it_contradicts_insecure(authority: trustme.CA, tmp_path: Path) -> None:
    with refused("--ca, --insecure: "):
        read(ca=str(tmp_path / "own.pem"), verify=False)
