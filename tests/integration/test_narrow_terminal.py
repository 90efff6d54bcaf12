"""Commands in a real terminal of many sizes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.store import Store
from tests.examples import finished, histogram, save, trial
from tests.terminal import CLIENTBENCH, Terminal

NUMBER = re.compile(r"\d[\d,.:–-]*\d|\d")
RATES = {
    "requests": 12_512,
    "aiohttp:async": 48_016,
    "aiohttp:async+uvloop": 61_234,
    "httpx:sync": 9_871,
    "httpx:async": 7_654,
    "pycurl": 98_765,
    "urllib3": 23_456,
    "requestx:async": 123_456,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the results of eight clients in three rounds."""
    trials = [
        trial(label, round, rate=rate + 17 * round, service=histogram([10**13 // rate] * 100))
        for round in (1, 2, 3)
        for label, rate in RATES.items()
    ]
    record = finished(trials)
    with Store.open(tmp_path / "benchmark_results.db") as store:
        save(store, record, trials)
        store.finish(record)
    return tmp_path


def show(folder: Path, columns: int) -> list[str]:
    with Terminal(columns, rows=24) as terminal:
        assert terminal.run([*CLIENTBENCH, "results", "show", "latest"], cwd=folder) == 0
        assert terminal.wrapped() == []
        return terminal.screen(history=True)


def numbers(lines: list[str]) -> set[str]:
    return {number for line in lines for number in NUMBER.findall(line)}


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120])
def test_no_figure_is_cut_in_a_narrow_terminal(columns: int, folder: Path) -> None:
    lines = show(folder, columns)
    assert numbers(lines) <= numbers(show(folder, 200))
    assert any("12,5" in line for line in lines)  # requests/s of the baseline


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("words", [("clients",), ("clients", "show", "httpx")], ids=" ".join)
def test_what_is_said_of_clients_is_wrapped_between_words(
    columns: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    with Terminal(columns, 100) as terminal:
        assert terminal.run([*CLIENTBENCH, *words], cwd=tmp_path) == 0
        assert terminal.wrapped() == []
        seen = {word for line in terminal.screen() for word in line.split()}
    assert seen >= ({"geventhttpclient", "urllib3-future"} if words == ("clients",) else {"anyio"})
