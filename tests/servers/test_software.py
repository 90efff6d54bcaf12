"""Server software: its configuration, the versions that it is written for, and what to do without it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from servers import httpbin, httpbin_app
from servers.base import TargetError
from servers.catalogue import NAMES, proxies, software, upstreams
from servers.files import CERTIFICATE, KEY
from servers.software import Address, Layout, Software

ROOT = Path(httpbin_app.__file__).parent
UPSTREAM_PORTS = (16001, 16002, 16003)
CONFIGURED = [name for name in NAMES if name != "embedded"]
# what each program prints when it is asked for its version, as seen on real machines
SAYS = {
    "nginx": ("nginx version: nginx/{}", "1.22.1", "2.0.0"),
    "haproxy": (
        "HAProxy version {}-1+deb12u4 2026/10/17 - https://haproxy.org/",
        "2.6.12",
        "1.9.0",
    ),
    "traefik": ("Version:      {}\nCodename:     x\nGo version:   go1.26.8", "3.6.24", "2.11.0"),
    "caddy": ("v{} h1:yj0Y4fYZGPkSvibBJ1sTWE33xC0fxztVyXEW5iIdUT4=", "2.11.7", "1.0.5"),
}


def layout(name: str, *, tls: bool = False, **more: Any) -> Layout:
    """As a container has it: it sees other folders than we do."""
    addresses = tuple(Address("10.0.0.7", port) for port in UPSTREAM_PORTS)
    upstreams = addresses if software(name).is_proxy else ()
    listen = Address("127.0.0.1", 15999)
    given = {"folder": "/etc/of-it", "scratch": "/var/of-it", "workers": 3, **more}
    return Layout(name, listen, tls, upstreams=upstreams, **given)


def rendered(name: str, **more: Any) -> str:
    """Everything that it is configured with, on one page."""
    files = software(name).files(layout(name, **more))
    return "\n".join(text for file, text in files.items() if not file.startswith("files/"))


def test_targets_are_listed_with_the_embedded_one_first() -> None:
    expected = ("embedded", "httpbin", "nginx-static", "nginx", "traefik", "haproxy", "caddy")
    assert expected == NAMES
    assert proxies() == ("nginx", "traefik", "haproxy", "caddy")
    assert upstreams() == ("embedded", "httpbin")


@pytest.mark.parametrize("name", CONFIGURED)
def test_it_listens_at_one_address(name: str) -> None:
    text = rendered(name)
    assert len(re.findall(r"\b15999\b", text)) == 1
    assert "127.0.0.1" in text
    assert "0.0.0.0" not in text


@pytest.mark.parametrize("name", proxies())
def test_a_proxy_knows_every_server_behind_it(name: str) -> None:
    text = rendered(name)
    for port in UPSTREAM_PORTS:
        assert text.count(f"10.0.0.7:{port}") == 1


@pytest.mark.parametrize("name", ["traefik", "haproxy", "caddy"])
def test_a_proxy_asks_for_the_health_of_its_servers_once_a_second(name: str) -> None:
    text = rendered(name)
    assert "/health" in text
    assert re.search(r"inter(val)?:? 1s", text)


@pytest.mark.parametrize("name", CONFIGURED)
def test_connections_are_kept_while_others_are_measured(name: str) -> None:
    assert re.search(r"\b1h\b|keepalive = 3600\b", rendered(name))


@pytest.mark.parametrize("name", CONFIGURED)
def test_certificates_are_named_with_tls_alone(name: str) -> None:
    assert f"/etc/of-it/{CERTIFICATE}" in rendered(name, tls=True)
    assert CERTIFICATE not in rendered(name)


def test_haproxy_finds_the_key_beside_its_certificate() -> None:
    assert f"{CERTIFICATE}.key" == KEY


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_the_command_line_names_files_of_the_layout_alone(name: str, tls: bool) -> None:
    given = layout(name, tls=tls)
    kind = software(name)
    named = re.findall(r"(?<![\w/])/[\w./-]+", " ".join(kind.command(given)))
    assert all(path.startswith(("/etc/of-it", "/var/of-it")) for path in named)
    assert set(kind.environment(given).values()) <= {given.folder, given.scratch, "ignore"}


def test_traefik_reads_nothing_but_our_files_and_tells_nobody() -> None:
    files = software("traefik").files(layout("traefik", tls=True))
    lines = files["traefik.yml"].splitlines()
    assert "  checkNewVersion: false" in lines
    assert "  sendAnonymousUsage: false" in lines
    assert '    filename: "/etc/of-it/dynamic.yml"' in lines
    sections = [line for line in lines if re.match(r"\w", line)]
    assert sections == ["global:", "log:", "entryPoints:", "serversTransport:", "providers:"]
    assert [line for line in lines if re.match(r"  \w+:$", line)].count("  clients:") == 1


def test_traefik_routes_everything_to_all_servers() -> None:
    lines = software("traefik").files(layout("traefik"))["dynamic.yml"].splitlines()
    assert "      rule: PathPrefix(`/`)" in lines
    urls = [line.strip() for line in lines if "url:" in line]
    assert urls == [f'- url: "http://10.0.0.7:{port}"' for port in UPSTREAM_PORTS]
    assert not [line for line in lines if "tls" in line]


def test_traefik_speaks_tls_with_our_certificate() -> None:
    lines = software("traefik").files(layout("traefik", tls=True))["dynamic.yml"].splitlines()
    assert "      tls: {}" in lines
    assert f'        certFile: "/etc/of-it/{CERTIFICATE}"' in lines
    assert f'        keyFile: "/etc/of-it/{KEY}"' in lines


@pytest.mark.parametrize(
    ("name", "line"), [("nginx", "worker_processes 3;"), ("haproxy", "nbthread 3")]
)
def test_proxies_have_as_many_workers_as_they_are_told(name: str, line: str) -> None:
    assert line in rendered(name)


@pytest.mark.parametrize(("name", "line"), [("caddy", "protocols h1"), ("traefik", "[http/1.1]")])
def test_a_proxy_that_could_speak_http_2_offers_1_1_only(name: str, line: str) -> None:
    text = rendered(name, tls=True)
    assert line in text
    assert "h2" not in text


def test_caddy_writes_to_no_folder_of_the_user() -> None:
    environment = software("caddy").environment(layout("caddy"))
    assert environment == dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), "/var/of-it")


def test_images_are_pinned_and_can_be_replaced() -> None:
    images = {software(name).image for name in NAMES}
    for image in images:
        assert image.dockerfile or re.search(r":v?\d+\.\d", image.reference)
        assert re.fullmatch(r"CLIENTBENCH_[A-Z]+_IMAGE", image.variable)
    assert len({image.variable for image in images}) == len(images)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes a program that is the only one: on PATH, beside our interpreter, or where servers are."""
    (tmp_path / "beside").mkdir()
    (tmp_path / "sbin").mkdir()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "beside" / "python"))
    monkeypatch.setattr("servers.software.SERVER_FOLDERS", (str(tmp_path / "sbin"),))
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(name: str, says: str, *, folder: str = ".", mode: int = 0o755) -> None:
        path = tmp_path / folder / name
        path.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
        path.chmod(mode)

    return make


