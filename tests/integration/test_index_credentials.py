"""Credentials for a package index make an environment, and are neither kept nor shown anywhere."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.command import ONE, Ended, Recording, clientbench
from tests.clients.environments.conftest import index
from tests.clients.environments.index import Index

__all__ = ["index"]

USER, PASSWORD = "reader-Kq7Zt2", "1ndex-p@ss/Vw8Xr3"
ADAPTER = """
import alpha

from adapters.raw import Raw

REQUIRES = ("alpha",)


class Mine(Raw):
    name = "mine"
    distribution = "alpha"


ADAPTERS = (Mine,)
"""


def forms() -> set[bytes]:
    """How they might show up: as they are, escaped for a URL, or as base64."""
    pair = f"{USER}:{PASSWORD}"
    texts = {USER, PASSWORD, quote(PASSWORD), quote(PASSWORD, safe="")}
    return {text.encode() for text in texts} | {base64.b64encode(pair.encode()).rstrip(b"=")}


def leaks(folder: Path, *ended: Ended) -> list[str]:
    places = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for number, one in enumerate(ended):
        places[f"output {number}"] = f"{one.out}{one.err}".encode()
    return [
        f"{form!r} in {place}"
        for place, content in places.items()
        for form in forms()
        if form in content
    ]


def in_the_url(url: str) -> dict[str, str]:
    """The index as many set it: with user and password in its URL."""
    pair = f"{quote(USER)}:{quote(PASSWORD, safe='')}"
    return {"UV_DEFAULT_INDEX": url.replace("://", f"://{pair}@")}


def beside_the_url(url: str) -> dict[str, str]:
    """The index by name, and what it asks for in variables of that name."""
    return {
        "UV_INDEX": f"private={url}",
        "UV_INDEX_PRIVATE_USERNAME": USER,
        "UV_INDEX_PRIVATE_PASSWORD": PASSWORD,
    }


@pytest.mark.parametrize("given", [in_the_url, beside_the_url])
def test_a_run_keeps_no_credentials_of_an_index(
    given: object, index: Index, server: Recording, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    index.password = PASSWORD
    index.wheel("alpha", "1.2.3")
    for name, value in given(index.url).items():  # type: ignore[operator]
        monkeypatch.setenv(name, value)
    (tmp_path / "mine.py").write_text(ADAPTER)
    words = ("compare", "mine", "null", "--adapter", "mine.py", "--url", server.url, *ONE)
    shown = ("results", "show", "latest")
    ended = [
        clientbench(*one, cwd=tmp_path)
        for one in (
            (*words, "--json"),
            (*words, "--output", "report.txt"),
            (*shown, "--json"),
            (*shown, "--lock"),
            ("environments", "list", "--json"),
            ("environments", "show", "alpha"),
            ("environments", "freeze", "alpha"),
        )
    ]

    assert [one.code for one in ended] == [0] * len(ended), ended
    assert ended[0].json["trials"][0]["versions"]["alpha"] == "1.2.3"
    assert "alpha==1.2.3" in ended[3].out
    assert any(path.endswith(".whl") for path in index.asked)
    assert leaks(tmp_path, *ended) == []


def test_a_refusal_shows_no_credentials_of_an_index(
    index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    index.password = "another one"
    index.wheel("alpha", "1.2.3")
    for name, value in in_the_url(index.url).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "mine.py").write_text(ADAPTER)
    ended = clientbench("compare", "mine", "--adapter", "mine.py", *ONE, cwd=tmp_path)

    assert (ended.code, ended.out) == (3, "")
    assert "alpha" in ended.err
    assert leaks(tmp_path, ended) == []
