"""Errors name fields; only the input layer knows how each was typed."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import errors
from harness.clients.bundle import Bundle
from harness.errors import ClientbenchError, StoreError, UnusableError, UsageError, within
from harness.input.options import Options
from harness.input.presets import PRESETS
from harness.input.scenario_input import build
from harness.input.settings import VARIABLES, Defaults
from harness.input.spelling import FLAGS, Spelling
from harness.measure.contenders import Resolver
from harness.scenario.competitors import Competitor
from harness.scenario.factors import CLIENT, FACTORS
from harness.scenario.scenario import Scenario
from harness.scenario.selector import parse
from harness.store import Keeper

ROOT = Path(__file__).resolve().parent.parent.parent


def competitor(client: str) -> Competitor:
    return Competitor(label=client, client=parse(client), method="GET", body_bytes=0, concurrency=1)


def scenario(*clients: str, **changes: object) -> Scenario:
    return Scenario(
        competitors=tuple(map(competitor, clients)),
        axis="client",
        baseline=clients[0],
        duration_s=1.0,
        seed=1,
        **changes,  # type: ignore[arg-type]
    )


def raised(error: pytest.ExceptionInfo[ClientbenchError]) -> tuple[tuple[str, ...], str]:
    return error.value.fields, str(error.value)


# -- fields --------------------------------------------------------------------------------------


def test_an_error_says_field_and_problem_apart() -> None:
    error = UsageError("both end a trial", "duration", "requests")
    assert (error.fields, error.problem) == (("duration", "requests"), "both end a trial")
    assert str(error) == "duration, requests: both end a trial"
    assert error.told(Spelling((), {})) == "--duration, --requests: both end a trial"


def test_an_error_without_a_field_is_its_problem() -> None:
    assert str(UnusableError("the target has ended")) == "the target has ended"


def test_the_place_of_a_competitor_is_in_front_of_its_fields() -> None:
    with pytest.raises(UsageError) as error, within("competitors[1]"):
        parse("requests:fast")
    assert raised(error) == (
        ("competitors[1].client.mode",),
        "competitors[1].client.mode: 'fast' is not valid; expected sync or async",
    )


def test_who_uses_the_domain_directly_sees_its_fields(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        scenario("requests", requests=3)
    assert refused.value.fields == ("duration", "requests")
    with Bundle() as bundle, pytest.raises(UsageError) as unknown:
        Resolver(bundle).check(scenario("requests", "curl"))
    assert unknown.value.fields == ("competitors[1].client",)
    said = str(unknown.value)
    assert said.startswith(
        "competitors[1].client: 'curl' is unknown; did you mean pycurl or curl_cffi? `clientbench"
    )
    with pytest.raises(StoreError) as nowhere:
        Keeper(tmp_path / "no" / "x.db", print).check()
    assert str(nowhere.value).startswith(f"database {str(tmp_path / 'no' / 'x.db')!r}: there is no")


def test_a_client_that_was_typed_badly_is_the_competitor_of_its_number() -> None:
    options = Options(clients=("requests", "httpx:fast"))
    with pytest.raises(UsageError) as error:
        build(options, Defaults())
    assert error.value.fields == ("competitors[1].client.mode",)


# -- how they were typed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "words", "environ", "called"),
    [
        ("database", (), {}, "--db"),
        ("database", (), {"HTTP_BENCHMARK_SQLITE_DB_PATH": "x"}, "HTTP_BENCHMARK_SQLITE_DB_PATH"),
        ("database", ("--db", "y"), {"HTTP_BENCHMARK_SQLITE_DB_PATH": "x"}, "--db"),
        ("database", ("--db=y",), {"HTTP_BENCHMARK_SQLITE_DB_PATH": "x"}, "--db"),
        ("competitors[3].concurrency", ("--max-in-flight", "9"), {}, "--max-in-flight"),
        ("concurrency", (), {VARIABLES["concurrency"]: "9"}, VARIABLES["concurrency"]),
        ("concurrency", ("--preset", "spike"), {VARIABLES["concurrency"]: "9"}, "--preset"),
        ("competitors[12].client.mode", (), {}, "client mode"),
        ("client", (), {}, "client"),
        ("verify", (), {}, "--insecure"),
        ("file", (), {}, "FILE"),
        (VARIABLES["max_concurrency"], (), {}, VARIABLES["max_concurrency"]),
    ],
)
def test_a_flag_counts_before_a_variable(
    field: str, words: tuple[str, ...], environ: dict[str, str], called: str
) -> None:
    assert Spelling(words, environ)(field) == called


def test_every_field_that_is_typed_has_its_option() -> None:
    fields = {field.name for field in dataclasses.fields(Options)} - {"levels", "file"}
    assert (fields | {*FACTORS}) - {*FLAGS} == {"command", "clients", CLIENT.name}


# -- nobody else knows -----------------------------------------------------------------------------

A_FLAG = re.compile(r"(?<![\w-])--[a-z]")
# uv and git are called from here, each option of theirs being a literal of its own
CALLS_OTHERS = ("harness/clients/environments/", "harness/machine/provenance.py")
AN_ARGUMENT = re.compile(r"--[a-z-]+(=[a-z]*)?")
EXCEPTIONS = {
    # options of other programs
    "harness/clients/contamination.py": "pip install --force-reinstall",
    "harness/clients/environments/lock.py": "--hash=",  # of lines that uv writes
    "harness/doctor/machine.py": "docker run without --cpus",
    "harness/measure/standing_targets.py": "--standing",  # of servers.host, which this starts
    # the measured process imports nothing but the worker, so it cannot ask
    "harness/worker/memory.py": "(see --max-body)",
}


def texts(path: Path) -> Iterator[str]:
    """All literals but docstrings."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            yield str(node.value)


