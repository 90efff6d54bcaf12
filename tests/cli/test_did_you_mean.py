"""A word that was mistyped: the message that says what is accepted names what was probably meant."""

from __future__ import annotations

import pytest

from harness.cli.main import run
from harness.text import nearest

MISTYPED: dict[str, tuple[str, str]] = {
    "command": ("compere requests", "No such command 'compere'; did you mean compare? expected"),
    "sub-command": ("results lst", "No such command 'lst'; did you mean list? expected list,"),
    "option": (
        "compare null --concurency 3",
        "No such option: --concurency; did you mean --concurrency?",
    ),
    "one of another command": (
        "results list --limt 3",
        "No such option: --limt; did you mean --limit?",
    ),
    "switch": ("compare null --insecur", "No such option: --insecur; did you mean --insecure?"),
    "client": (
        "compare request",
        "client: 'request' is unknown; did you mean requests, requestx or grequests? `clientbench",
    ),
    "client of load": (
        "load --client aiohtp",
        "client: 'aiohtp' is unknown; did you mean aiohttp",
    ),
    "client to check": (
        "clients check htpx",
        "client: 'htpx' is unknown; did you mean httpx, httpx2 or httpxyz? `clientbench clients` lists all",
    ),
    "preset": (
        "compare null --preset stedy",
        "--preset: 'stedy' is not valid; did you mean steady? expected",
    ),
    "target": (
        "compare null --target ngnix",
        "--target: 'ngnix' is not valid; did you mean nginx? expected",
    ),
    "target to start": (
        "targets up traefk",
        "NAME: 'traefk' is not valid; did you mean traefik? expected",
    ),
    "target to check": (
        "targets check cady",
        "NAME: 'cady' is not valid; did you mean caddy? expected",
    ),
    "runtime": (
        "compare null --target nginx --runtime dokcer",
        "--runtime: 'dokcer' is not valid; did you mean docker? expected auto,",
    ),
    "method, in any case": (
        "compare null --method ptch",
        "--method: 'ptch' is not valid; did you mean PATCH? expected GET,",
    ),
    "profile": (
        "compare null --profile pariti",
        "--profile: 'pariti' is not valid; did you mean parity? expected parity or defaults",
    ),
    "mode": (
        "compare httpx:asinc",
        "client mode: 'asinc' is not valid; did you mean async? expected sync or async",
    ),
    "argument that is given as an option": (
        "load --url http://127.0.0.1/",
        "No such option: --url; give URL without it",
    ),
    "argument with its name of the help": (
        "compare --client null",
        "No such option: --client; give CLIENT without it",
    ),
    "old form": ("--urll x --client null", "No such option: --urll; did you mean --url?"),
    "old form without others": (
        "--clinet null",
        "No such option: --clinet; did you mean --client?",
    ),
    "old form, whose client it is": (
        "--url / --clinet null",
        "No such option: --clinet; did you mean --client?",
    ),
    "old form, client": (
        "--client htpx",
        "client: 'htpx' is unknown; did you mean httpx, httpx2 or httpxyz? `clientbench",
    ),
    "old form, clients": (
        "--compare requests htpx",
        "client: 'htpx' is unknown; did you mean httpx, httpx2 or httpxyz? `clientbench clients` lists all",
    ),
}


@pytest.mark.parametrize("kind", MISTYPED)
def test_what_was_probably_meant_is_named(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    words, beginning = MISTYPED[kind]
    assert run(words.split()) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"clientbench: {beginning}")


@pytest.mark.parametrize(
    "words",
    [
        "xyzzy",
        "results xyzzy",
        "compare null --xyzzy",
        "compare xyzzy",
        "compare null --target xyzzy",
    ],
)
def test_what_resembles_nothing_gets_no_guess(
    words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(words.split()) == 2
    assert "did you mean" not in capfd.readouterr().err


def test_a_guess_takes_no_time_for_a_text_of_any_length() -> None:
    assert nearest("x" * 10_000_000, ["requests"]) is None
    assert nearest("REQUEST", ["httpx", "requests"]) == "requests"
