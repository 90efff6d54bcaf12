"""Environment variables and the numbers users write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.input.settings import VARIABLES, Defaults, database_path, from_environment
from harness.scenario.numbers import seconds, whole_number


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    assert from_environment({"PATH": "/bin"}) == Defaults(
        concurrency=10,
        duration_s=30.0,
        compare_duration_s=None,
        max_concurrency=10_000,
        database=None,
        sampling_interval_s=0.1,
    )


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("HTTP_BENCHMARK_DEFAULT_CONCURRENCY", "64", "concurrency", 64),
        ("HTTP_BENCHMARK_DEFAULT_DURATION_SECONDS", "2.5", "duration_s", 2.5),
        ("HTTP_BENCHMARK_DEFAULT_DURATION_SECONDS", "60", "compare_duration_s", 60.0),
        ("HTTP_BENCHMARK_MAX_CONCURRENCY", "20000", "max_concurrency", 20_000),
        ("HTTP_BENCHMARK_SQLITE_DB_PATH", "/data/x.db", "database", Path("/data/x.db")),
        ("HTTP_BENCHMARK_RESOURCE_MONITORING_INTERVAL", "0.5", "sampling_interval_s", 0.5),
    ],
)
def test_each_variable_is_read(variable: str, text: str, field: str, value: object) -> None:
    assert getattr(from_environment({variable: text}), field) == value


def test_a_maximum_below_ten_lowers_the_default_concurrency() -> None:
    assert from_environment({VARIABLES["max_concurrency"]: "4"}).concurrency == 4


def test_a_default_above_the_maximum_is_refused_naming_both() -> None:
    environ = {VARIABLES["max_concurrency"]: "4", VARIABLES["concurrency"]: "5"}
    with pytest.raises(UsageError, match=r"DEFAULT_CONCURRENCY: '5' .*MAX_CONCURRENCY=4"):
        from_environment(environ)


NUMBERS = sorted(set(VARIABLES.values()) - {VARIABLES["database"]})


@pytest.mark.parametrize("variable", NUMBERS)
@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "-1", "nan", "NaN", "inf", "-inf", "1e999", "ten", "1_0", "٣", "9" * 5000],
)
def test_bad_numbers_are_refused_naming_variable_and_value(variable: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_environment({variable: text})
    message = str(caught.value)
    assert message.startswith(f"{variable}: ")
    assert repr(text[:20])[:-1] in message or "***" in message
    assert "expected" in message


@pytest.mark.parametrize("text", ["", "  ", "a\0b"])
def test_a_path_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"HTTP_BENCHMARK_SQLITE_DB_PATH: .*path of a database"):
        from_environment({"HTTP_BENCHMARK_SQLITE_DB_PATH": text})
    with pytest.raises(UsageError, match=r"database: .*path of a database"):
        database_path(text, Defaults(), Path())


def test_the_database_is_looked_for_in_the_documented_order(tmp_path: Path) -> None:
    from_variable = Defaults(database=Path("env.db"))
    assert database_path("flag.db", from_variable, tmp_path) == tmp_path / "flag.db"
    assert database_path(None, from_variable, tmp_path) == tmp_path / "env.db"
    assert database_path(None, Defaults(), tmp_path) == tmp_path / "benchmark_results.db"
    (tmp_path / "results").mkdir()
    assert database_path(None, Defaults(), tmp_path) == tmp_path / "results/benchmark_results.db"
    assert database_path("/elsewhere/x.db", Defaults(), tmp_path) == Path("/elsewhere/x.db")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10", 10),
        ("10s", 10),
        ("500ms", 0.5),
        ("2m", 120),
        ("1h", 3600),
        (".5", 0.5),
        (1e-3, 0.001),
        ("1.5 S", 1.5),
        (7, 7),
        ("1e2", 100),
    ],
)
def test_durations_are_read_in_their_units(text: str | float, expected: float) -> None:
    assert seconds("--duration", text, 0.001, 3600) == pytest.approx(expected)


@given(st.floats(min_value=0.001, max_value=3600))
def test_seconds_round_trip(number: float) -> None:
    assert seconds("--duration", str(number), 0.001, 3600) == number


@given(st.text() | st.floats() | st.integers())
def test_any_value_is_a_number_in_range_or_a_one_line_usage_error(value: str | float) -> None:
    for read in (
        lambda: seconds("--x", value, 0.5, 20),
        lambda: whole_number("--x", value, 1, 20),  # type: ignore[arg-type]
    ):
        try:
            assert 0.5 <= read() <= 20
        except UsageError as error:
            assert len(str(error).splitlines()) == 1


@given(st.dictionaries(st.sampled_from(sorted(VARIABLES.values())), st.text()))
def test_any_environment_gives_defaults_or_a_one_line_usage_error(environ: dict[str, str]) -> None:
    try:
        defaults = from_environment(environ)
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert 1 <= defaults.concurrency <= defaults.max_concurrency


@pytest.mark.parametrize(
    "module", ["harness.scenario.selector", "harness.input.settings", "harness.cli.legacy"]
)
def test_what_help_needs_is_imported_without_heavy_libraries(module: str) -> None:
    code = (
        f"import sys, {module}; "
        "print({'pydantic', 'typer', 'rich', 'numpy', 'sqlite_utils'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
