"""``.hlog`` and ``.hgrm`` of a real run, as JavaScript's HdrHistogram reads them: the same in all parts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.summaries import summarised
from harness.records.histogram import Histogram
from harness.report.latency_metrics import IN_FILES, histograms, names_of
from harness.store.reading import show_run
from tests.cli.command import clientbench
from tests.require import require

READER = "hdr-histogram-js@3"
PERCENTS = (50.0, 90.0, 99.0, 99.9, 100.0)
PROGRAM = """
const hdr = require("hdr-histogram-js"), fs = require("fs");
const content = fs.readFileSync(process.argv[2], "utf8"), found = {};
const reader = new hdr.HistogramLogReader(content);
for (let one; (one = reader.nextIntervalHistogram()); ) {
  if (found[one.tag]) found[one.tag].add(one); else found[one.tag] = one;
}
for (const [tag, one] of Object.entries(found)) {
  found[tag] = {
    total: one.totalCount,
    percentiles: %s.map((percent) => one.getValueAtPercentile(percent)),
    distribution: one.outputPercentileDistribution(5, 1e6),
  };
}
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a program of node that prints what a log has."""
    folder = tmp_path_factory.mktemp("reader")
    require(bool(shutil.which("node") and shutil.which("npm")), "node and npm are not installed")
    words = ("npm", "install", "--no-audit", "--no-fund", "--silent", READER)
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    require(
        done.returncode == 0, f"npm has no {READER}: {done.stderr}", "CLIENTBENCH_REQUIRE_INDEX"
    )
    (folder / "read.js").write_text(PROGRAM % list(PERCENTS))
    return folder


def read(reader: Path, log: Path) -> dict[str, Any]:
    words = ("node", str(reader / "read.js"), str(log))
    done = subprocess.run(words, cwd=reader, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("load", [("--concurrency", "4"), ("--rate", "200")])
def test_another_library_finds_the_same_values(
    load: tuple[str, ...], reader: Path, tmp_path: Path
) -> None:
    words = ("compare", "raw:sync", "raw:async", *load, "--duration", "1", "--rounds", "2")
    ended = clientbench(*words, "--output", "run.hlog", "--output", "run.hgrm", cwd=tmp_path)
    assert ended.code == 0, ended
    _, trials = show_run(tmp_path / "benchmark_results.db")
    theirs = read(reader, tmp_path / "run.hlog")
    ours = {
        f"{one.label}.{metric}": histogram
        for one in summarised(trials)
        for metric, histogram in histograms(one).items()
    }
    assert theirs.keys() == ours.keys()
    for tag, histogram in ours.items():
        assert theirs[tag]["total"] == histogram.total
        assert theirs[tag]["percentiles"] == list(map(histogram.percentile, PERCENTS))
        check_rows(tmp_path, tag, histogram, theirs[tag]["distribution"])


def check_rows(folder: Path, tag: str, histogram: Histogram, theirs: str) -> None:
    """Fail unless our file has their rows and footer; they may round a last digit otherwise."""
    label, _, metric = tag.partition(".")
    name = names_of([label], IN_FILES)[label]
    ours = (folder / f"run.{name}.{metric}.hgrm").read_text().splitlines()
    assert len(ours) == len(theirs.splitlines()) + 1
    for mine, other in zip(ours, theirs.splitlines(), strict=False):
        pairs = zip(mine.split(), other.split(), strict=True)
        for one, another in pairs:
            assert (
                one == another or abs(float(one.strip("],")) - float(another.strip("],"))) < 0.002
            )
