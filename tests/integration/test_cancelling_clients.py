"""``clientbench load`` with clients whose requests end in what is no ``Exception``.

Each of these is an error of the request: the slot goes on, and every other request is answered.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Ended, clientbench

ON_ASYNCIO = """
import asyncio
import itertools

from adapters.raw import RawAsync

REQUIRES = ()


class Cancelling(RawAsync):
    name = "cancelling"
    distribution = "python"
    _numbers = itertools.count()

    async def send(self, request):
        await self._begin()
        return await super().send(request)

    async def send_traced(self, request, trace):
        await self._begin()
        return await super().send_traced(request, trace)

    async def _begin(self):
        turn = next(self._numbers) % 4
        if turn == 0:
            asyncio.current_task().cancel()
            await asyncio.sleep(0)
        if turn == 2:
            raise BaseExceptionGroup("two at once", [asyncio.CancelledError()])


ADAPTERS = (Cancelling,)
"""
ON_TRIO = """
import itertools

import trio

from adapters.base import AsyncAdapter

REQUIRES = ("trio",)


class Cancelling(AsyncAdapter):
    name = "cancelling"
    distribution = "trio"
    loops = ("trio",)
    _numbers = itertools.count()

    async def open(self):
        with trio.CancelScope() as scope:
            scope.cancel()
            try:
                await trio.sleep(0)
            except trio.Cancelled as error:
                self._kept = error

    async def send(self, request):
        await trio.sleep(0.001)
        turn = next(self._numbers) % 4
        if turn == 0:
            raise self._kept
        if turn == 2:
            raise BaseExceptionGroup("two at once", [self._kept])
        return 200, 3

    async def close(self):
        pass


ADAPTERS = (Cancelling,)
"""
IN_THREADS = """
import asyncio
import itertools

from adapters.raw import Raw

REQUIRES = ()


class Panic(BaseException):
    \"\"\"As Rust's panics arrive in Python.\"\"\"


class Cancelling(Raw):
    name = "cancelling"
    distribution = "python"
    _numbers = itertools.count()

    def send(self, request):
        turn = next(self._numbers) % 4
        if turn == 0:
            raise asyncio.CancelledError
        if turn == 2:
            raise Panic from asyncio.CancelledError()
        return super().send(request)


ADAPTERS = (Cancelling,)
"""
ENDING = ON_ASYNCIO.replace(
    'raise BaseExceptionGroup("two at once", [asyncio.CancelledError()])',
    'raise SystemExit("enough")',
)
ONE = ("--rounds", "1", "--warmup", "0")
LOADS = {
    "closed": (*ONE, "--concurrency", "4", "--requests", "40"),
    "open": (*ONE, "--rate", "80", "--requests", "40"),
}
OF_ASYNCIO = LOADS | {
    "fixed-workers": (*ONE, "--rate", "80", "--requests", "40", "--start", "fixed-workers"),
    "held": (*ONE, "--preset", "concurrent-synced-once", "--tls", "--n", "40"),
}


def load(source: str, words: tuple[str, ...], folder: Path, client: str = "cancelling") -> Ended:
    (folder / "cancelling.py").write_text(source)
    wanted = ("--client", client, "--adapter", "cancelling.py")
    return clientbench("load", *wanted, *words, "--json", cwd=folder)


def assert_half_is_cancelled(ended: Ended) -> None:
    assert ended.code == 0, ended
    (measured,) = ended.json["competitors"]
    assert measured["state"] == "complete"
    assert measured["population"] == 40
    assert measured["error_counts"] == {"cancelled": 20}


@pytest.mark.parametrize("words", OF_ASYNCIO.values(), ids=OF_ASYNCIO)
def test_a_request_that_asyncio_cancels_from_inside_has_failed(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    assert_half_is_cancelled(load(ON_ASYNCIO, words, tmp_path))


@pytest.mark.parametrize("words", LOADS.values(), ids=LOADS)
def test_a_request_that_trio_cancels_from_inside_has_failed(
    words: tuple[str, ...], kept_cache: Path, tmp_path: Path
) -> None:
    assert_half_is_cancelled(load(ON_TRIO, words, tmp_path, "cancelling+trio"))


@pytest.mark.parametrize("words", LOADS.values(), ids=LOADS)
def test_a_request_of_a_thread_that_ends_in_no_exception_has_failed(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    assert_half_is_cancelled(load(IN_THREADS, words, tmp_path))


@pytest.mark.parametrize("words", OF_ASYNCIO.values(), ids=OF_ASYNCIO)
def test_a_client_that_ends_its_process_is_reported(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = load(ENDING, words, tmp_path)
    assert ended.code == 3, ended
    assert "SystemExit: enough" in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err