@pytest.mark.parametrize("name", SAYS)
def test_its_version_is_read(name: str, program: Callable[..., None], tmp_path: Path) -> None:
    says, version, _ = SAYS[name]
    program(name, says.format(version))
    found = software(name).find()
    assert found.version == version
    assert found.words == (str(tmp_path / name),)


@pytest.mark.parametrize("name", SAYS)
def test_another_major_version_is_refused(name: str, program: Callable[..., None]) -> None:
    says, _, version = SAYS[name]
    program(name, says.format(version))
    assert refused(name).startswith(
        f"{name}: version {version} is installed, but clientbench needs major"
    )


@pytest.mark.parametrize("name", SAYS)
def test_what_is_not_installed_has_a_remedy(name: str, program: Callable[..., None]) -> None:
    assert refused(name).startswith(f"{name}: no {name} on PATH; ")


def test_a_program_that_tells_no_version_is_not_used(program: Callable[..., None]) -> None:
    program("nginx", "hello")
    assert "does not print its version" in refused("nginx")


def test_a_program_that_cannot_be_run_is_said_to_be_one(
    program: Callable[..., None], tmp_path: Path
) -> None:
    program("caddy", "")
    (tmp_path / "caddy").write_text("#!/nowhere/sh\n")
    assert "cannot be run" in refused("caddy")


