"""``--cert`` and ``--key`` with servers that want a certificate: nginx, and our own."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from servers.embedded.options import Options
from servers.embedded.target import EmbeddedTarget
from tests.cli.command import ONE, clientbench
from tests.client_files import NAME, Files
from tests.require import require_software
from tests.targets import started

CLIENTS = ("raw", "requests", "httpx", "aiohttp", "pycurl", "urllib3", "stdlib")
OWN = ("--cert", "own.pem", "--key", "own.key")
# It answers nobody without one, and nobody else.
WANTS_ONE = """
events {}
http {
  server {
    listen {{ listen }} ssl;
    ssl_certificate {{ certificate }};
    ssl_certificate_key {{ key }};
    ssl_client_certificate {{ here }}/authority.pem;
    ssl_verify_client on;
    if ($ssl_client_s_dn !~ "CN=NAME") { return 403; }
    location / { return 200 hello; }
  }
}
""".replace("NAME", NAME)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Those of one client, called ``own``; ``authority.pem`` is who signed it."""
    found = Files(tmp_path, trustme.CA())
    found.issue("own")
    found.authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    return found


def test_nginx_that_wants_one_sees_it(files: Files, tmp_path: Path) -> None:
    require_software("nginx")
    (tmp_path / "mine.conf").write_text(WANTS_ONE)
    words = ("--target", "nginx", "--config", "mine.conf", "--tls", *ONE, "--json")
    ended = clientbench("compare", *CLIENTS, *words, *OWN, cwd=tmp_path)
    assert ended.code == 0, ended.err
    found = ended.json["competitors"]
    assert {(one["state"], one["errors"]) for one in found} == {("complete", 0)}

    ended = clientbench("compare", *CLIENTS, *words, cwd=tmp_path)
    assert ended.code == 3
    assert ended.err.count("\n") == 1
    assert "answered 400 to GET" in ended.err


def test_our_own_server_can_want_one(files: Files, tmp_path: Path) -> None:
    wants = Options(client_ca=str(tmp_path / "authority.pem"))
    with started(EmbeddedTarget(tls=True, several=wants)) as target:
        words = ("--url", target.base_url, "--ca", str(target.ca_file), *ONE, "--json")
        ended = clientbench("compare", *CLIENTS, *words, *OWN, cwd=tmp_path)
        assert ended.code == 0, ended.err
        found = ended.json
        assert {(one["state"], one["errors"]) for one in found["competitors"]} == {("complete", 0)}
        sent = sum(one["sent"] for one in found["competitors"]) + found["run"]["prepared"]
        assert target.counts().requests == sent

        ended = clientbench("compare", *CLIENTS, *words, cwd=tmp_path)
        assert ended.code == 3
        assert ended.err.count("\n") == 1
        # uvloop ends the connection without an alert that says so
        assert "closed the connection instead of answering" in ended.err
        assert target.counts().requests == sent
