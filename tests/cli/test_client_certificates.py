"""``--cert`` and ``--key``: clients show a certificate to a server that wants one."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

import adapters
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.scenario.scenario import Scenario
from tests.cli.command import ONE, Recording, clientbench, recording
from tests.client_files import NAME, PASSWORD, Files
from tests.refusals import refused
from tests.require import is_left_out

DAY = timedelta(days=1)
HERE = [name for name in adapters.BUILTIN if not is_left_out(name)]
ABLE = [name for name in HERE if name in adapters.ABILITIES["cert"] and name != "null"]
IN_ALL_MODES = [
    name if len(adapters.MODES_OF[name]) == 1 else f"{name}:{mode}"
    for name in ABLE
    for mode in adapters.MODES_OF[name]
]
READ_ENCRYPTED = [one for one in IN_ALL_MODES if one != "requests"]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Those of one client, called ``own``."""
    found = Files(tmp_path, trustme.CA())
    found.issue("own")
    return found


@pytest.fixture
def server(files: Files) -> Iterator[Recording]:
    """A server that wants a certificate of the same authority."""
    trusted = trustme.CA()
    trusted.cert_pem.write_to_path(files.folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted.issue_cert("127.0.0.1").configure_cert(context)
    files.authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with recording(context) as found:
        yield found


def test_every_client_that_can_shows_it(server: Recording, tmp_path: Path) -> None:
    words = ("compare", *IN_ALL_MODES, "--url", server.url, "--ca", "ca.pem", *ONE, "--json")
    ended = clientbench(*words, "--cert", "own.pem", "--key", "own.key", cwd=tmp_path)
    assert ended.code == 0, ended.err
    found = ended.json
    assert {(one["state"], one["errors"]) for one in found["competitors"]} == {("complete", 0)}
    assert {one.certificate for one in server.arrived} == {NAME}
    assert len(server.arrived) >= 2 * len(IN_ALL_MODES)


def own(*more: str) -> tuple[str, ...]:
    """The options that name the files of the client."""
    return ("--cert", "own.pem", "--key", "own.key", *more)


def test_a_key_may_be_encrypted_and_nothing_of_it_is_kept(
    server: Recording, tmp_path: Path
) -> None:
    words = ("compare", *READ_ENCRYPTED, "--url", server.url, "--ca", "ca.pem", *ONE, "--json")
    encrypted = ("--cert", "own.pem", "--key", "own.encrypted", "--key-password-env", "OWN")
    environ = {"OWN": PASSWORD}
    ended = clientbench(*words, *encrypted, "--db", "x.db", cwd=tmp_path, environ=environ)
    assert ended.code == 0, ended.err
    assert {one.certificate for one in server.arrived} == {NAME}
    asked = ended.json["run"]["scenario"]
    assert (asked["cert_file"], asked["key_file"]) == ("own.pem", "own.encrypted")
    assert "key_password" not in asked
    stored = b"".join(one.read_bytes() for one in tmp_path.glob("x.db*"))
    lines = tmp_path.joinpath("own.encrypted").read_bytes().splitlines()[1:-1]
    for place in (stored, ended.out.encode(), ended.err.encode()):
        assert PASSWORD.encode() not in place
        assert str(tmp_path).encode() not in place
        assert not any(line in place for line in lines)
    assert (
        "client certificate own.pem"
        in clientbench(*("results", "show", "latest", "--db", "x.db"), cwd=tmp_path).out
    )


def test_requests_reads_no_encrypted_key(server: Recording, tmp_path: Path) -> None:
    words = ("compare", "raw", "requests", "--url", server.url, "--ca", "ca.pem", *ONE)
    encrypted = ("--cert", "own.pem", "--key", "own.encrypted", "--key-password-env", "OWN")
    ended = clientbench(*words, *encrypted, cwd=tmp_path, environ={"OWN": PASSWORD})
    assert ended.code == 2
    assert ended.err == (
        "clientbench: --key: requests cannot read an encrypted key; accepted: a key without a "
        "password, or clients that can (see `clientbench clients show NAME`)\n"
    )
    assert server.arrived == []
    # a password that is not needed is none
    words = ("compare", "requests", *words[3:])
    ended = clientbench(
        *words, *own("--key-password-env", "OWN"), cwd=tmp_path, environ={"OWN": PASSWORD}
    )
    assert ended.code == 0, ended.err


@pytest.mark.parametrize("client", [one for one in HERE if one not in ABLE and one != "null"])
def test_who_cannot_is_refused_by_name(client: str, server: Recording, tmp_path: Path) -> None:
    words = ("compare", "raw", client, "--url", server.url, "--ca", "ca.pem", *ONE)
    ended = clientbench(*words, *own(), cwd=tmp_path)
    assert ended.code == 2
    label = client if len(adapters.MODES_OF[client]) == 1 else f"{client}:sync"
    assert ended.err == (
        f"clientbench: --cert: {label} cannot use a client certificate; "
        "accepted: clients that can (see `clientbench clients`)\n"
    )
    assert server.arrived == []


def test_without_it_nobody_is_answered(server: Recording, tmp_path: Path) -> None:
    words = ("compare", *IN_ALL_MODES, "--url", server.url, "--ca", "ca.pem", *ONE)
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 3
    assert ended.err.count("\n") == 1
    assert "wants a client certificate (" in ended.err
    assert "accepted: --cert and --key" in ended.err
    assert server.arrived == []


def test_one_of_another_authority_is_not_accepted(
    files: Files, server: Recording, tmp_path: Path
) -> None:
    Files(tmp_path, trustme.CA()).issue("own")
    words = ("compare", *IN_ALL_MODES, "--url", server.url, "--ca", "ca.pem", *ONE, *own())
    ended = clientbench(*words, cwd=tmp_path)
    assert ended.code == 3
    assert ended.err.count("\n") == 1
    assert "refuses the client certificate 'own.pem' (" in ended.err
    assert server.arrived == []


def test_each_connection_shows_it(server: Recording, tmp_path: Path) -> None:
    words = ("compare", *IN_ALL_MODES, "--url", server.url, "--ca", "ca.pem", "--json")
    few = ("--requests", "4", "--rounds", "1", "--connection", "close")
    ended = clientbench(*words, *few, *own(), cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert {one.certificate for one in server.arrived} == {NAME}
    # our own server saw the requests, over plain http
    assert not {one["kind"] for one in ended.json["doubts"]} & {"unequal bytes", "unseen bytes"}


def test_traced_requests_and_an_unverified_server_see_it(server: Recording, tmp_path: Path) -> None:
    traced = [one for one in IN_ALL_MODES if one.split(":")[0] in adapters.ABILITIES["trace"]]
    words = ("compare", *traced, "--url", server.url, "--insecure", *ONE, "--trace", "1", *own())
    ended = clientbench(*words, "--json", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert {one["errors"] for one in ended.json["competitors"]} == {0}
    assert {one.certificate for one in server.arrived} == {NAME}


def test_a_scenario_file_names_files_beside_it(server: Recording, tmp_path: Path) -> None:
    (tmp_path / "mtls.toml").write_text(
        'clients = ["raw", "requests"]\n'
        f'url = "{server.url}"\n'
        'ca = "ca.pem"\ncert = "own.pem"\nkey = "own.encrypted"\nkey-password-env = "OWN"\n'
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    words = ("compare", "raw", "--scenario", "../mtls.toml", *ONE)
    ended = clientbench(*words, cwd=elsewhere, environ={"OWN": PASSWORD})
    assert ended.code == 0, ended.err
    assert {one.certificate for one in server.arrived} == {NAME}


def read(**typed: object) -> Scenario:
    url = typed.pop("url", "https://service.example/")
    return build(Options.of(clients=("raw",), url=url, **typed), Defaults())


def test_paths_are_made_absolute(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = read(cert="own.pem", key="own.key")
    assert found.cert_file == str(tmp_path / "own.pem")
    assert found.key_file == str(tmp_path / "own.key")
    assert read().cert_file is None
    monkeypatch.setenv("OWN", PASSWORD)
    # only an encrypted key has a password
    assert read(cert="own.pem", key="own.key", key_password_env="OWN").key_password is None
    found = read(cert="own.pem", key="own.encrypted", key_password_env="OWN")
    assert found.key_password == PASSWORD
    assert PASSWORD not in repr(found)
    assert found.redactor().scrub(f"no {PASSWORD}") == "no ***"


def test_files_that_cannot_be_used_are_refused(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files.issue("other")
    tmp_path.joinpath("empty").touch()
    for name, problem in (
        ("missing", "no such file"),
        (".", "not a regular file"),
        ("empty", "it has no readable certificate"),
        ("own.key", "it has no readable certificate"),
    ):
        with refused("--cert: ") as caught:
            read(cert=name, key="own.key")
        assert f"a FILE with a certificate in PEM format ({problem})" in str(caught.value)
    tmp_path.joinpath("damaged").write_bytes(
        tmp_path.joinpath("own.key").read_bytes().replace(b"\n", b"\nA", 1)
    )
    for name, problem in (
        ("missing", "no such file"),
        (".", "not a regular file"),
        ("own.pem", "it has no private key"),
        ("damaged", "it cannot be read"),
        ("other.key", "it belongs to another certificate"),
        ("own.encrypted", "it is encrypted: see --key-password-env"),
    ):
        with refused("--key: ") as caught:
            read(cert="own.pem", key=name)
        assert f"private key in PEM format ({problem})" in str(caught.value)


def test_a_key_of_another_kind_belongs_to_another_certificate(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = files.authority.issue_cert("client.example", key_type=trustme.KeyType.RSA)
    made.private_key_pem.write_to_path("rsa.key")
    made.cert_chain_pems[0].write_to_path("rsa.pem")
    for cert, key in (("own.pem", "rsa.key"), ("rsa.pem", "own.key")):
        with refused("--key: ") as caught:
            read(cert=cert, key=key)
        assert "(it belongs to another certificate)" in str(caught.value)
    assert read(cert="rsa.pem", key="rsa.key").cert_file is not None


def test_it_has_to_be_valid_now(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    today = datetime.now(UTC)
    files.issue("old", not_before=today - 3 * DAY, not_after=today - 2 * DAY)
    files.issue("new", not_before=today + 2 * DAY, not_after=today + 3 * DAY)
    for name, problem, day in (
        ("old", "it expired on", today - 2 * DAY),
        ("new", "it is valid from", today + 2 * DAY),
    ):
        with refused("--cert: ") as caught:
            read(cert=f"{name}.pem", key=f"{name}.key")
        assert f"a certificate that is valid now ({problem} {day:%Y-%m-%d %H:%M} UTC" in str(
            caught.value
        )


def test_a_wrong_password_is_not_repeated(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for wrong in ("mistyped-horse-battery", "", "x" * 2000, "\udcff"):
        monkeypatch.setenv("OWN", wrong)
        with refused("--key-password-env: ") as caught:
            read(cert="own.pem", key="own.encrypted", key_password_env="OWN")
        assert "does not have the password of --key 'own.encrypted'" in str(caught.value)
        assert not wrong or wrong not in str(caught.value)
    with refused("--key-password-env: ") as caught:
        read(cert="own.pem", key="own.encrypted", key_password_env=PASSWORD)
    assert "expected the NAME of an environment variable" in str(caught.value)
    assert PASSWORD not in str(caught.value)  # typed instead of a name


def test_each_needs_the_other_and_https(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with refused("--cert: needs its private key; expected --key FILE too"):
        read(cert="own.pem")
    with refused("--key: needs its certificate; expected --cert FILE too"):
        read(key="own.key")
    with refused("--key-password-env: there is no key; expected --cert and --key too"):
        read(key_password_env="OWN")
    for plain in ({"url": "http://service.example/"}, {"url": "/path"}):
        with refused("--cert: applies to https, and the server is asked over plain http; "):
            read(cert="own.pem", key="own.key", **plain)
    assert read(cert="own.pem", key="own.key", url="/path", https=True).cert_file is not None
