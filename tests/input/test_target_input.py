"""Which targets a command line means: names, URLs, how they run, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.input.spelling import Spelling
from harness.scenario.scenario import Scenario
from servers.spec import Runtime, TargetSpec
from tests.refusals import refused

NGINX = TargetSpec("nginx", "native", 3, upstream="embedded")


def scenario(**options: Any) -> Scenario:
    given = {"clients": ("pycurl:sync",), "seed": 1} | options
    return build(Options.of(**given), Defaults(), {}, in_docker_only_traefik)


def in_docker_only_traefik(spec: TargetSpec) -> Runtime:
    return "docker" if spec.name == "traefik" else "native"


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
        ({"target": ("ftp://h/",)}, "url: .*http://"),
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
        ({"upstream": "httpbin"}, "--upstream: is for proxies; expected --target nginx"),
        ({"target": ("nginx",), "upstream": "apache"}, "--upstream: 'apache'.*embedded"),
        ({"target_cpus": "3-1"}, "--target-cpus: '3-1'.*0,2 or 0-3"),
        ({"target_cpus": "a"}, "--target-cpus: 'a'"),
        ({"target_memory": "100m"}, "--target-memory: limits containers"),
        ({"target": ("nginx",), "target_memory": "much"}, "--target-memory: 'much'"),
        ({"target": ("nginx",), "target_memory": "1m"}, "--target-memory: .1m."),
        ({"instances": ("2",), "runtime": ("docker",)}, "--instances: the embedded target has one"),
        (
            {"target": ("http://h/",), "runtime": ("docker",)},
            "--runtime: a server that already runs",
        ),
        (
            {"target": ("http://h/",), "instances": ("2",)},
            "--instances: a server that already runs",
        ),
        ({"url": "http://h/", "https": True}, "--tls: the URL names a server"),
        ({"target": ("http://h/",), "tls": ("https",)}, "--scheme: is not that of the server's"),
        ({"target": ("embedded", "http://h/"), "https": True}, "--scheme: is not that of the"),
        ({"url": "http://h/", "instances": ("2",)}, "--instances: the URL names a server"),
        ({"url": "http://h/", "target_cpus": "1"}, "--target-cpus: the URL names a server"),
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
