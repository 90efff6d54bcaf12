"""The registry of factors is what options, labels, database, files and messages agree with."""

from __future__ import annotations

import csv
import io
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.input.spelling import FLAGS
from harness.records.fields import COLUMNS
from harness.report.csv_file import to_csv
from harness.report.json_document import document
from harness.scenario.factors import CLIENT, FACTORS, Factor, crossing
from harness.scenario.scenario import Scenario
from tests.cli.command import clientbench
from tests.examples import finished, two_clients

MODES: dict[str, Any] = {"requests": ("sync",), "httpx": ("sync", "async")}
# Two values of each as they are typed, and what labels say of them.
VALUES = {
    "client": (("requests", "httpx"), ("requests", "httpx:sync")),
    "target": (("nginx", "nginx-static"), ("nginx", "nginx-static")),
    "runtime": (("native", "docker-host"), ("native", "docker-host")),
    "instances": (("1", "3"), ("1 instance", "3 instances")),
    "tls": (("http", "https"), ("http", "https")),
    "method": (("get", "PUT"), ("GET", "PUT")),
    "body_size": (("10", "64k"), ("10 B", "64 KiB")),
    "connection": (("keep-alive", "close"), ("keep-alive", "close")),
    "concurrency": (("1", "16"), ("c=1", "c=16")),
}


def test_every_factor_has_its_example() -> None:
    assert {*VALUES} == {*FACTORS}


def scenario(factor: Factor, *clients: str) -> Scenario:
    typed, _ = VALUES[factor.name]
    named = {"clients": typed} if factor is CLIENT else {"clients": clients, factor.name: typed}
    needed = {"method": ("POST",)} if factor.name == "body_size" else {}
    target = {"target": ("nginx",)} if factor.name == "instances" else {}
    return build(Options.of(**named, **needed, **target), Defaults(), MODES)


@pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
def test_several_values_make_a_factor_the_axis(factor: Factor) -> None:
    _, levels = VALUES[factor.name]
    made = scenario(factor, "requests")
    assert (made.axis, made.condition_factor) == (factor.name, None)
    if factor is not CLIENT:
        assert tuple(factor.label(one) for one in made.competitors) == levels
    labels = levels if factor is CLIENT else tuple(f"requests {level}" for level in levels)
    assert tuple(one.label for one in made.competitors) == labels


@pytest.mark.parametrize(
    "factor", [one for one in FACTORS.values() if one is not CLIENT], ids=lambda one: one.name
)
def test_several_clients_make_it_conditions(factor: Factor) -> None:
    _, levels = VALUES[factor.name]
    made = scenario(factor, "requests", "httpx")
    assert (made.axis, made.condition_factor, made.baseline) == ("client", factor.name, "requests")
    found = {(one.name, one.condition) for one in made.competitors}
    assert found == {(name, level) for name in ("requests", "httpx:sync") for level in levels}


@pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
def test_its_value_is_where_it_says(factor: Factor) -> None:
    values = [attrgetter(factor.field)(one) for one in scenario(factor, "requests").competitors]
    assert len(set(values)) == 2


@pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
def test_results_have_it(factor: Factor) -> None:
    (field,) = (field for field in COLUMNS if field.name == factor.column)
    trials = two_clients()
    run = finished(trials)
    rows = list(csv.DictReader(io.StringIO(to_csv(run, trials))))
    assert field.csv_heading in rows[0]
    place = document(run, trials)["competitors"][0]
    for name in (field.path or field.name).split("."):
        place = place[name]
    assert str(int(place) if isinstance(place, bool) else place) == rows[0][field.csv_heading]


def test_the_command_line_has_its_option(tmp_path: Path) -> None:
    shown = clientbench("compare", "--help", cwd=tmp_path).out
    for factor in FACTORS.values():
        if factor is not CLIENT:
            assert f"{FLAGS[factor.name]} {factor.metavar}… " in shown


@pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
def test_nonsense_is_refused_with_its_name(factor: Factor) -> None:
    with pytest.raises(UsageError) as caught:
        factor.parse("\N{SNOWMAN} nothing of the kind")
    (field,) = caught.value.fields
    assert field.startswith(factor.name)


def test_more_than_one_factor_beside_the_client_is_refused() -> None:
    both = [FACTORS["method"], FACTORS["concurrency"]]
    for varying in (both, [CLIENT, *both]):
        with pytest.raises(UsageError, match="several values of each"):
            crossing(varying)
