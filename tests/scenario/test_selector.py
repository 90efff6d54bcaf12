"""The grammar of client selectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.loops import LOOPS
from harness.errors import UsageError
from harness.scenario.selector import MODES, ClientSpec, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("httpx", ClientSpec("httpx")),
        ("httpx:async", ClientSpec("httpx", mode="async")),
        ("httpx:sync", ClientSpec("httpx", mode="sync")),
        ("aiohttp:async+uvloop", ClientSpec("aiohttp", mode="async", loop="uvloop")),
        ("aiohttp+asyncio", ClientSpec("aiohttp", mode="async", loop="asyncio")),
        ("httpx+trio", ClientSpec("httpx", mode="async", loop="trio")),
        ("grequests+gevent", ClientSpec("grequests", mode="sync", loop="gevent")),
        ("httpx==0.27.2:async", ClientSpec("httpx", version="0.27.2", mode="async")),
        ("aiohttp@3.13", ClientSpec("aiohttp", python="3.13")),
        ("aiohttp@3.13t", ClientSpec("aiohttp", python="3.13t")),
        (
            "raw:sync@/opt/my py/bin/python@3",
            ClientSpec("raw", mode="sync", python="/opt/my py/bin/python@3"),
        ),
        (
            "httpx==1.0.dev3@./venv/bin/python",
            ClientSpec("httpx", "1.0.dev3", python="./venv/bin/python"),
        ),
        (
            "httpx==0.28.1:async+uvloop@3.12",
            ClientSpec("httpx", "0.28.1", "async", "uvloop", "3.12"),
        ),
        (" HTTPX:Async ", ClientSpec("httpx", mode="async")),
        ("httpx[http2]", ClientSpec("httpx", extras=("http2",))),
        ("httpx[HTTP2, brotli]==0.28.1", ClientSpec("httpx", "0.28.1", extras=("brotli", "http2"))),
        ("head=httpx", ClientSpec("httpx", alias="head")),
        ("old=httpx==0.27.2:async", ClientSpec("httpx", "0.27.2", "async", alias="old")),
        ("httpx=./checkout", ClientSpec("httpx", source="./checkout")),
        ("httpx=.", ClientSpec("httpx", source=".")),
        ("httpx=httpx-0.28.1.tar.gz", ClientSpec("httpx", source="httpx-0.28.1.tar.gz")),
        (
            "head=httpx[http2]=../a=b@c:async@3.13",
            ClientSpec("httpx", None, "async", None, "3.13", "head", ("http2",), source="../a=b@c"),
        ),
        (
            "httpx=https://example.com/httpx-1.whl:sync",
            ClientSpec("httpx", mode="sync", source="https://example.com/httpx-1.whl"),
        ),
        (
            "aiohttp=~/aiohttp+uvloop@/opt/bin/python",
            ClientSpec("aiohttp", None, "async", "uvloop", "/opt/bin/python", source="~/aiohttp"),
        ),
    ],
)
def test_reads_the_grammar(text: str, expected: ClientSpec) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("client", "NAME[EXTRAS]")),
        (":async", ("client", "NAME[EXTRAS]")),
        ("-httpx", ("client.name", "'-httpx'")),
        ("ht tpx", ("client.name", "'ht tpx'")),
        ("httpx=0.27", ("client", "httpx==0.27 for a version")),
        ("httpx=", ("client", "NAME[EXTRAS]")),
        ("=httpx", ("client.alias", "''")),
        ("my head=httpx", ("client.alias", "'my head'")),
        ("httpx[]", ("client.extras", "''", "[http2]")),
        ("httpx[http 2]", ("client.extras", "'http 2'")),
        ("httpx=ftp://h/x.whl", ("client.source", "wheel or sdist")),
        ("httpx=https://me:word@h/x.whl", ("client.source", "without user, password and keys")),
        ("httpx=https://h/x.whl?token=opensesame", ("client.source", "password and keys", "***")),
        ("httpx=http://[::1/x.whl", ("client.source", "or http(s)://")),
        ("httpx=file:///h/x.whl", ("client.source", "expected a path")),
        ("httpx=http://h:99999/x.whl", ("client.source", "HOST[:PORT]")),
        ("httpx=http://h:p/x.whl", ("client.source", "HOST[:PORT]")),
        ("httpx=http:///x.whl", ("client.source", "HOST[:PORT]")),
        ("httpx=./a\nb", ("client.source", "printable")),
        ("httpx==", ("client.version", "''", "0.27.2")),
        ("httpx==latest", ("client.version", "'latest'")),
        ("httpx:", ("client.mode", "''", "sync or async")),
        ("httpx:turbo", ("client.mode", "'turbo'", "sync or async")),
        ("httpx:sync:async", ("client.mode", "sync or async")),
        ("httpx:async+", ("client.loop", "''", "asyncio, uvloop")),
        ("httpx:async+curio", ("client.loop", "'curio'", "trio, twisted or gevent")),
        ("grequests:async+gevent", ("client", "grequests:sync+gevent")),
        ("httpx:sync+uvloop", ("client", "httpx:async+uvloop")),
        ("httpx@", ("client.python", "''")),
        ("httpx@2.7", ("client.python", "'2.7'")),
        ("httpx@python3", ("client.python", "path of an interpreter")),
        ("httpx@/bin/py\nthon", ("client.python", "py\\nthon")),
    ],
)
def test_refuses_in_one_line_what_it_does_not_know(text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert all(part in message for part in parts), message


_NAMES = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,20}[a-z0-9])?", fullmatch=True)
_VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc|\.post)[0-9])?", fullmatch=True)
_PYTHONS = st.from_regex(r"3\.[0-9]{1,2}t?|/[ -~]{0,30}", fullmatch=True)


@given(
    name=_NAMES,
    version=st.none() | _VERSIONS,
    mode=st.none() | st.sampled_from(MODES),
    loop=st.none() | st.sampled_from(sorted(LOOPS)),
    python=st.none() | _PYTHONS.filter(lambda text: text == text.strip()),
    alias=st.none() | st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}[a-z0-9]", fullmatch=True),
    extras=st.sets(st.sampled_from(["http2", "brotli", "zstd"])),
)
def test_canonical_text_reads_back_as_itself(
    name: str,
    version: str | None,
    mode: str | None,
    loop: str | None,
    python: str | None,
    alias: str | None,
    extras: set[str],
) -> None:
    mode = LOOPS[loop].mode if loop else mode
    name = f"x{name}"  # after an alias, a digit begins a version
    spec = ClientSpec(name, version, mode, loop, python, alias, tuple(sorted(extras)))  # type: ignore[arg-type]
    assert parse(str(spec)) == spec


@given(st.text())
def test_any_text_is_a_selector_or_a_one_line_usage_error(text: str) -> None:
    try:
        spec = parse(text)
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert parse(str(spec)) == spec
