"""Configurations of users' own: what stands in their files, and what programs are given of it."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from servers.base import TargetError
from servers.catalogue import configurable, configured, software
from servers.own_configuration import Configurable
from servers.software import Address, Layout
from servers.spec import TargetSpec
from servers.user_template import VARIABLES, UserTemplate

pytestmark = pytest.mark.long

LAYOUT = Layout(
    "proxy",
    Address("127.0.0.1", 15999),
    tls=True,
    folder="/at",
    scratch="/at/scratch",
    upstreams=(Address("127.0.0.1", 16001), Address("127.0.0.1", 16002)),
    workers=2,
)


def template(folder: Path, text: str | bytes) -> UserTemplate:
    path = folder / "mine.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return UserTemplate(path)


def adopted(name: str, text: str, file: str | None = None) -> str:
    kind = software(name)
    assert isinstance(kind, Configurable)
    return kind.adopt(text, LAYOUT)[file or kind.configuration]


# --- the file ------------------------------------------------------------------------------------


def test_every_variable_has_its_value(tmp_path: Path) -> None:
    shown = template(tmp_path, "\n".join(f"{name}={{{{ {name} }}}}" for name in VARIABLES))
    assert shown.names == set(VARIABLES)
    assert shown.render(LAYOUT).splitlines() == [
        "certificate=/at/certificate.pem",
        "here=/at/here",
        "host=127.0.0.1",
        "key=/at/certificate.pem.key",
        "listen=127.0.0.1:15999",
        "port=15999",
        "scratch=/at/scratch",
        "tls=True",
        "upstreams=(Address(host='127.0.0.1', port=16001), Address(host='127.0.0.1', port=16002))",
        "workers=2",
    ]


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    text = "{% if tls %}\nsecure\n{% endif %}\n{# said #}\nlast\n"
    lines = template(tmp_path, text).render(LAYOUT).split("\n")
    assert (lines.index("secure"), lines.index("last")) == (1, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\nlisten {{ prot }};", "mine.conf, line 2: variable 'prot' is unknown; expected one of"),
        ("a\n\n{% if tls %}", "mine.conf, line 3: cannot be read as a template: "),
        ("{{ listen", "mine.conf, line 1: cannot be read as a template: "),
        ("{% if tls %}" * 3000, "mine.conf: cannot be read as a template: maximum recursion"),
        ("{{ " + "(" * 5000, "mine.conf: cannot be read as a template: maximum recursion depth"),
        *(
            (
                f"a\n{text}",
                "mine.conf, line 2: a template cannot include or import others; expected",
            )
            for text in ("{% include 'mine.conf' %}", "{% extends 'x' %}", "{% import 'x' as y %}")
        ),
        (b"\xff\xfe", "mine.conf: is not UTF-8 text"),
        ("x" * (1 << 20) + "x", "mine.conf: is too large; expected at most 1 MiB"),
    ],
)
def test_a_file_that_is_no_template_is_named_with_its_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(TargetError) as refused:
        template(tmp_path, text)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a\n{{ upstreams[7] }}", "no element 7"),
        ("a\n{{ 1 / 0 }}", "division by zero"),
        ("a\n{{ ''.__class__.__mro__ }}", "unsafe"),
    ],
)
def test_what_fails_when_it_is_rendered_is_named_with_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    made = template(tmp_path, text)
    with pytest.raises(TargetError, match=rf"^mine\.conf, line 2: .*{problem}"):
        made.render(LAYOUT)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{% for i in range(10**9) %}x{% endfor %}", ", line 2: cannot be .* Range too big"),
        ("{% for i in range(99999) %}" * 2 + "{% endfor %}" * 2, ": needs more than 2 s of CPU"),
        ("{% for i in range(99999) %}" * 2 + "x{% endfor %}" * 2, ": becomes too large; expected"),
        ("{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}", ", line 2: cannot .* recursion"),
        ("{{ 'a' * 10**9 }}", ": needs more than 512 MiB of memory as a template"),
        ("{{ 'a' * 10**7 }}", ": becomes too large; expected at most 1 MiB"),
        ("{{ '%1000000000d' % port }}", ": needs more than 512 MiB of memory as a template"),
        ("{{ 'a'|center(10**9) }}", ": needs more than 512 MiB of memory as a template"),
        ("{{ lipsum(n=10**7) }}", ": needs more than 2 s of CPU"),
    ],
)
def test_what_has_no_end_is_ended(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(TargetError, match=rf"^mine\.conf{problem}"):
        template(tmp_path, f"listen {{{{ listen }}}};\n{text}").render(LAYOUT)


@pytest.mark.parametrize(
    ("name", "message"),
    [("no", "no: not found"), (".", ": is a folder"), ("a\0b", r"'a\x00b': not found")],
)
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(TargetError, match=re.escape(message)):
        UserTemplate(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TargetError, match="pipe: is not a regular file"):
        UserTemplate(tmp_path / "pipe")


# --- where it listens ----------------------------------------------------------------------------


def own(folder: Path, name: str, text: str) -> TargetSpec:
    template(folder, text)
    return TargetSpec(name, alias="mine", config=str(folder / "mine.conf"))


@pytest.mark.parametrize("name", configurable())
def test_an_address_of_its_own_is_refused_with_what_to_write(tmp_path: Path, name: str) -> None:
    spec = own(tmp_path, name, "listen 80;")
    with pytest.raises(TargetError) as refused:
        configured(spec)
    kind = software(name)
    assert str(refused.value) == (
        "mine.conf: does not use the address that clientbench chooses; "
        f"expected {kind.listening} in it"
    )
    assert {"listen", "port"} & set(re.findall(r"\w+", kind.listening))
    configured(replace(spec, port=8080))  # who chooses the port may write it
    configured(own(tmp_path, name, kind.listening))


# --- what programs are given ---------------------------------------------------------------------


def test_nginx_stays_in_the_foreground_on_our_cpus_with_its_files_in_scratch() -> None:
    text = (
        "# mine\nuser www-data;\nworker_processes auto;\n  worker_cpu_affinity auto;\n"
        "pid /run/nginx.pid;\ndaemon on;\nerror_log /var/log/nginx/error.log warn;\n"
        "events {}\nhttp {\n  access_log /var/log/nginx/access.log main;\n  proxy_temp_path /big;\n"
        "  server { access_log off; error_log stderr; }\n}\n"
    )
    lines = adopted("nginx", text).split("\n")
    assert lines[0] == "daemon off; pid /at/scratch/nginx.pid; # mine"
    assert lines[1:3] == ["user www-data;", "worker_processes auto;"]
    assert [line.strip() for line in lines[3:6]] == ["", "", ""]
    assert lines[6] == "error_log /at/scratch/error.log warn;"
    assert lines[8] == (
        "http { client_body_temp_path /at/scratch/client_body; fastcgi_temp_path /at/scratch/fastcgi; "
        "uwsgi_temp_path /at/scratch/uwsgi; scgi_temp_path /at/scratch/scgi; "
    )
    assert lines[9] == "  access_log /at/scratch/access.log main;"
    assert lines[11] == "  server { access_log off; error_log stderr; }"
    assert len(lines) == len(text.split("\n"))


def test_nginx_writes_into_no_log_of_the_system() -> None:
    assert "access_log /at/scratch/access.log;" in adopted("nginx", "http {\n}\n")


def test_haproxy_keeps_our_account_and_our_cpus() -> None:
    text = (
        "global\n\tlog /dev/log local0\n\tchroot /var/lib/haproxy\n"
        "\tstats socket /run/haproxy/admin.sock mode 660\n\tstats timeout 30s\n\tuser haproxy\n"
        "\tgroup haproxy\n\tdaemon\n\tnbthread 2\nuserlist u\n  group g users a\n  user a password x\n"
    )
    lines = adopted("haproxy", text).split("\n")
    assert lines == [
        "global",
        "\tlog /dev/log local0",
        "",
        "\tstats socket /at/scratch/4.sock mode 660",
        "\tstats timeout 30s",
        "",
        "",
        "",
        "\tnbthread 2",
        "userlist u",
        "  group g users a",
        "  user a password x",
        "",
    ]


def test_traefik_finds_static_and_dynamic_sections_apart() -> None:
    text = (
        "entryPoints:\n  web:\n    address: 127.0.0.1:1\n"
        "http:\n  routers: {}\n# said\nlog:\n  level: WARN\n"
    )
    static = adopted("traefik", text).split("\n")
    assert [line for line in static if line[:1].isalpha()] == [
        *("entryPoints:", "log:", "global:", "providers:")
    ]
    assert '    filename: "/at/dynamic.yml"' in static
    dynamic = adopted("traefik", text, "dynamic.yml").split("\n")
    assert dynamic[3:6] == ["http:", "  routers: {}", "# said"]
    assert "".join(dynamic[:3] + dynamic[6:]) == ""


@pytest.mark.parametrize(
    ("sections", "named"), [(("http",), "http:"), (("tls", "http", "tcp"), "http:, tcp:, tls:")]
)
def test_sections_that_no_provider_reads_are_refused(
    tmp_path: Path, sections: tuple[str, ...], named: str
) -> None:
    text = "providers:\n  file:\n    filename: x.yml\n" + "".join(
        f"{one}: {{}}\n" for one in sections
    )
    used = configured(replace(own(tmp_path, "traefik", text), port=8080))
    with pytest.raises(TargetError) as refused:
        used.files(LAYOUT)
    assert str(refused.value) == (
        f"mine.conf: no provider would read {named} beside providers:; leave out providers:, "
        "or move that to a file which it names"
    )


def test_a_provider_of_the_users_is_kept() -> None:
    text = "providers:\n  file:\n    filename: x.yml\nglobal:\n  checkNewVersion: true"
    assert adopted("traefik", text) == text