def test_a_wheel_puts_its_program_beside_our_interpreter(
    program: Callable[..., None], tmp_path: Path
) -> None:
    program("caddy", "v2.11.7 h1:x", folder="beside")
    assert software("caddy").find().words == (str(tmp_path / "beside" / "caddy"),)


def test_a_server_is_found_in_a_folder_that_is_not_on_path(
    program: Callable[..., None], tmp_path: Path
) -> None:
    program("nginx", "nginx version: nginx/1.22.1", folder="sbin")
    assert software("nginx").find().words == (str(tmp_path / "sbin" / "nginx"),)
    program("nginx", "nginx version: nginx/1.28.0")
    assert software("nginx").find().words == (str(tmp_path / "nginx"),)


def refused(name: str) -> str:
    """Why it cannot be used; one line, which ends with what to do."""
    kind: Software = software(name)
    with pytest.raises(TargetError) as raised:
        kind.find()
    message = str(raised.value)
    assert message.endswith(f"; {kind.remedy}")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("missing", ["httpbin", "gunicorn", "gevent"])
def test_httpbin_needs_its_extra(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == missing:
            raise PackageNotFoundError(name)
        return "0.10.4"

    monkeypatch.setattr(httpbin, "version", version)
    assert refused("httpbin") == (
        f"httpbin: no {missing} installed; pip install 'clientbench[httpbin]'"
    )


def test_httpbin_brings_its_application_along() -> None:
    files = software("httpbin").files(layout("httpbin"))
    assert files["httpbin_app.py"] == (ROOT / "httpbin_app.py").read_text()
    assert "make('httpbin', 3)" in files["gunicorn.conf.py"]
    compile(files["gunicorn.conf.py"], "gunicorn.conf.py", "exec")


def test_the_application_needs_nothing_of_ours() -> None:
    tree = ast.parse((ROOT / "httpbin_app.py").read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported <= {*sys.stdlib_module_names, "httpbin"}


@pytest.fixture
def application(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], tuple[str, dict[str, str], str]]:
    """Ours, before an httpbin that says "teapot", with two workers to be; asked for a path."""
    module = ModuleType("httpbin")

    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("418 I'm a teapot", [("Content-Length", "6")])
        return [b"teapot"]

    vars(module)["app"] = app
    monkeypatch.setitem(sys.modules, "httpbin", module)
    monkeypatch.setattr(httpbin_app, "_workers", httpbin_app.Workers())
    made: Any = httpbin_app.make("instance-7", 2)

    def ask(path: str) -> tuple[str, dict[str, str], str]:
        told: list[Any] = []
        body = b"".join(made({"PATH_INFO": path}, lambda *args: told.extend(args)))
        return told[0], dict(told[1]), body.decode()

    return ask


class Worker:
    """What gunicorn's hooks are given."""

    def __init__(self, age: int) -> None:
        self.age = age


def test_every_answer_tells_the_instance(application: Any) -> None:
    status, headers, body = application("/status/418")
    assert status == "418 I'm a teapot"
    assert headers == {"Content-Length": "6", "X-Instance": "instance-7"}
    assert body == "teapot"


def test_requests_are_counted_over_all_workers_and_housekeeping_is_not(application: Any) -> None:
    for age in (1, 2, 3 + httpbin_app._SLOTS):
        httpbin_app.post_fork(None, Worker(age))
        application("/get")
        application("/health")
    assert application("/instance")[2] == '{"instance": "instance-7", "requests": 3}'


def test_it_is_healthy_when_all_of_its_workers_serve(application: Any) -> None:
    answers = []
    for age in (1, 2):
        httpbin_app.post_fork(None, Worker(age))
        httpbin_app.post_worker_init(Worker(age))
        answers.append(application("/health")[0])
    assert answers == ["503 Service Unavailable", "200 OK"]
