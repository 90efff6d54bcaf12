"""Which targets a command line means: names, URLs, how they run, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.input.spelling import Spelling
from harness.scenario.scenario import Scenario
from servers.spec import Runtime, TargetSpec
from tests.refusals import refused

OWN_FILES = {
    "alone.conf": "listen {{ listen }};",
    "before.conf": "listen {{ listen }}; {{ upstreams }}",
    "there/before.conf": "listen {{ listen }}; {{ upstreams }}",
    "workers.conf": "listen {{ listen }}; {{ workers }}",
    "secure.conf": "{{ listen }} {{ certificate }} {{ key }}",
    "wrong.conf": "listen {{ address }};",
}
NGINX = TargetSpec("nginx", "native", 3, upstream="embedded")


def scenario(**options: Any) -> Scenario:
    given = {"clients": ("pycurl:sync",), "seed": 1} | options
    return build(Options.of(**given), Defaults(), {}, in_docker_only_traefik)


def in_docker_only_traefik(spec: TargetSpec) -> Runtime:
    return "docker" if spec.name == "traefik" else "native"


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configurations in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    for name, text in OWN_FILES.items():
        (tmp_path / name).write_text(text)


def targets(**options: Any) -> list[TargetSpec]:
    return [competitor.target for competitor in scenario(**options).competitors]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, TargetSpec()),
        ({"url": "/get"}, TargetSpec()),
        ({"url": "/wait?lognormal=15ms,0.6&bytes=2000"}, TargetSpec()),
        ({"url": "/wait", "target": ("nginx-static",)}, TargetSpec("nginx-static")),
        ({"https": True}, TargetSpec(tls=True)),
        ({"tls": ("HTTPS",)}, TargetSpec(tls=True)),
        ({"instances": ("2",)}, TargetSpec(instances=2)),
        ({"target": ("nginx",)}, NGINX),
        (
            {"target": (" Nginx ",), "upstream": "httpbin"},
            TargetSpec("nginx", "native", 3, False, "httpbin"),
        ),
        (
            {"target": ("nginx",), "instances": (1,)},
            TargetSpec("nginx", "native", 1, False, "embedded"),
        ),
        ({"target": ("nginx-static",)}, TargetSpec("nginx-static")),
        ({"target": ("traefik",)}, TargetSpec("traefik", "docker", 3, False, "embedded")),
        (
            {"target": ("nginx",), "runtime": ("docker-host",), "target_memory": "512m"},
            TargetSpec("nginx", "docker-host", 3, False, "embedded", memory_bytes=512 << 20),
        ),
        ({"target_cpus": "0,2-3"}, TargetSpec(cpus=(0, 2, 3))),
        ({"target": ("http://h:81",)}, TargetSpec("url", url="http://h:81")),
        ({"target": ("https://h/",)}, TargetSpec("url", tls=True, url="https://h")),
        ({"url": "https://h/a?b"}, TargetSpec("url", tls=True, url="https://h")),
        (
            {"preset": "concurrent-synced-once", "n": "5", "hold": "tls"},
            TargetSpec(tls=True),
        ),
    ],
)
def test_a_target_is_complete(options: dict[str, Any], expected: TargetSpec) -> None:
    assert targets(**options) == [expected]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"target": ("nginx:alone.conf",)}, TargetSpec("nginx", alias="nginx:alone.conf")),
        (
            {"target": ("nginx",), "config": "alone.conf"},
            TargetSpec("nginx", alias="nginx:alone.conf"),
        ),
        ({"target": ("a=Nginx:./alone.conf",)}, TargetSpec("nginx", alias="a")),
        ({"target": ("a=nginx",), "config": "alone.conf"}, TargetSpec("nginx", alias="a")),
        (
            {"target": ("a=haproxy:before.conf",)},
            TargetSpec("haproxy", instances=3, upstream="embedded", alias="a"),
        ),
        (
            {"target": ("a=caddy:before.conf",), "upstream": "httpbin", "instances": ("2",)},
            TargetSpec("caddy", instances=2, upstream="httpbin", alias="a"),
        ),
        (
            {"target": ("a=traefik:workers.conf",), "instances": (4,), "target_cpus": "0"},
            TargetSpec("traefik", instances=4, alias="a", cpus=(0,)),
        ),
        (
            {"target": ("a=nginx:secure.conf",), "https": True},
            TargetSpec("nginx", tls=True, alias="a"),
        ),
    ],
)
def test_a_configuration_of_the_users_makes_a_target_of_its_own(
    options: dict[str, Any], expected: TargetSpec
) -> None:
    (made,) = targets(**options)
    assert Path(made.config).is_absolute()
    assert Path(made.config).read_text()
    assert replace(made, config="") == expected
    assert made.told.config == Path(made.config).name


def test_nothing_that_is_stored_has_a_path_of_this_machine(tmp_path: Path) -> None:
    made = scenario(target=("a=nginx:there/before.conf", "nginx:alone.conf"))
    assert str(tmp_path) not in str(made.snapshot())
    assert [one["target"]["config"] for one in made.snapshot()["competitors"]] == [
        *("before.conf", "alone.conf")
    ]
    assert "alias" not in str(scenario(target=("blue=nginx",)).snapshot())
    assert [one.target.factors.name for one in made.competitors] == ["a", "nginx:alone.conf"]
    assert str(made.competitors[0].target.told) == "a in front of 3 × embedded (native, http)"


@pytest.mark.parametrize(
    ("options", "axis", "labels"),
    [
        (
            {"target": ("nginx", "nginx-static", "http://h:81/")},
            "target",
            ["pycurl:sync nginx", "pycurl:sync nginx-static", "pycurl:sync h:81"],
        ),
        (
            {"target": ("nginx",), "runtime": ("native", "docker", "docker-host")},
            "runtime",
            ["pycurl:sync native", "pycurl:sync docker", "pycurl:sync docker-host"],
        ),
        (
            {"target": ("nginx",), "instances": ("1", "3")},
            "instances",
            ["pycurl:sync 1 instance", "pycurl:sync 3 instances"],
        ),
        (
            {"target": ("http://h:81/", "https://h:81/")},
            "target",
            ["pycurl:sync h:81", "pycurl:sync https://h:81"],
        ),
        (
            {"target": ("a=nginx:alone.conf", "nginx")},
            "target",
            ["pycurl:sync a", "pycurl:sync nginx"],
        ),
        (
            {"target": ("nginx:alone.conf", "nginx:before.conf")},
            "target",
            ["pycurl:sync nginx:alone.conf", "pycurl:sync nginx:before.conf"],
        ),
        (
            {"target": ("prod=https://h:81", "blue=http://h:82/")},
            "target",
            ["pycurl:sync prod", "pycurl:sync blue"],
        ),
        ({"tls": ("http", "https")}, "tls", ["pycurl:sync http", "pycurl:sync https"]),
        ({"target": ("nginx",)}, "client", ["pycurl:sync"]),
    ],
)
def test_what_differs_is_the_axis(options: dict[str, Any], axis: str, labels: list[str]) -> None:
    made = scenario(**options)
    assert made.axis == axis
    assert [competitor.label for competitor in made.competitors] == labels


@pytest.mark.parametrize("text", ["nginx-static", "pycurl:sync nginx-static"])
def test_the_baseline_may_be_named_by_what_differs(text: str) -> None:
    assert (
        scenario(target=("nginx", "nginx-static"), baseline=text).baseline
        == "pycurl:sync nginx-static"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": ("apache",)}, "--target: 'apache'.*nginx-static.*or a URL"),
        ({"target": ("ftp://h/",)}, "^--target: 'ftp://h/' is not valid; expected http://HOST"),
        (
            {"target": ("http://h:99999/",)},
            "^--target: 'http://h:99999/' is not valid; expected a host, a port",
        ),
        ({"target": ("x=http://",)}, "^--target: 'x=http://' is not valid; expected a host name"),
        (
            {"target": ("x=http://h\x01/",)},
            r"^--target: 'x=http://h\\x01/' is not valid; expected no ",
        ),
        (
            {"target": ("http://user:secret@h/",)},
            "^--target: a URL with user-info is refused; [^:]*own URL$",
        ),
        (
            {"target": ("https://h/a?secret",)},
            "^--target: a URL names a server here; [^:]*own URL$",
        ),
        ({"target": ("nginx",), "url": "http://h/"}, "--url, --target: both name a server"),
        (
            {"target": ("nginx", "traefik")},
            "--runtime: would differ here .*'nginx' native, 'traefik' docker",
        ),
        ({"runtime": ("podman",)}, "--runtime: 'podman'.*auto, native, docker, docker-host"),
        ({"instances": ("0",)}, "--instances: '0'"),
        ({"instances": ("65",)}, "--instances: '65'"),
        ({"instances": ("two",)}, "--instances: 'two'"),
        ({"tls": ("h2",)}, "--scheme: 'h2'.*http, https"),
        ({"tls": ("http",), "https": True}, "--tls, --scheme: both given"),
        ({"upstream": "httpbin"}, "--upstream: applies to proxies; expected --target nginx"),
        ({"target": ("nginx",), "upstream": "apache"}, "--upstream: 'apache'.*embedded"),
        ({"target_cpus": "3-1"}, "--target-cpus: '3-1'.*0,2 or 0-3"),
        ({"target_cpus": "a"}, "--target-cpus: 'a'"),
        ({"target_memory": "100m"}, "--target-memory: limits containers"),
        ({"target": ("nginx",), "target_memory": "much"}, "--target-memory: 'much'"),
        ({"target": ("nginx",), "target_memory": "1m"}, "--target-memory: .1m."),
        ({"instances": ("2",), "runtime": ("docker",)}, "--instances: the embedded target has one"),
        (
            {"target": ("http://h/",), "runtime": ("docker",)},
            "--runtime: applies to servers that clientbench starts; expected no URL",
        ),
        (
            {"target": ("http://h/",), "instances": ("2",)},
            "--instances: applies to servers that clientbench starts; expected no URL",
        ),
        ({"url": "http://h/", "https": True}, "--tls: applies to servers that clientbench"),
        ({"target": ("http://h/",), "tls": ("https",)}, "--scheme: contradicts a server's URL"),
        (
            {"target": ("embedded", "http://h/"), "https": True},
            "--scheme: contradicts a server's URL",
        ),
        (
            {"url": "http://h/", "instances": ("2",)},
            "--instances: applies to servers that clientbench",
        ),
        (
            {"url": "http://h/", "target_cpus": "1"},
            "--target-cpus: applies to servers that clientbench",
        ),
        (
            {"target": ("nginx", "embedded"), "instances": ("1", "3")},
            "--target, --instances: you gave several values of each",
        ),
        (
            {"target": ("nginx", "nginx-static"), "method": ("GET", "POST")},
            "--target, --method: you gave several",
        ),
        ({"url": "/wait"}, "^--url: /wait takes one of constant=WAIT, .*bytes=NUMBER$"),
        ({"url": "/wait?bytes=10"}, "^--url: /wait takes one of"),
        ({"url": "/wait?constant=1ms&bytes=2k"}, "^--url: bytes must be a whole number, not '2k'$"),
        ({"url": "/wait?lognormal=15,0.6"}, "^--url: the median of lognormal must be a time"),
        ({"url": "/wait?constant=1ms&size=2", "target": ("nginx",)}, "^--url: /wait takes one of"),
        ({"target": ("nginx", "nginx")}, "is given twice"),
        ({"target": ("a=nginx:alone.conf", "b=nginx:./alone.conf")}, "is given twice"),
        ({"target": ("a=http://h", "b=http://h/")}, "also named .* is given twice"),
        ({"target": ("a=http://h", "a=nginx")}, "'pycurl:sync a' is given twice"),
        ({"target": ("nginx=http://h",)}, "--target: 'nginx' is not valid; expected an alias"),
        ({"target": ("url=http://h",)}, "--target: 'url' is not valid; expected an alias"),
        *(
            (
                {"target": (f"{alias}={target}",)},
                re.escape(f"--target: {f'{alias}={target}'!r:.30}")
                + ".* expected ALIAS=TARGET, the",
            )
            for alias in ("a b", "", "a\x01b", "\udcff", "é", "-a", "a/b", "a:b", "a" * 65)
            for target in ("nginx", "http://127.0.0.1:1/")
        ),
        (
            {"target": ("a=",)},
            "--target: 'a=' is not valid; expected a target after the alias: emb",
        ),
        ({"target": ("a=http://user:secret@h/",)}, "--target: a URL with user-info is refused"),
        ({"target": ("nginx:",)}, "--target: 'nginx:' is not valid; expected a file after"),
        ({"target": ("nginx:no.conf",)}, "--target: no.conf: not found; expected a config"),
        ({"target": ("nginx",), "config": "there"}, "--config: there: is a folder; expected"),
        (
            {"target": ("nginx:wrong.conf",)},
            "--target: wrong.conf, line 1: variable 'address' is unknown; expected one of .*listen",
        ),
        (
            {"config": "alone.conf"},
            "--config: the embedded target takes no configuration; expected one of nginx, traefik, "
            "haproxy, caddy$",
        ),
        ({"target": ("nginx-static:alone.conf",)}, "--target: the nginx-static target takes no"),
        (
            {"target": ("nginx", "caddy"), "config": "alone.conf"},
            "--config: applies to a single target without a file; expected --target ALIAS=nginx:FILE",
        ),
        (
            {"target": ("nginx:alone.conf",), "config": "alone.conf"},
            "--config: applies to a single target",
        ),
        (
            {"target": ("http://h",), "config": "alone.conf"},
            "--config: applies to servers that clientbench",
        ),
        (
            {"url": "http://h/", "config": "alone.conf"},
            "--config: applies to servers that clientbench",
        ),
        (
            {"target": ("nginx:before.conf", "nginx:there/before.conf")},
            "--target: several are called nginx:before.conf; expected a name for each: ALIAS=nginx:FILE",
        ),
        (
            {"target": ("nginx:alone.conf",), "runtime": ("docker",)},
            "--runtime: your own configuration only runs natively; expected native",
        ),
        (
            {"target": ("nginx:alone.conf",), "https": True},
            "--tls: alone.conf ignores it; expected {{ certificate }} in that file$",
        ),
        (
            {"target": ("nginx:alone.conf",), "instances": ("2",)},
            "--instances: alone.conf ignores it; expected {{ (upstreams|workers) }} or {{ ",
        ),
        (
            {"target": ("nginx:alone.conf",), "tls": ("https",)},
            "--scheme: alone.conf ignores it",
        ),
        (
            {"target": ("nginx:alone.conf",), "upstream": "httpbin"},
            "--upstream: alone.conf ignores it; expected {{ upstreams }} in that file",
        ),
        ({"tls": ("http", "HTTP")}, "is given twice"),
        ({"target": ("nginx", "nginx-static"), "command": "load"}, "target: has several values"),
        (
            {
                "preset": "concurrent-synced-once",
                "n": "5",
                "hold": "tls",
                "target": ("http://h/",),
            },
            None,
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    options: dict[str, Any], message: str | None
) -> None:
    if message is None:  # what a client can be held at is known later
        assert not targets(**options)[0].tls
        return
    with refused("") as error:
        scenario(**options)
    assert re.search(message, error.value.told(Spelling((), {})))
    assert "secret" not in str(error.value)
