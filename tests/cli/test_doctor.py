"""``clientbench doctor`` on this very machine."""

from __future__ import annotations

from pathlib import Path

from harness.records.finding import STATES
from tests.cli.command import clientbench

SHORT = ("doctor", "--seconds", "0.5")
# Findings that exist on any machine.
ALWAYS = {
    *("cores", "CPU quota", "hardware threads", "frequency governor", "turbo"),
    *("load average", "other processes", "virtualisation", "steal time", "open files"),
    *("ephemeral ports", "transparent huge pages", "clock", "sleeping", "autogroup"),
    *("docker", "clients", "client packages", "accelerators"),
}


def test_every_finding_is_told_the_harmful_ones_first(tmp_path: Path) -> None:
    ended = clientbench(*SHORT, cwd=tmp_path, environ={"COLUMNS": "80"})
    assert ended.code == 0, ended.err
    assert ended.err == "watching this machine for 0.5 s …\n"
    assert [name for name in sorted(ALWAYS) if name not in ended.out] == []
    headings = [line for line in ended.out.splitlines() if line and not line.startswith(" ")]
    known = ["HARMFUL to measurements", "worth knowing", "good", "not known here"]
    assert headings == [heading for heading in known if heading in headings]
    assert [line for line in ended.out.splitlines() if len(line) > 80] == []


def test_as_json_it_is_a_list_of_findings(tmp_path: Path) -> None:
    findings = clientbench(*SHORT, "--json", cwd=tmp_path).json["findings"]
    assert {finding["name"] for finding in findings} == ALWAYS
    states = [finding["state"] for finding in findings]
    assert states == sorted(states, key=STATES.index)
    for finding in findings:
        assert set(finding) == {"name", "state", "seen", "effect", "remedy"}
        assert (finding["remedy"] is None) == (finding["state"] in {"good", "unknown"}), finding
        assert finding["seen"] and finding["effect"]


def test_bad_usage_is_refused(tmp_path: Path) -> None:
    for words in (["--seconds", "0"], ["--seconds", "soon"], ["today"]):
        ended = clientbench("doctor", *words, cwd=tmp_path)
        assert ended.code == 2
        assert ended.err.count("\n") == 1
