"""``results annotate`` and ``results prune``, as they are typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.records.provenance import Provenance
from tests.cli.command import Ended, clientbench
from tests.cli.test_merging import ids, job
from tests.store.asked import query


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with four runs: today, 10 and 100 days ago, and a tagged one of a year ago."""
    for id, days in (("aaaa-new", 0), ("bbbb-old", 10), ("bbbb-older", 100), ("cccc-kept", 365)):
        started = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")
        tags = {"release": "1.0"} if id == "cccc-kept" else {}
        path = tmp_path / "benchmark_results.db"
        job(path, id, started_at=started, provenance=Provenance(tags=tags))
    return tmp_path


def results(folder: Path, *words: str) -> Ended:
    return clientbench("results", *words, cwd=folder)


def tags(folder: Path, id: str) -> object:
    columns = "SELECT name, tags FROM runs WHERE id = "
    return query(folder / "benchmark_results.db", f"{columns}'{id}'")[1][0]


def test_a_run_gets_tags_and_a_name_and_loses_them(folder: Path) -> None:
    named = results(folder, "annotate", "aaaa", "--tag", "pr=7", "--tag", "who=me", "--name", "new")
    assert (named.code, named.out) == (0, "run aaaa-new: pr=7, who=me, name 'new'\n")
    assert tags(folder, "aaaa-new") == ("new", '{"pr":"7","who":"me"}')
    changed = results(folder, "annotate", "aaaa", "--tag", "who=", "--tag", "pr=8")
    assert (changed.code, changed.out) == (0, "run aaaa-new: who removed, pr=8\n")
    assert tags(folder, "aaaa-new") == ("new", '{"pr":"8"}')
    assert results(folder, "annotate", "aaaa", "--tag", "pr=").code == 0
    assert tags(folder, "aaaa-new") == ("new", None)


def test_runs_are_found_by_tag_and_name(folder: Path) -> None:
    results(folder, "annotate", "aaaa", "--tag", "pr=7", "--tag", "who=me", "--name", "spring")

    def listed(*words: str) -> list[str]:
        document = results(folder, "list", *words, "--json").json
        return [one["id"] for one in document["runs"]]

    assert len(listed()) > 1
    for words in (
        *(("--tag", "pr=7"), ("--tag", "who=me", "--tag", "pr=7"), ("--name", "spring")),
        ("--tag", "pr=7", "--limit", "1"),
    ):
        assert listed(*words) == ["aaaa-new"]
    for words in (("--tag", "pr=8"), ("--tag", "pr=7", "--tag", "who=you"), ("--name", "sprin")):
        assert listed(*words) == []
    (one,) = results(folder, "list", "--tag", "pr=7", "--json").json["runs"]
    assert one["tags"] == {"pr": "7", "who": "me"}
    refused = results(folder, "list", "--tag", "pr")
    assert (refused.code, refused.err.startswith("clientbench: --tag: 'pr'")) == (2, True)


def test_a_name_keeps_no_value_of_a_telling_name(folder: Path) -> None:
    words = ("--name", "with password=hunter2", "--tag", "note=token=hunter2")
    named = results(folder, "annotate", "aaaa", *words)
    assert named.out == "run aaaa-new: note=token=***, name 'with password=***'\n"
    assert tags(folder, "aaaa-new") == ("with password=***", '{"note":"token=***"}')


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("aaaa",), "--tag: is missing; expected --tag KEY=VALUE or --name TEXT"),
        (("aaaa", "--tag", "pr"), "--tag: 'pr'"),
        (("aaaa", "--tag", "=7"), "--tag: '=7'"),
        (("aaaa", "--tag", "a=1", "--tag", "a=2"), "--tag: 'a' is given twice"),
        (("aaaa", "--tag", "a=\x1b[31m"), "--tag: "),
        (("aaaa", "--tag", f"a={'x' * 201}"), "--tag: "),
        (("aaaa", "--name", " "), "--name: ' '"),
        (("dddd", "--name", "x"), "run 'dddd': no such run or trial"),
        (("bbbb", "--name", "x"), "run 'bbbb': is ambiguous"),
        (("aaaa", "--name", "x", "--db", "no.db"), "--db '{folder}/no.db': no such database"),
    ],
)
def test_what_cannot_be_said_of_a_run_is_one_line(
    words: tuple[str, ...], said: str, folder: Path
) -> None:
    check_refused(folder, ("annotate", *words), said)


@pytest.mark.parametrize(
    ("keeps", "kept"),
    [
        (("1",), ["aaaa-new"]),
        (("2",), ["aaaa-new", "bbbb-old"]),
        (("30d",), ["aaaa-new", "bbbb-old"]),
        (("200D",), ["aaaa-new", "bbbb-old", "bbbb-older"]),
        (("1", "tagged"), ["aaaa-new", "cccc-kept"]),
        (("1", "30d", "Tagged"), ["aaaa-new", "bbbb-old", "cccc-kept"]),
        (("50",), ["aaaa-new", "bbbb-old", "bbbb-older", "cccc-kept"]),
        (("0",), []),
    ],
)
def test_what_is_not_kept_is_removed_with_all_that_belongs_to_it(
    keeps: tuple[str, ...], kept: list[str], folder: Path
) -> None:
    words = ("prune", *(word for one in keeps for word in ("--keep", one)))
    path = folder / "benchmark_results.db"
    before = ids(path)
    looked = results(folder, *words, "--dry-run")
    assert (looked.code, ids(path)) == (0, before)
    removed = results(folder, *words)
    assert removed.code == 0, removed
    assert removed.out == looked.out.replace("would remove", "removed").replace(
        "to remove", "removed"
    )
    gone = [id for id in before if id not in kept]
    assert removed.out.count("removed run ") == len(gone)
    assert removed.out.endswith(f"{len(gone)} {'run' if len(gone) == 1 else 'runs'} removed\n")
    assert ids(path) == kept
    for table in ("benchmark_results", "competitor_results", "rounds", "comparisons"):
        rows = query(path, f"SELECT DISTINCT run_id FROM {table} ORDER BY run_id")[1]
        assert [run_id for (run_id,) in rows] == kept, table
    assert query(path, "SELECT COUNT(*) FROM histograms")[1] == [(6 * len(kept),)]
    assert results(folder, *words).out == "0 runs removed\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--keep: is missing; expected a number of runs (50), an age (90d), or tagged"),
        (("--keep", "all"), "--keep: 'all'"),
        (("--keep", "-1"), "--keep: '-1'"),
        (("--keep", "1.5"), "--keep: '1.5'"),
        (("--keep", "90 d"), "--keep: '90 d'"),
        (("--keep", "tagd"), "--keep: 'tagd' is not valid; did you mean tagged?"),
        (("--keep", "9" * 20), "--keep: "),
        (("--keep", "1", "--db", "no.db"), "--db '{folder}/no.db': no such database"),
    ],
)
def test_what_cannot_be_kept_is_one_line_and_nothing_is_removed(
    words: tuple[str, ...], said: str, folder: Path
) -> None:
    check_refused(folder, ("prune", *words), said)


def check_refused(folder: Path, words: tuple[str, ...], said: str) -> None:
    before = query(folder / "benchmark_results.db", "SELECT * FROM runs")
    ended = results(folder, *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"clientbench: {said.format(folder=folder)}"), ended.err
    assert ended.err.count("\n") == 1
    assert query(folder / "benchmark_results.db", "SELECT * FROM runs") == before
    assert not (folder / "no.db").exists()
