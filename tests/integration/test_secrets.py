"""A corpus of secrets goes through whole runs; none may be found in what is kept or shown."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.cli.command import ONE, Ended, Recording, clientbench

# Each is unlike anything else in a run, so that it can be looked for byte by byte.
SECRETS = {
    "bearer": "eyJhbGciOiJIUzI1NiJ9.zQ4vR7tW1xY.k3J9mP2sL8dF",
    "cookie": "c00k1e-Vq8Zr2Lm5Xw9",
    "user": "anneliese77",
    "password": "p@ss/w0rd:Tr0ub4dor",
    "token": "t0ken+Hh7/Jk3=Nb1",
    "key": "sk_live_Wm4Qz8Bc2Vn6Xk",
    "body": "b0dy-s3cret-Gt5Rf9Ed",
}
CLIENTS = ("requests", "httpx:async", "aiohttp", "pycurl", "urllib3", "raw")


def forms(secret: str) -> set[bytes]:
    """How it might show up: as it is, escaped for a URL or for JSON, or as base64."""
    texts = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
    }
    return {text.encode() for text in texts} | {base64.b64encode(secret.encode()).rstrip(b"=")}


def needles() -> dict[bytes, str]:
    found = {form: name for name, secret in SECRETS.items() for form in forms(secret)}
    pair = f"{SECRETS['user']}:{SECRETS['password']}"
    return {**found, base64.b64encode(pair.encode()): "basic"}


def leaks(folder: Path, *ended: Ended) -> list[str]:
    """Where any form of any secret is found: files, -wal and -shm among them, stdout and stderr."""
    places = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for number, one in enumerate(ended):
        places[f"stdout {number}"] = one.out.encode()
        places[f"stderr {number}"] = one.err.encode()
    return [
        f"{name} ({form!r}) in {place}"
        for place, content in places.items()
        for form, name in needles().items()
        if form.lower() in content.lower()
    ]


def words(url: str, *, user_info: bool) -> list[str]:
    """Options with every secret in its usual place."""
    scheme, rest = url.split("://")
    user = f"{quote(SECRETS['user'])}:{quote(SECRETS['password'], safe='')}@" if user_info else ""
    query = f"access_token={quote(SECRETS['token'], safe='')}&api_key={SECRETS['key']}&page=2"
    found = [
        *("--url", f"{scheme}://{user}{rest}/v1/items?{query}", "--method", "POST"),
        *("--headers", json.dumps({"X-Api-Key": SECRETS["key"]})),
        *("--header", f"Cookie: session={SECRETS['cookie']}; theme=dark"),
        *("--body", json.dumps({"client_secret": SECRETS["body"]})),
    ]
    return (
        found if user_info else [*found, "--header", f"Authorization: Bearer {SECRETS['bearer']}"]
    )


@pytest.mark.parametrize("user_info", [True, False])
def test_a_run_that_works_keeps_no_secret(
    user_info: bool, server: Recording, tmp_path: Path
) -> None:
    options = words(server.url, user_info=user_info)
    ended = clientbench(
        *(
            "compare",
            *(CLIENTS if user_info else CLIENTS[-2:]),
            *options,
            "--requests",
            "2",
            "--rounds",
            "1",
            "--warmup",
            "0",
        ),
        *("--concurrency", "1", "--output", "report.json"),
        cwd=tmp_path,
    )
    shown = clientbench("results", "show", "latest", "--json", cwd=tmp_path)
    arrived = server.arrived[-1]

    assert ended.code == 0, ended
    # the secrets did arrive, or this would prove nothing
    assert SECRETS["key"] in arrived.target
    assert SECRETS["cookie"] in arrived.headers["cookie"]
    assert SECRETS["body"].encode() in arrived.body
    assert arrived.headers["authorization"].startswith("Basic " if user_info else "Bearer ")
    assert "page=2" in ended.out  # what is none is still there
    assert leaks(tmp_path, ended, shown) == []


def test_a_target_that_stops_answering_makes_no_client_talk(
    server: Recording, tmp_path: Path
) -> None:
    """Libraries put the whole URL into their messages. The server answers our own looks, then hangs up."""
    server.answers = len(CLIENTS)
    ended = clientbench(
        *("compare", *CLIENTS, *words(server.url, user_info=True), "--timeout", "2"),
        *("--requests", "2", "--rounds", "1", "--warmup", "0", "--concurrency", "1"),
        *("--output", "report.txt"),
        cwd=tmp_path,
    )

    assert ended.code in {0, 3}, ended
    assert "failed" in ended.out
    assert leaks(tmp_path, ended) == []


@pytest.mark.parametrize("command", [("compare", "raw"), ("load", "--client", "raw")])
def test_headers_that_no_command_line_shows(
    command: tuple[str, ...], server: Recording, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    headers = folder / "headers"
    headers.write_text(f"# for the test\n\nCookie: session={SECRETS['cookie']}\nX-Plain:  a: b \n")
    url = ("--url", server.url) if command[0] == "compare" else (server.url,)
    ended = clientbench(
        *(*command, *url, "--header", f"@{headers}", "--header-env", "Authorization=OUR_AUTH"),
        *ONE,
        cwd=tmp_path,
        environ={"OUR_AUTH": f"Bearer {SECRETS['bearer']}"},
    )
    arrived = server.only()
    headers.unlink()

    assert ended.code == 0, ended
    assert arrived.headers["authorization"] == f"Bearer {SECRETS['bearer']}"
    assert arrived.headers["cookie"] == f"session={SECRETS['cookie']}"
    assert arrived.headers["x-plain"] == "a: b"
    assert leaks(tmp_path, ended) == []


@pytest.mark.parametrize(
    ("content", "words", "part"),
    [
        (f"Authorization {SECRETS['bearer']}", (), "line 1 of"),
        (f"\nX: {SECRETS['key']}\nX-{SECRETS['key']}", (), "line 3 of"),
        (f"X: {SECRETS['key']}\x07", (), "visible ASCII"),
        (f"X: {SECRETS['key']}\n" * 9999, (), "--header: too large"),
        ("", ("--header", "@no/such/file"), "No such file"),
        ("", ("--header", "@."), "Is a directory"),
        ("", ("--header-env", "Authorization"), "NAME=VARIABLE"),
        (
            "",
            ("--header-env", f"Authorization={SECRETS['bearer']}"),
            "environment variable that is set",
        ),
        ("", ("--header-env", "Content-Length=HOME"), "'Content-Length'"),
    ],
    ids=lambda value: str(value)[-20:],
)
def test_headers_that_cannot_be_read(
    content: str, words: tuple[str, ...], part: str, tmp_path: Path
) -> None:
    (tmp_path / "headers").write_text(content)
    given = words or ("--header", "@headers")
    ended = clientbench("compare", "raw", *given, cwd=tmp_path)
    (tmp_path / "headers").unlink()

    assert ended.code == 2
    assert part in ended.err and ended.err.count("\n") == 1
    assert leaks(tmp_path, ended) == []


@pytest.mark.parametrize(
    "breaks",
    [
        ("--concurrency", "0"),
        ("--output", "no/such/folder.json"),
        ("--header", f"Authorization {SECRETS['bearer']}"),
        ("--header", f"X-Key: {SECRETS['key']}\x00"),
        ("--headers", f'{{"Authorization": "{SECRETS["bearer"]}"'),
        ("--baseline", "nobody"),
    ],
    ids=lambda value: value[0],
)
def test_refusals_repeat_no_secret(
    breaks: tuple[str, str], server: Recording, tmp_path: Path
) -> None:
    if "\x00" in breaks[1]:  # no process can be given one
        breaks = (breaks[0], breaks[1].replace("\x00", "\x07"))
    ended = clientbench(
        "compare", "raw", *words(server.url, user_info=False), *breaks, cwd=tmp_path
    )

    assert ended.code in {2, 3}, ended
    assert leaks(tmp_path, ended) == []
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_not_there_repeats_no_secret(tmp_path: Path) -> None:
    ended = clientbench(
        *("compare", "raw", *words("http://127.0.0.1:1", user_info=True)), cwd=tmp_path
    )

    assert ended.code == 3
    assert leaks(tmp_path, ended) == []
