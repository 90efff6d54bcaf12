"""What two runs differ in: field by field, sorted by kind, with tolerance only where it is due."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.environments import Difference, Kind, StoredRun, common_labels, differences
from harness.records.model import TargetRecord
from servers.spec import TargetSpec
from tests.examples import CLIENT_ENVIRONMENT, failed, run, trial

ENVIRONMENT: dict[str, Any] = {
    "host": "bench",
    "system": "Linux",
    "kernel": "6.1.0",
    "machine": "x86_64",
    "cpu": "AMD EPYC",
    "cpus": 2,
    "memory_bytes": 25_000_000_000,
    "target_cpus": [0],
    "worker_cpus": [1],
    "python": "3.11.7",
    "orchestrator_python": "3.11.7",
    "implementation": "cpython",
    "versions": {"clientbench": "0.1.0", "scipy": "1.17.1"},
    "open_files": [1024, 4096],
}
SCENARIO: dict[str, Any] = {
    "axis": "client",
    "baseline": "requests",
    "competitors": [
        {"label": "requests", "client": {"name": "requests"}, "concurrency": 10, "busy_share": None}
    ],
    "duration_s": 10.0,
    "headers": {"Accept-Encoding": "identity"},
    "open_load": None,
    "path": "/",
    "profile": "parity",
    "requests": None,
    "rounds": 5,
    "seed": 1,
}


def stored(
    *,
    environment: dict[str, Any] | None = None,
    scenario: dict[str, Any] | None = None,
    labels: tuple[str, ...] = ("requests",),
    of_run: dict[str, Any] | None = None,
    **of_trials: Any,
) -> StoredRun:
    """A run that is like the others but for the changes given."""
    record = run(
        environment=ENVIRONMENT | (environment or {}),
        scenario=SCENARIO | (scenario or {}),
        **(of_run or {}),
    )
    return record, [trial(label, number, **of_trials) for number in (1, 2) for label in labels]


def found(theirs: StoredRun, ours: StoredRun | None = None) -> list[Difference]:
    return list(differences(ours or stored(), theirs))


def test_a_run_does_not_differ_from_one_like_it() -> None:
    assert found(stored()) == []


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("machine", "host", "desk"),
        ("machine", "kernel", "6.18.44"),
        ("machine", "machine", "aarch64"),
        ("machine", "cpu", "Intel Xeon"),
        ("machine", "cpus", 8),
        ("machine", "target_cpus", [1]),
        ("machine", "worker_cpus", None),
        ("machine", "open_files", [1024, 1024]),
        ("machine", "something recorded one day", 1),
        ("software", "orchestrator_python", "3.14.0"),
        ("software", "implementation", "pypy"),
    ],
)
def test_of_the_environment_every_field_counts(kind: Kind, field: str, value: Any) -> None:
    expected = Difference(kind, field, ENVIRONMENT.get(field), value)
    assert found(stored(environment={field: value})) == [expected]


def test_our_own_dependencies_are_named_one_by_one() -> None:
    theirs = stored(environment={"versions": {"clientbench": "0.2.0", "numpy": "2.4.6"}})
    assert found(theirs) == [
        Difference("software", "versions.clientbench", "0.1.0", "0.2.0"),
        Difference("software", "versions.scipy", "1.17.1", None),
        Difference("software", "versions.numpy", None, "2.4.6"),
    ]


@pytest.mark.parametrize(
    ("size", "differs"),
    [
        (25_000_000_000, False),
        (24_800_000_000, False),
        (25_200_000_000, False),
        (24_700_000_000, True),
        (25_300_000_000, True),
        (0, True),
        (None, True),
    ],
)
def test_less_than_a_hundredth_of_the_memory_is_the_kernels_business(
    size: int | None, differs: bool
) -> None:
    fields = [one.field for one in found(stored(environment={"memory_bytes": size}))]
    assert fields == (["memory_bytes"] if differs else [])


@pytest.mark.parametrize(
    ("change", "field", "ours", "theirs"),
    [
        ({"duration_s": 20.0}, "duration_s", 10.0, 20.0),
        ({"rounds": 10}, "rounds", 5, 10),
        ({"path": "/bytes/1000"}, "path", "/", "/bytes/1000"),
        ({"profile": "defaults"}, "profile", "parity", "defaults"),
        ({"headers": {}}, "headers.Accept-Encoding", "identity", None),
        ({"open_load": {"rate": 100.0}}, "open_load.rate", None, 100.0),
        ({"think_time_s": 0.5}, "think_time_s", None, 0.5),
    ],
)
def test_of_the_scenario_every_setting_counts(
    change: dict[str, Any], field: str, ours: Any, theirs: Any
) -> None:
    assert found(stored(scenario=change)) == [Difference("settings", field, ours, theirs)]


@pytest.mark.parametrize("nothing", [{"think_time_s": 0.0}, {"preset": None}, {"steps": []}])
def test_a_setting_that_came_later_differs_only_where_it_is_used(nothing: dict[str, Any]) -> None:
    assert found(stored(scenario=nothing)) == []


@pytest.mark.parametrize("change", [{"seed": 2}, {"axis": "concurrency"}, {"baseline": "aiohttp"}])
def test_what_does_not_change_how_a_competitor_is_measured_is_no_difference(
    change: dict[str, Any],
) -> None:
    assert found(stored(scenario=change)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"http_method": "POST"}, ("settings", "http_method", "GET", "POST")),
        ({"concurrency": 20}, ("settings", "concurrency", 10, 20)),
        ({"body_bytes": 9}, ("settings", "body_bytes", 0, 9)),
        ({"event_loop": "uvloop"}, ("settings", "event_loop", None, "uvloop")),
        ({"client_library": "httpx"}, ("settings", "client_library", "requests", "httpx")),
        ({"target": TargetSpec("nginx")}, ("settings", "target", "embedded", "nginx")),
        ({"target": TargetSpec(tls=True)}, ("settings", "tls", False, True)),
        ({"target": TargetSpec(instances=3)}, ("settings", "instances", 1, 3)),
        ({"target": TargetSpec(runtime="docker")}, ("settings", "runtime", "native", "docker")),
        ({"target": TargetSpec(upstream="httpbin")}, ("settings", "upstream", "", "httpbin")),
        ({"python_version": "3.13.1"}, ("software", "python", "3.11.7", "3.13.1")),
        (
            {"versions": {"requests": "2.32.3", "urllib3": "2.8.0"}},
            ("software", "client.urllib3", "2.2.3", "2.8.0"),
        ),
        ({"versions": {"requests": "2.32.3"}}, ("software", "client.urllib3", "2.2.3", None)),
    ],
)
def test_of_a_competitor_its_trials_say_what_it_was(
    change: dict[str, Any], expected: tuple[Kind, str, Any, Any]
) -> None:
    theirs = [one for one in found(stored(**change)) if one.field != "client.httpx"]
    assert theirs == [Difference(*expected)]


def test_the_version_of_a_client_without_distributions_counts_too() -> None:
    ours, theirs = (stored(versions={}, client_version=version) for version in ("3.11", "3.12"))
    assert found(theirs, ours) == [Difference("software", "client.requests", "3.11", "3.12")]


def environment(**changes: Any) -> dict[str, Any]:
    """Trials whose client's requests has these fields."""
    requests, *others = CLIENT_ENVIRONMENT.distributions
    made = replace(CLIENT_ENVIRONMENT, distributions=(replace(requests, **changes), *others))
    return {"client_environment": made}