def is_of_another_program(path: str, text: str) -> bool:
    return path.startswith(CALLS_OTHERS) and bool(AN_ARGUMENT.fullmatch(text))


def test_no_other_part_of_the_harness_writes_an_option() -> None:
    paths = [path.relative_to(ROOT) for path in sorted((ROOT / "harness").rglob("*.py"))]
    found = {
        str(path): text
        for path in paths
        if path.parts[1] not in ("input", "cli", "option_names.py")
        for text in texts(ROOT / path)
        if A_FLAG.search(text) and not is_of_another_program(str(path), text)
    }
    assert {*found} == {*EXCEPTIONS}, found
    assert all(EXCEPTIONS[name] in text for name, text in found.items()), found


def test_advice_is_about_options_that_there_are() -> None:
    calls = [
        node
        for path in sorted((ROOT / "harness").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "option"
    ]
    named = {one.args[0].value for one in calls if isinstance(one.args[0], ast.Constant)}
    presets = {field for preset in PRESETS.values() for field in preset.parameters}
    assert len(named) > 20
    assert (named | presets) - {*FLAGS} == set()


# No problem begins with its subject, which is a field of its own.
A_SUBJECT = re.compile(r"[A-Za-z][\w, -]*: ")
ERRORS = {name for name in errors.__all__ if name.endswith("Error")}
NO_FIELDS = {"self-test: ", "working folder: "}  # nobody has typed these


def beginning(node: ast.expr) -> str:
    """The text that a message begins with, as far as it is written there."""
    if isinstance(node, ast.JoinedStr):
        return beginning(node.values[0])
    return str(node.value) if isinstance(node, ast.Constant) else ""


def problems() -> Iterator[tuple[str, str]]:
    """File and beginning of the problem of each error that is made in the harness."""
    for path in sorted((ROOT / "harness").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ERRORS and node.args:
                yield str(path.relative_to(ROOT)), beginning(node.args[0])


def test_no_problem_begins_with_what_it_is_about() -> None:
    found = {text for _, text in problems() if A_SUBJECT.match(text)}
    assert found == NO_FIELDS
