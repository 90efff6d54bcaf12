"""A gate's file: every rule as it is meant, every mistake in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.input.gate_input import RuleError, gate, rule

RULES = '[gate.thresholds]\n"*" = ["p99 < 20 ms"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clientbench.toml"


@pytest.mark.parametrize(
    ("text", "metric", "limit", "relative"),
    [
        ("cpu_per_request <= 1.05 of baseline", "cpu_per_request", 1.05, True),
        ("cpu-per-request<=105% of baseline", "cpu_per_request", 1.05, True),
        ("CPU per request  <=  105 %  of  baseline", "cpu_per_request", 1.05, True),
        ("throughput >= 0.95 of baseline", "throughput", 0.95, True),
        ("throughput >= 5,000 /s", "throughput", 5000, False),
        ("throughput >= 5_000 req/s", "throughput", 5000, False),
        ("throughput > 1e4", "throughput", 1e4, False),
        ("throughput > 1,234,567.5", "throughput", 1234567.5, False),
        ("p99 < 1e3us", "p99", 1e6, False),
        ("p99 < 20 ms", "p99", 20e6, False),
        ("p50 <= 250 µs", "p50", 250e3, False),
        ("p50 <= 250 \N{GREEK SMALL LETTER MU}s", "p50", 250e3, False),
        ("p50 <= 250us", "p50", 250e3, False),
        ("peak_memory <= 60 MB", "peak_memory", 60e6, False),
        ("peak memory <= 64 MiB", "peak_memory", 64 * 2**20, False),
        ("error_rate < 0.1 %", "error_rate", 0.001, False),
        ("error-rate < 0.001", "error_rate", 0.001, False),
    ],
)
def test_a_rule(text: str, metric: str, limit: float, relative: bool) -> None:
    found = rule("*", text)
    assert (found.metric, found.limit, found.relative) == (metric, pytest.approx(limit), relative)
    assert found.text == " ".join(text.split())


@pytest.mark.parametrize(
    "number",
    ["1_0", "1,0", "1,5", "1__000", "1,00,0", "1,000_000", "1000,000", "1_", "_1", "nan", "inf"],
)
def test_a_number_that_could_mean_another_is_no_rule(number: str) -> None:
    with pytest.raises(RuleError, match="is not a rule; expected"):
        rule("*", f"p99 < {number} ms")


def test_a_file(file: Path) -> None:
    file.write_text(
        '[gate]\nunclear = "fail"\nbudget = "2m"\nagainst = "history"\n[gate.thresholds]\n'
        'head = "p99 < 20 ms"\n"*" = ["error_rate < 0.1 %", "p50 < 1 ms"]\n'
    )
    found = gate(str(file))
    assert (found.unclear, found.budget_s, found.against) == ("fail", 120.0, "history")
    assert [(one.pattern, one.metric) for one in found.rules] == [
        ("head", "p99"),
        ("*", "error_rate"),
        ("*", "p50"),
    ]


def test_what_is_not_said_is_measured_until_it_is_decided(file: Path) -> None:
    file.write_text(RULES)
    found = gate(str(file))
    assert (found.unclear, found.budget_s, found.against) == ("measure", 180.0, "baseline")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", r"has no \[gate\]; it is empty"),
        ("[tool.x]\ny = 1", r"has no \[gate\]; it has \[tool\]"),
        ("[gate]", r"has no rules; expected \[gate.thresholds\]"),
        ("[gate]\nthresholds = []", "has no rules"),
        (f'[gate]\nunclaer = "fail"\n{RULES}', "has 'unclaer' in .*did you mean unclear"),
        (f'[gate]\nunclear = "warm"\n{RULES}', "unclear = 'warm'; did you mean warn"),
        (f"[gate]\nunclear = true\n{RULES}", "unclear = 'True'; expected measure, warn, fail"),
        (f'[gate]\nagainst = "x"\n{RULES}', "against = 'x'; expected baseline, history"),
        (f'[gate]\nbudget = "soon"\n{RULES}', "budget: 'soon' is not valid"),
        (f"[gate]\nbudget = 0\n{RULES}", "budget: '0' is not valid"),
        ("[gate.thresholds]\nx = []", "'x' has no list of rules"),
        ("[gate.thresholds]\nx = 3", "'x' has no list of rules"),
        ("[gate.thresholds]\nx = [3]", "'x': '3' is not a rule"),
        ("{", "cannot be read"),
        ("[gate.thresholds]\nx = ['p99 < 20 ms'", "cannot be read"),
        ("\0", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong(text: str, expected: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(UsageError, match=expected) as caught:
        gate(str(file))
    assert str(caught.value).startswith("gate: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p99 < 20", "has no unit; expected ns, us, µs, ms, s"),
        ("p99 < 20 MB", "has the unit 'MB'; expected ns"),
        ("p98 < 20 ms", "names no metric; did you mean p99"),
        ("p99", "is not a rule"),
        ("p99 < ms", "is not a rule"),
        ("20 ms > p99", "is not a rule"),
        ("p99 < 20 ms and p50 < 3 ms", "is not a rule"),
        ("p99 == 20 ms", "expected <, <=, > or >="),
        ("p99 != 20 ms", "expected <, <=, > or >="),
        ("p99 = 20 ms", "expected <, <=, > or >="),
        ("p99 < -20 ms", "expected a number above 0"),
        ("p99 < 0 ms", "expected a number above 0"),
        ("p99 < 1e999 ms", "expected a number above 0"),
        ("p99 < 20 ms of baseline", "has the unit 'ms'; expected %"),
        ("p99 <= 1.05 of head", "is relative to 'head'; expected 'of baseline'"),
        ("error_rate <= 1.05 of baseline", "error rates have no ratio"),
        ("error_rate <= 0 %", "no number of requests shows that"),
        ("error_rate < 100 %", "no number of requests shows that"),
        ("error_rate > 1 %", "demands errors; expected < or <="),
    ],
)
def test_a_rule_that_is_wrong(text: str, expected: str, file: Path) -> None:
    file.write_text(f'[gate.thresholds]\nhead = ["{text}"]\n')
    with pytest.raises(UsageError, match=expected) as caught:
        gate(str(file))
    assert "'head': " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no file; expected a TOML file"):
        gate(str(tmp_path / "none.toml"))
    with pytest.raises(UsageError, match="is no file"):
        gate(str(tmp_path))


def test_a_file_that_is_not_text(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        gate(str(file))


def test_too_many_rules(file: Path) -> None:
    rules = '"p99 < 20 ms", ' * 1001
    file.write_text(f"[gate.thresholds]\nx = [{rules}]")
    with pytest.raises(UsageError, match="more than 1,000 rules"):
        gate(str(file))