def test_what_has_the_same_version_may_have_another_content() -> None:
    expected = Difference("software", "client.requests.content", "a" * 32, "d" * 32)
    assert found(stored(**environment(digest="d" * 32))) == [expected]


def test_with_another_version_another_content_is_no_news() -> None:
    theirs = stored(**environment(digest="d" * 32), client_version="9", versions={"requests": "9"})
    fields = [one.field for one in found(theirs) if one.field.startswith("client.requests")]
    assert fields == ["client.requests"]


def test_other_builds_of_a_python_and_other_adapters_differ() -> None:
    interpreter = replace(CLIENT_ENVIRONMENT.interpreter, build="another", gil=False)
    made = replace(CLIENT_ENVIRONMENT, interpreter=interpreter, code="d" * 32)
    fields = [one.field for one in found(stored(client_environment=made))]
    assert fields == ["python.build", "python.gil", "adapters"]


def test_another_http_version_is_told() -> None:
    expected = Difference("software", "http_version", None, "2")
    assert found(stored(http_version="2")) == [expected]


def test_before_environments_were_recorded_they_do_not_differ() -> None:
    assert found(stored(client_environment=None)) == []


def test_what_else_was_asked_of_a_competitor_counts() -> None:
    slowed = [dict(SCENARIO["competitors"][0], busy_share=0.1)]
    expected = Difference("settings", "busy_share", None, 0.1)
    assert found(stored(scenario={"competitors": slowed})) == [expected]


