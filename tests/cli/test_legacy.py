"""The older flag form, its documented command lines among them."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.legacy import modernise
from harness.errors import UsageError
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from tests.refusals import refused


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "--url http://localhost/get --client httpx --concurrency 20 --duration 30",
            "load http://localhost/get --client httpx --concurrency 20 --duration 30",
        ),
        (
            "--url http://localhost/get --compare requests httpx aiohttp"
            " --concurrency 10 --duration 10",
            "compare requests httpx aiohttp --url http://localhost/get"
            " --concurrency 10 --duration 10",
        ),
        (
            "--url http://localhost/get --method GET --client requests"
            " --concurrency 50 --duration 30",
            "load http://localhost/get --client requests --method GET"
            " --concurrency 50 --duration 30",
        ),
        *(
            (
                f"--url http://localhost/{path} --method {path.upper()} --client {client}"
                ' --body \'{"user": "test", "action": "create"}\' --concurrency 50 --duration 30',
                f"load http://localhost/{path} --client {client} --method {path.upper()}"
                ' --body \'{"user": "test", "action": "create"}\' --concurrency 50 --duration 30',
            )
            for path, client in (
                ("post", "httpx"),
                ("put", "aiohttp"),
                ("patch", "urllib3"),
                ("delete", "pycurl"),
            )
        ),
        (
            '--url https://localhost/post --method POST --body \'{"test": "data"}\''
            " --compare requests httpx aiohttp --concurrency 50 --duration 60",
            "compare requests httpx aiohttp --url https://localhost/post --method POST"
            ' --body \'{"test": "data"}\' --concurrency 50 --duration 60',
        ),
        (
            "--url https://localhost/get --client aiohttp --concurrency 50 --duration 60 --async",
            "load https://localhost/get --client aiohttp:async --concurrency 50 --duration 60",
        ),
        (
            "--url http://localhost/get --client httpx --duration 60",
            "load http://localhost/get --client httpx --duration 60",
        ),
        (
            "--url https://httpbin.org/get --client requests --concurrency 10",
            "load https://httpbin.org/get --client requests --concurrency 10",
        ),
        (
            "--compare requests httpx aiohttp --url https://httpbin.org/get",
            "compare requests httpx aiohttp --url https://httpbin.org/get --duration 30",
        ),
        ("--url http://localhost/get --client httpx", "load http://localhost/get --client httpx"),
        (
            "--url http://localhost/stream/5 --client httpx --method STREAM",
            "load http://localhost/stream/5 --client httpx --method STREAM",
        ),
    ],
)
def test_documented_command_lines_work(old: str, new: str) -> None:
    assert shlex.join(modernise(shlex.split(old))) == shlex.join(shlex.split(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("--url=U --client=httpx --async", "load U --client httpx:async"),
        ("--url U --client httpx==0.27.2 --async", "load U --client httpx==0.27.2:async"),
        ("--url U --client httpx:async --async", "load U --client httpx:async"),
        ("--client httpx", "load --client httpx"),
        ("--compare a,b c --compare d", "compare a b c d --duration 30"),
        ("--compare=a,b --url=U", "compare a b --url U --duration 30"),
        (
            "--compare requests httpx aiohttp --async --duration 5",
            "compare requests httpx:async aiohttp:async --duration 5",
        ),
        ("--compare requests --duration=5", "compare requests --duration 5"),
        ("--compare a b --requests 100", "compare a b --requests 100"),
        ("--client a --headers '{\"A\": 1}'", "load --client a --headers '{\"A\": 1}'"),
        ("--client a --output x.json --json", "load --client a --output x.json --json"),
        ("--json --client a --rounds 3", "load --client a --json --rounds 3"),
        ("--client a --body --data--", "load --client a --body --data--"),
        ("--client a --verify-ssl", "load --client a --verify"),
        ("--client a --verify-ssl true", "load --client a --verify"),
        ("--client a --verify-ssl=1", "load --client a --verify"),
        ("--verify-ssl False --client a", "load --client a --insecure"),
        ("--client a --verify-ssl 0", "load --client a --insecure"),
        ("--client a --no-verify-ssl", "load --client a --insecure"),
        ("--client a --help", "--help"),
    ],
)
def test_every_old_flag_has_its_new_spelling(old: str, new: str) -> None:
    assert modernise(shlex.split(old)) == shlex.split(new)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--help"],
        ["--version"],
        ["compare", "requests", "--url", "http://localhost/"],
        ["load", "http://localhost/", "--client", "httpx"],
        ["clients"],
    ],
)
def test_the_new_form_is_left_alone(argv: list[str]) -> None:
    assert modernise(argv) == argv


def test_the_environments_duration_is_written_out_for_compare() -> None:
    assert modernise(["--compare", "a"], 2.5) == ["compare", "a", "--duration", "2.5"]


def test_the_modes_of_clients_can_be_given() -> None:
    assert modernise(["--client", "mine", "--async"], modes={"mine": ("sync", "async")}) == [
        "load",
        "--client",
        "mine:async",
    ]


@pytest.mark.parametrize(
    ("old", "message"),
    [
        ("--url U", "--client: not given"),
        ("--url U --client a --compare b", "--client, --compare: both given"),
        ("--client a --client b", "--client: given twice"),
        ("--client", "--client: has no value"),
        ("--url --client a", "--url: has no value"),
        ("--client a --body --url U", "--body: has no value"),
        ("--compare --url U", "--compare: has no value"),
        ("--compare a,,b", "client: ''"),
        ("--client pycurl --async", "--async: 'pycurl' is sync;"),
        ("--client httpx:sync --async", "--async: 'httpx:sync' is sync;"),
        ("--client httpx:warp", "client mode: 'warp'"),
        ("--client a --async=yes", "--async: takes no value"),
        ("--client a --verify-ssl maybe", "--verify-ssl: 'maybe'"),
        ("--config x.toml", "--config: is not supported"),
    ],
)
def test_incomplete_lines_are_refused(old: str, message: str) -> None:
    with refused(message):
        modernise(shlex.split(old))


def test_method_stream_means_a_streamed_get() -> None:
    scenario = build(Options(clients=("httpx",), method=("stream",)), Defaults())
    assert (scenario.stream, scenario.competitors[0].method) == (True, "GET")


_FLAGS = ["--url", "--client", "--compare", "--async", "--verify-ssl", "--no-verify-ssl"]
_FLAGS += ["--config", "--body", "--headers", "--method", "--duration", "--help", "--json"]


@given(
    st.lists(st.sampled_from(_FLAGS) | st.text(max_size=12) | st.just("httpx:async"), max_size=9)
)
def test_any_arguments_are_turned_or_refused_in_one_line(argv: list[str]) -> None:
    try:
        new = modernise(argv)
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert new == argv or new[0] in ("load", "compare", "--help")


@given(st.text("abcdefghijklmnop", min_size=8), st.sampled_from(["--url", "--body", "--headers"]))
def test_no_refusal_repeats_a_value_that_may_be_secret(secret: str, flag: str) -> None:
    for tail in ([], ["--client"], ["--verify-ssl", "maybe"], ["--client", "a:b"]):
        with pytest.raises(UsageError) as caught:
            modernise([flag, secret, *tail])
        assert secret not in str(caught.value)
