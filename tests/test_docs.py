"""README and docs are executed: commands and listings run, tables agree with the code, links lead on."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

import adapters
from adapters.base import Adapter, BaseAdapter, Request, Settings
from adapters.trace import POINTS
from harness.analysis.doubts.kinds import KINDS
from harness.analysis.doubts.trials import trial_doubts
from harness.analysis.summaries import summarised
from harness.cli import legacy, main, measuring
from harness.errors import UsageError
from harness.input.settings import VARIABLES, Defaults, from_environment
from harness.measure.contenders import Resolver
from harness.records.model import Doubt
from harness.report.answer import following
from harness.report.answer.columns import DROPPED, LEGEND
from harness.report.answer.facts import Facts
from harness.report.answer.warnings import warnings
from harness.scenario.scenario import Scenario
from servers.catalogue import NAMES
from servers.embedded.target import EmbeddedTarget
from tests import plugins
from tests.adapters import clients_page
from tests.cli import options_page
from tests.cli import test_doctor as doctor
from tests.examples import finished, trial, two_clients
from tests.report.answer.examples import QUIET
from tests.require import require
from tests.store import fields_page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
METHOD = (DOCS / "method.md").read_text("utf-8")
CLIENTS = (DOCS / "clients.md").read_text("utf-8")
ADAPTERS = (DOCS / "adapters.md").read_text("utf-8")
READING = (DOCS / "reading.md").read_text("utf-8")
VALIDITY = (DOCS / "validity.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(ROOT / "results").glob("README.md")])
# `make test` runs the commands of README, integration tests run those of the other pages.
EVERYDAY = [ROOT / "README.md"]
MOST_WORDS = 900  # of README
PROSE_COLUMNS, MOST_COLUMNS = 100, 200
# Shorter than anything a user would type; the commands themselves stay as they are printed.
SHORT = ("--duration", "0.3", "--rounds", "1", "--warmup", "0")
MEASURING = ("compare", "load", "run")


def listings(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def commands(pages: list[Path] = PAGES) -> list[list[str]]:
    """Every command in a ``sh`` listing, without the program's name; each of them once."""
    lines = [
        line
        for page in pages
        for listing in listings(page.read_text("utf-8"), "sh")
        for line in listing.splitlines()
    ]
    assert all(line.startswith("clientbench ") for line in lines)
    return [shlex.split(line)[1:] for line in dict.fromkeys(lines)]


def is_remote(words: list[str]) -> bool:
    return any(re.match(r"([\w.]+=)?https?://", word) for word in words)


def servers(words: list[str]) -> set[str]:
    """Those that have to be installed for a command."""
    named = {name for word in words for name in re.split("[=:]", word)}
    return named & {*NAMES} - {"embedded"}


LOCAL = [words for words in commands() if not is_remote(words) and not servers(words)]
OF_EVERYDAY = [words for words in LOCAL if words in commands(EVERYDAY)]
NEEDING = [words for words in commands() if servers(words)]
REMOTE = [words for words in commands() if is_remote(words)]


def stand_alone(listed: list[list[str]]) -> list[list[str]]:
    """Without those that need, or leave, the results of others."""
    return [
        words
        for words in listed
        if words[0] not in ("results", "report") and "--output" not in words
    ]


def shortened(words: list[str]) -> list[str]:
    """The same command, measuring for a moment only."""
    new = legacy.modernise(words)
    if new[0] == "doctor":
        return [*new, "--seconds", "0.5"]
    if new[0] not in MEASURING:
        return new
    kept: list[str] = []
    rest = iter(new)
    for word in rest:
        if word in SHORT[::2]:
            next(rest)
        else:
            kept.append(word)
    # recorded requests have times of their own
    timed = any(word.endswith((".log", ".har")) for word in new) and "--as-mixture" not in new
    return [*kept, *(SHORT[2:] if timed else SHORT)]


def reader_folder(empty: Path) -> Path:
    """Where a reader would be: with a ``results`` folder and the files that examples send or use."""
    (empty / "results").mkdir()
    (empty / "plots").mkdir()
    (empty / "order.json").write_text('{"article": 1}')
    (configuration,) = listings((DOCS / "targets.md").read_text("utf-8"), "nginx")
    (empty / "tuned.conf").write_text(configuration)
    recorded = (DOCS / "recorded.md").read_text("utf-8")
    for name, language in (("access.log", "text"), ("traffic.har", "json")):
        (traffic,) = listings(recorded, language)
        (empty / name).write_text(traffic)
    return empty


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return reader_folder(tmp_path)


