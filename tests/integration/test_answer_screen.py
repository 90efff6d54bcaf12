"""The answer in a real terminal: every width shows what was kept as golden, whole and unbroken."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.records.model import RunRecord, TrialSummary
from harness.store import Store
from tests.examples import save
from tests.report.answer.examples import GOLDEN, eight_clients, three_by_three
from tests.terminal import CLIENTBENCH, Terminal

SHOW = [*CLIENTBENCH, "results", "show", "latest"]


RUNS = {"eight": eight_clients, "conditions": three_by_three}


def stored(folder: Path, record: RunRecord, trials: list[TrialSummary]) -> Path:
    """``folder``, with the run in its database."""
    with Store.open(folder / "benchmark_results.db") as store:
        save(store, record, trials)
        store.finish(record)
    return folder


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_a_terminal_shows_the_golden_screen(width: int, name: str, tmp_path: Path) -> None:
    folder = stored(tmp_path, *RUNS[name]())
    with Terminal(width, rows=60) as terminal:
        assert terminal.run(SHOW, cwd=folder) == 0
        assert terminal.wrapped() == []
        shown = "\n".join(terminal.screen()).rstrip().splitlines()
    golden = (GOLDEN / f"{name}_{width}.txt").read_text("utf-8").splitlines()
    kept = next(at for at, line in enumerate(golden) if line.startswith("results"))
    assert shown[:kept] == golden[:kept]  # the place of the database differs


@pytest.mark.parametrize("name", RUNS)
def test_the_whole_answer_stands_on_a_terminal_of_24_lines(name: str, tmp_path: Path) -> None:
    folder = stored(tmp_path, *RUNS[name]())
    with Terminal(80, rows=24) as terminal:
        assert terminal.run(SHOW, cwd=folder) == 0
        lines = terminal.screen()
    assert lines[0].startswith("GET / on the built-in server")
    assert any(line.startswith("results") for line in lines)
