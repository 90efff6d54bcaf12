"""The page on scenarios: its file runs, and its commands work as printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.cli.command import clientbench
from tests.store.asked import query

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text("utf-8")


def listing(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def test_its_commands_work_as_printed(tmp_path: Path) -> None:
    lines = [line.removeprefix("$ ") for line in listing("console").splitlines()]
    assert all(line.startswith("clientbench ") for line in lines)
    written, *others = (shlex.split(line, comments=True)[1:] for line in lines)
    assert clientbench(*written, cwd=tmp_path).code == 0
    (tmp_path / "shop.toml").write_text(listing("toml"), "utf-8")
    (tmp_path / "users.csv").write_text("name,age\nAda,36\nBob,41\n", "utf-8")
    for words in others:
        ended = clientbench(*words, cwd=tmp_path)
        assert ended.code == 0, ended
        assert "read" in ended.out or words[0] == "run"
    database = tmp_path / "benchmark_results.db"
    _, rows = query(
        database,
        "SELECT e.name, SUM(e.population) FROM endpoint_results e JOIN benchmark_results r"
        " ON r.id = e.trial_id WHERE r.label = 'requests' GROUP BY e.name",
    )
    assert rows == [("read", 840), ("search", 240), ("write", 120)]


def test_every_key_of_an_endpoint_is_on_the_page() -> None:
    from harness.input.scenario_texts import EndpointText, VariableText

    rows = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    keys = {one.alias or name for name, one in EndpointText.model_fields.items()}
    assert keys <= named
    told = "".join(rows)
    assert all(name in told for name in VariableText.model_fields)