def clientbench(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "harness", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_commands_of_every_kind() -> None:
    asked = {legacy.modernise(words)[0] for words in commands()}
    shown = {"presets", "report", "results", "targets"}
    assert asked == {"compare", "load", "run", "scenario", "clients", "doctor"} | shown
    assert REMOTE


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    stand_alone(OF_EVERYDAY),
    ids=lambda words: shlex.join(words)[:60],
)
def test_an_everyday_command_works(words: list[str], folder: Path) -> None:
    assert clientbench(folder, *shortened(words))


@pytest.mark.long
def test_the_commands_about_results_work_after_a_run(folder: Path) -> None:
    (words,) = (w for w in LOCAL if "--output" in w and w[-1].endswith(".md"))
    clientbench(folder, *shortened(words))
    assert "\n\n| client |" in (folder / words[-1]).read_text("utf-8")
    for words in (w for w in LOCAL if w[0] == "results"):
        shown = clientbench(folder, *words)
        assert "urllib3" in shown or words[1] == "list" or "'urllib3'" in words[-1]
    for words in (w for w in LOCAL if w[0] == "report"):
        assert clientbench(folder, *words)
    assert (folder / "report.html").exists() and [*(folder / "plots").glob("*.svg")]


def check_the_queries_of_readme(folder: Path) -> None:
    """Read, on 80 columns, the best, the costs, and a lead from run to run."""
    for clients in (("urllib3", "raw:sync"), ("raw:sync", "urllib3")):
        clientbench(folder, "compare", *clients, *SHORT[:2], "--rounds", "2")
    readme = [words for words in commands([ROOT / "README.md"]) if words[:2] == ["results", "sql"]]
    best, costs, lead = (rows(clientbench(folder, *words)) for words in readme)
    assert {row[0] for row in best} == {row[0] for row in costs} == {"urllib3", "raw:sync"}
    assert int(best[0][1]) >= int(best[1][1])
    assert float(costs[0][1]) <= float(costs[1][1])
    assert [len(row) for row in lead] == [3, 3]  # one for each run


def rows(shown: str) -> list[list[str]]:
    """The rows of a result of ``results sql``, as words; figures have at most three decimals."""
    headings, _, *lines = shown.splitlines()
    assert max(map(len, (headings, *lines))) <= 80
    assert not re.search(r"[0-9]\.[0-9]{3}", shown)
    return [line.split() for line in lines]


def test_after_the_first_commands_of_readme_its_recipes_work_as_copied(tmp_path: Path) -> None:
    first, *_ = listings((ROOT / "README.md").read_text("utf-8"), "console")
    make, activate = first.splitlines()
    assert make.startswith("$ make compare ")
    is_virtual = Path(sys.prefix, "bin", "activate").exists()  # as under make
    require(is_virtual, "the tests do not run in a virtual environment")
    (tmp_path / ".venv").symlink_to(sys.prefix)  # made by make
    typed = f"{activate.removeprefix('$ ')}\ncommand -v clientbench\nclientbench --version\n"
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", typed],
        cwd=tmp_path,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.splitlines()[0]).samefile(Path(sys.prefix, "bin", "clientbench"))


def test_the_lines_of_the_screen_are_those_that_the_program_prints() -> None:
    """Its warning and its commands; figures are those of the machine below the picture."""
    (screen,) = listings((ROOT / "README.md").read_text("utf-8"), "text")
    text = " ".join(screen.split())
    doubts = trial_doubts([trial("httpx:async", rate=1220)])
    (said,) = warnings(doubts, summarised(two_clients()))
    assert f"warning {said.kind}: {said.text}" in text
    shown = re.search(r"run (\w{8})\)", text)
    assert shown is not None
    record = replace(finished(two_clients()), id=shown[1])
    trust = Facts.of(record, two_clients()).trust
    for command in following.commands(record, trust, "clientbench", None):
        assert f"next {' '.join(following.pasted(command, 71)).replace('  ', ' ')} " in text
    best = r"result pycurl comes first, with .* Against requests: 4 better, 1 worse\."
    assert re.search(best, text)
    assert "trust good for differences above 5.4 %" in text


