"""Where, when and by what a run was measured."""

from __future__ import annotations

from harness.analysis.summaries import summarised
from harness.records.model import TargetRecord
from harness.report import competitor_figures, environments
from servers.spec import TargetSpec
from tests.examples import run, trial


def test_what_it_takes_to_repeat_a_run_is_said() -> None:
    embedded = {"name": "embedded", "uvloop": "0.23.0", "openssl": "OpenSSL 3.0.19"}
    nginx = TargetSpec("nginx", upstream="embedded", alias="tuned")
    made = run(
        environment={"versions": {"clientbench": "0.2.0", "numpy": "2.4.6"}},
        targets=(
            TargetRecord(TargetSpec(), embedded),
            TargetRecord(nginx, {"name": "nginx", "nginx": "1.22.1", "configuration": "6dca"}),
        ),
    )
    assert environments.lines(made)[2] == (
        "measured by: clientbench 0.2.0, numpy 2.4.6; seed 7; "
        "target embedded: uvloop 0.23.0, OpenSSL 3.0.19; target tuned: configuration 6dca"
    )


def test_a_run_that_recorded_less_says_less() -> None:
    assert environments.lines(run(environment={}))[2] == "measured by: seed 7"


def test_the_versions_of_all_that_a_client_uses_are_among_its_figures() -> None:
    (summary,) = summarised([trial("requests")])
    assert summary.client_environment is not None
    others = [
        f"{one.name} {one.version}"
        for one in summary.client_environment.distributions
        if one.name != "requests"
    ]
    assert others
    load = next(one for one in competitor_figures.lines(summary, [summary]) if "load:" in one)
    assert load.endswith(f"Python 3.11.7; with {', '.join(others)}")