def test_a_difference_of_some_competitors_names_them() -> None:
    ours = stored(labels=("a", "b", "c"))
    record, trials = ours
    changed = [replace(one, concurrency=20) if one.label in "ac" else one for one in trials]
    (difference,) = differences(ours, (record, changed))
    assert difference.field == "concurrency of a, c"


def test_competitors_that_only_one_run_has_are_no_difference() -> None:
    (record, ours), (_, more) = stored(labels=("a",)), stored(labels=("b",), concurrency=99)
    assert common_labels((record, ours), (record, [*more, *ours])) == ("a",)
    assert differences((record, ours), (record, [*more, *ours])) == ()


def test_a_client_that_never_ran_has_no_versions_that_could_differ() -> None:
    record, _ = stored()
    never = [replace(failed("requests"), versions={})]
    assert found((record, never)) == []


def test_versions_of_a_target_count_by_target() -> None:
    nginx = TargetSpec("nginx", cpus=(0,))
    ours, theirs = (
        stored(
            target=nginx.factors,
            of_run={"targets": (TargetRecord(nginx, {"nginx": version}),)},
        )
        for version in ("1.22", "1.28")
    )
    assert found(theirs, ours) == [Difference("software", "target.nginx", "1.22", "1.28")]


def test_of_several_targets_each_is_named() -> None:
    specs = (TargetSpec("nginx"), TargetSpec("embedded"))
    sides = []
    for version in ("1.22", "1.28"):
        records = tuple(TargetRecord(spec, {"openssl": version}) for spec in specs)
        trials = [trial(spec.name, target=spec) for spec in specs]
        sides.append((run(targets=records), trials))
    assert [one.field for one in differences(*sides)] == [
        "target.openssl of nginx (native, http)",
        "target.openssl of embedded (native, http)",
    ]


def test_a_run_that_recorded_one_target_only_is_compared_by_that() -> None:
    (ours,) = found(stored(of_run={"target": {"kind": "embedded", "version": "2"}}))
    assert ours == Difference("software", "target.version", "1", "2")


def test_kinds_come_in_order() -> None:
    theirs = stored(
        environment={"host": "desk", "versions": {}}, scenario={"rounds": 9}, client_version="9"
    )
    kinds = [one.kind for one in found(theirs)]
    assert kinds == sorted(kinds, key=["machine", "software", "settings"].index)


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (Difference("machine", "kernel", "6.1", "6.2"), "kernel: 6.1 against 6.2"),
        (Difference("machine", "worker_cpus", [1, 2], None), "worker_cpus: [1, 2] against none"),
        (Difference("settings", "pin", True, False), "pin: true against false"),
        (Difference("software", "x", "", "a\nb"), "x: none against a b"),
        (Difference("software", "x", "y" * 99, 1), f"x: {'y' * 59}… against 1"),
    ],
)
def test_a_difference_is_told_on_one_line(difference: Difference, text: str) -> None:
    assert str(difference) == text


plain = st.none() | st.integers(0, 3) | st.sampled_from(["a", "b"])
objects = st.dictionaries(st.sampled_from("abc"), plain | st.dictionaries(st.just("x"), plain))


@given(objects, objects)
def test_the_other_way_round_the_same_differs(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    sides = [stored(environment={"extra": one}, scenario=one) for one in (ours, theirs)]
    forth, back = differences(*sides), differences(*reversed(sides))
    turned = {(one.kind, one.field, repr(one.theirs), repr(one.ours)) for one in back}
    assert {(one.kind, one.field, repr(one.ours), repr(one.theirs)) for one in forth} == turned
    assert differences(sides[0], sides[0]) == ()