def environment_with_requests(folder: Path) -> None:
    """A virtual environment with a requests of its own, which differs from that of any other."""
    python = plugins.environment(folder, folder)
    (packages,) = (python.parent.parent / "lib").glob("python*/site-packages")
    (info,) = Path(requests.__file__).parents[1].glob("requests-*.dist-info")
    for part in (Path(requests.__file__).parent, info):
        shutil.copytree(part, packages / part.name)
    with (packages / "requests" / "__init__.py").open("a") as file:
        file.write(f"# {folder.name}\n")


def check_that_a_branch_is_compared_with_a_release(folder: Path) -> None:
    """Do what the pages say of it, whole."""
    for name in ("release", "branch"):
        environment_with_requests(folder / name)
    compared = [words for words in LOCAL if "requests@branch/bin/python" in words]
    (words,) = compared  # that of the recipes; README's needs a checkout and a package index
    clientbench(folder, *shortened(words))
    document = json.loads((folder / "branch.json").read_text("utf-8"))
    assert all("verdict" in one for one in document["comparisons"])


@pytest.mark.parametrize("words", REMOTE, ids=lambda words: shlex.join(words)[:60])
def test_a_command_that_needs_a_server_elsewhere_is_a_valid_scenario(
    words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    built: list[Scenario] = []

    def not_run(scenario: Scenario, *_: object) -> None:
        built.append(scenario)
        raise UsageError("built")

    monkeypatch.setattr(measuring, "run", not_run)
    main.run(words)
    assert built, capsys.readouterr().err
    assert built[0].url is not None


def urllib_adapter(folder: Path) -> Any:
    """The adapter that docs/adapters.md prints."""
    file = folder / "clientbench_urllib.py"
    (source,) = listings(ADAPTERS, "python")
    file.write_text(source)
    spec = importlib.util.spec_from_file_location("clientbench_urllib", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_adapter_of_the_docs_is_complete(folder: Path, http_target: EmbeddedTarget) -> None:
    (kind,) = urllib_adapter(folder).ADAPTERS
    assert issubclass(kind, Adapter)
    adapter = kind(Settings(timeout_s=5))
    adapter.open()
    try:
        url = http_target.base_url
        assert adapter.send(Request("GET", f"{url}/bytes/1000")) == (200, 1000)
        assert adapter.send(Request("GET", f"{url}/status/404"))[0] == 404
        assert adapter.send(Request("GET", f"{url}/redirect/1"))[0] == 302
        body = Request("POST", f"{url}/post", {"Content-Type": "text/plain"}, b"hello")
        assert adapter.send(body)[0] == 200
        with pytest.raises(OSError) as failure:
            adapter.send(Request("GET", "http://127.0.0.1:1/"))
        assert adapter.classify(failure.value) == "connect"
    finally:
        adapter.close()


def test_the_table_of_environment_variables_is_that_of_the_code() -> None:
    page = (DOCS / "environment.md").read_text("utf-8")
    rows = re.findall(r"^\| `(HTTP_BENCHMARK_\w+)` \| (\S*) ?\|", page, re.MULTILINE)
    assert [name for name, _ in rows] == list(VARIABLES.values())
    defaults = from_environment({})
    assert defaults == Defaults()
    printed = dict(rows)
    assert printed[VARIABLES["concurrency"]] == str(defaults.concurrency)
    assert printed[VARIABLES["duration"]] == f"{defaults.duration_s:g}"
    assert printed[VARIABLES["max_concurrency"]] == str(defaults.max_concurrency)
    assert printed[VARIABLES["database"]] == ""
    assert printed[VARIABLES["sampling_interval"]] == f"{defaults.sampling_interval_s:g}"


def test_the_page_of_options_is_that_of_the_commands() -> None:
    """Else: python -m tests.cli.options_page."""
    assert options_page.parts(options_page.PAGE.read_text("utf-8"))[1] == options_page.made()


def test_the_page_of_options_has_all_that_help_shows(folder: Path) -> None:
    for command in ("compare", "load", "targets up", "results sql"):
        help_ = clientbench(folder, *command.split(), "--help")
        shown = re.findall(r"^ {2}(--[a-z][a-z-]*)", help_, re.MULTILINE)
        assert set(shown) - {"--help"} <= options_page.flags(command)
        assert len(shown) > 1


def test_load_has_all_options_of_compare_but_those_that_compare() -> None:
    assert options_page.flags("load") == {
        *options_page.flags("compare"),
        "--client",
        "--normalize",
    } - {
        *("--baseline", "--matrix", "--url", "--quick", "--thorough"),
        *("--precision", "--metric", "--budget"),
    }


def test_no_page_names_an_option_that_is_not_there() -> None:
    known = {flag for name, _ in options_page.commands() for flag in options_page.flags(name)}
    known |= legacy.FLAGS
    for page in PAGES:
        named = re.findall(r"`(--[a-z][a-z-]*)", page.read_text("utf-8"))
        assert set(named) <= known | {"--help"}, page.name


def classes(name: str) -> tuple[type[BaseAdapter], ...]:
    module, _ = adapters.BUILTIN[name]
    loaded: tuple[type[BaseAdapter], ...] = importlib.import_module(module).ADAPTERS
    return loaded


def missing(name: str) -> bool:
    """Whether this is the extra that needs a Rust toolchain, and it is not here."""
    return name == "requestx" and importlib.util.find_spec("requestx") is None


def unequal_lines(name: str) -> Iterator[str]:
    modes = classes(name)
    sentences = dict.fromkeys(sentence for kind in modes for sentence in kind.unequal)
    for sentence in sentences:
        having = [kind.mode for kind in modes if sentence in kind.unequal]
        only = "" if len(having) == len(modes) else f" ({', '.join(having)})"
        yield f"* **{name}**{only}: {sentence}"


def test_the_unequal_settings_of_the_docs_are_those_of_the_adapters() -> None:
    section = METHOD.partition("<!-- unequal:")[2].partition("<!-- unequal: end")[0]
    lines = re.findall(r"^\* .*", section.replace("\n  ", " "), re.MULTILINE)
    present = [name for name in adapters.BUILTIN if not missing(name)]
    printed = [line for line in lines if re.findall(r"\*\*(\w+)\*\*", line)[0] in present]
    assert printed == [line for name in present for line in unequal_lines(name)]


def test_the_table_of_clients_is_that_of_the_adapters() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|(.*?)\|", CLIENTS, re.M)
    assert [row[0] for row in rows] == list(adapters.BUILTIN)
    for name, modes, session, stream, unequal in rows:
        if missing(name):
            continue
        kinds = classes(name)
        assert modes == ", ".join(kind.mode for kind in kinds), name
        assert {session} == {
            {"process": "shared", "slot": "per slot"}[kind.session_scope] for kind in kinds
        }, name
        assert {stream} == {"yes" if kind.can_stream else "no" for kind in kinds}, name
        assert (unequal.strip() == "yes") == any(kind.unequal for kind in kinds), name
        assert all(kind.http_versions == ("1.1",) for kind in kinds), name


def test_the_table_of_all_clients_is_that_of_the_adapters() -> None:
    table, _, left_out = clients_page.made(ADAPTERS)
    assert table == clients_page.block(clients_page.table())
    assert left_out == clients_page.block(clients_page.left_out())


def test_the_differences_of_the_clients_that_are_here_are_those_of_the_adapters(
    resolver: Resolver,
) -> None:
    listed = clients_page.items(clients_page.made(ADAPTERS)[1])
    for name in adapters.BUILTIN:
        if not missing(name):
            found = clients_page.differences(name, clients_page.capabilities(resolver, name))
            assert listed.get(name, []) == found


def test_the_table_of_points_is_that_of_the_adapters() -> None:
    table = CLIENTS.partition("<!-- points:")[2].partition("\n*")[0]
    rows = {
        name: (tuple(held.split()), set(hidden.split()))
        for name, held, hidden in re.findall(r"^\| \*\*(\w+)\*\* \| (.*?) \|(.*?)\|", table, re.M)
    }
    never = {"Got100Continue", "Wait100Continue"}
    for name in adapters.BUILTIN:
        for kind in () if missing(name) else classes(name):
            shown = set(kind.trace_points)
            expected = (kind.hold_points, set(POINTS) - shown - never) if shown else None
            assert rows.get(name) == expected, name


def kinds_of_warnings() -> set[str]:
    """The first argument of every ``Doubt`` in the code, also where a constant names it."""
    kinds = set()
    made_elsewhere = ROOT / "harness" / "measure" / "experiment.py"
    for module in (*(ROOT / "harness" / "analysis" / "doubts").glob("*.py"), made_elsewhere):
        tree = ast.parse(module.read_text("utf-8"))
        constants = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Doubt":
                kind = node.args[0]
                kinds.add(kind.value if isinstance(kind, ast.Constant) else constants[kind.id])
    return kinds


def test_every_warning_has_an_anchor_that_explains_it() -> None:
    section = VALIDITY.partition("\n## Warnings\n")[2].partition("\n## ")[0]
    _, *parts = re.split(r"^### ", section, flags=re.MULTILINE)
    titles = [part.partition("\n")[0] for part in parts]
    assert titles == list(KINDS)
    assert set(titles) == kinds_of_warnings()
    for title, part in zip(titles, parts, strict=True):
        assert part.startswith(f"{title}\n\n*{KINDS[title].severity.capitalize()}.*\n"), title
        assert title.replace(" ", "-") in anchors(DOCS / "validity.md")
        assert "**Why it matters:** " in part, title
        assert "**What to do:** " in part, title


def test_the_order_in_which_columns_are_left_out_is_that_of_the_code() -> None:
    listed = READING.partition("in this order: ")[2].partition(".\n")[0]
    assert tuple(" ".join(listed.split()).split(", ")) == DROPPED


def test_pages_show_the_screen_with_all_its_lines() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (screen,) = listings(readme, "text")
    assert screen in listings(READING, "text")
    assert LEGEND in screen
    starts = [line.partition(" ")[0] for line in screen.splitlines()]
    shown = [
        start for start in starts if start in {"result", "trust", "warning", "next", "results"}
    ]
    assert list(dict.fromkeys(shown)) == ["result", "trust", "warning", "next", "results"]
    assert max(map(len, screen.splitlines())) <= 80
    assert len(starts) <= 24


def test_every_beginning_of_the_line_of_trust_is_explained() -> None:
    rows = re.findall(r"^\| (.*?): ?… \||^\| (good for differences above) ", READING, re.MULTILINE)
    explained = {first or second for first, second in rows}
    record = finished(two_clients())
    watched = replace(record, other_load=QUIET)
    grave = next(kind for kind, known in KINDS.items() if known.severity == "grave")
    states = (
        replace(record, doubts=(Doubt(grave, "run", "it is wrong", "repeat it"),)),
        replace(record, state="interrupted"),
        replace(record, other_load=None),
        replace(watched, doubts=(Doubt("errors", "requests", "3 failed", "fix it"),)),
        watched,
    )
    for state in states:
        told = Facts.of(state, two_clients()).trust_line()
        assert any(told.startswith(beginning) for beginning in explained), told
    assert len(explained) == len(states)


def test_every_finding_of_the_doctor_is_explained() -> None:
    page = (DOCS / "doctor.md").read_text("utf-8")
    section = page.partition("\n## Findings\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^### (.*)", section, re.MULTILINE)) == doctor.ALWAYS


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= MOST_WORDS


def without_generated(page: Path) -> str:
    """The text of a page, without the parts that programs write from the code."""
    text = page.read_text("utf-8")
    if page == options_page.PAGE:
        before, _, after = options_page.parts(text)
        text = before + after
    if page == fields_page.PAGE:
        for source in fields_page.TABLES:
            before, _, after = fields_page.parts(text, source)
            text = before + after
    if page == clients_page.PAGE:
        text = "".join(clients_page.parts(text))
    return text


def kind_of_line(line: str) -> str:
    return "table" if line.startswith("|") else "prose"


def lines_by_kind(text: str) -> Iterator[tuple[str, str]]:
    """Every line of a page, and whether it is ``prose``, of a ``table``, or of a ``listing``."""
    listed = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            listed = not listed
        yield "listing" if listed else kind_of_line(line), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_are_short(page: Path) -> None:
    for kind, line in lines_by_kind(without_generated(page)):
        assert len(line) <= (PROSE_COLUMNS if kind == "prose" else MOST_COLUMNS), line
    assert all(len(line) <= MOST_COLUMNS for line in page.read_text("utf-8").splitlines())


def test_modules_that_the_architecture_names_exist() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    files = [f"/{path.relative_to(ROOT)}" for path in ROOT.glob("[a-z]*/**/*.py")]
    named = set(re.findall(r"`([a-z_0-9/]+\.py)`", text))
    assert {one for one in named if not any(file.endswith(f"/{one}") for file in files)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_there_is_one_blank_line_between_paragraphs(page: Path) -> None:
    lines = [line if kind != "listing" else "." for kind, line in lines_by_kind(page.read_text())]
    doubled = [number for number, two in enumerate(pairwise(lines), 1) if two == ("", "")]
    assert doubled == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_sentence_begins_like_a_fragment(page: Path) -> None:
    lines = [line for kind, line in lines_by_kind(without_generated(page)) if kind != "listing"]
    text = re.sub(r"\n(?=[^\n*|#])", " ", "\n".join(lines))
    found = re.findall(r"(?:^|[.:;!?] +|^[*|#]+ +)((?:Of|What|Whether) .{20})", text, re.MULTILINE)
    assert found == []


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def workflows(page: str) -> list[Any]:
    """The parts of workflow files on a page, as a CI service reads them."""
    texts = listings((DOCS / page).read_text("utf-8"), "yaml")
    return [yaml.safe_load(textwrap.dedent(text)) for text in texts]


def test_a_job_that_fails_keeps_its_database() -> None:
    """By itself neither service keeps the cache or the artifacts of one."""
    (restored, *_, saved), gitlab, _ = workflows("trend.md")
    assert "if" not in restored and saved["if"] == "always()"
    assert saved["with"].items() <= restored["with"].items()
    assert restored["with"]["key"].startswith(restored["with"]["restore-keys"])
    assert gitlab["cache"]["when"] == "always"
    github, gitlab, *charts = workflows("gate.md")
    (*_, uploaded) = github["jobs"]["speed"]["steps"]
    assert uploaded["if"] == "always()"
    assert gitlab["speed"]["artifacts"]["when"] == "always"
    assert [steps[-1]["if"] for steps in charts] == ["always()", "always()"]


def test_the_index_names_every_page_of_the_site_in_its_order() -> None:
    configuration = (ROOT / "mkdocs.yml").read_text("utf-8")
    nav = re.findall(r"^ +- ([a-z]+\.md)$", configuration, re.MULTILINE)
    index = (DOCS / "index.md").read_text("utf-8")
    assert re.findall(r"^\* \[.*?\]\(([a-z]+\.md)\)", index, re.MULTILINE) == nav


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_knows_the_machine_it_was_written_on(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"(?<![\w.])/(?:root|home|work|tmp)/", text)
    assert str(ROOT) not in text


def test_the_make_targets_that_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^\$ |`)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE))
        assert named <= targets, page.name


def test_a_second_call_of_make_sets_nothing_up_again(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    os.utime(tmp_path / "pyproject.toml", (1, 1))
    for order, name in enumerate(("bin/python", ".runtime", ".dev"), start=2):
        file = tmp_path / ".venv" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (order, order))

    def steps(target: str) -> list[str]:
        command = ["make", "--no-print-directory", "-n", target]
        # make hands its own variables down to the tests it runs
        inherited = ("MAKE", "MFLAGS", "PYTHON", "VENV", "ARGS", "PYTEST_ARGS")
        environ = {k: v for k, v in os.environ.items() if not k.startswith(inherited)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
        )
        return textwrap.dedent(done.stdout).splitlines()

    assert [step.split()[0] for step in steps("compare")] == [".venv/bin/clientbench"]
    assert [step.split()[:3] for step in steps("test")] == [[".venv/bin/python", "-m", "pytest"]]
    (tmp_path / "pyproject.toml").touch()
    assert any("pip install" in step for step in steps("compare"))
