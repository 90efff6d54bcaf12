"""Which distributions a client needs: markers, extras, cycles and what is missing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.clients.closure import closure

ENVIRONMENT = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def installed(**requires: list[str]) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {
            "version": "1.0",
            "requires": texts,
            "entries": [f"/site/{name}"],
        }
        for name, texts in requires.items()
    }


def needed(roots: list[str], distributions: dict[str, Any], **environment: str) -> set[str]:
    return set(closure(roots, distributions, {**ENVIRONMENT, **environment}).versions)


def test_requirements_of_requirements_are_needed() -> None:
    found = installed(a=["b>=1"], b=["c"], c=[], d=[])

    assert needed(["a"], found) == {"a", "b", "c"}
    assert closure(["a"], found, ENVIRONMENT).entries == ("/site/a", "/site/b", "/site/c")


def test_the_client_itself_comes_first() -> None:
    assert next(iter(closure(["z"], installed(z=["a"], a=[]), ENVIRONMENT).versions)) == "z"


def test_markers_are_those_of_the_workers_interpreter() -> None:
    found = installed(a=['b; python_version < "3.11"', 'c; sys_platform == "linux"'], b=[], c=[])

    assert needed(["a"], found) == {"a", "c"}
    assert needed(["a"], found, python_version="3.9", sys_platform="darwin") == {"a", "b"}


def test_extras_are_hidden_and_listed_where_they_are_installed() -> None:
    found = installed(a=["b", 'fast; extra == "speed"', 'gone; extra == "speed"'], b=[], fast=[])
    result = closure(["a"], found, ENVIRONMENT)

    assert set(result.versions) == {"a", "b"}
    assert result.hidden == ("fast",)
    assert "/site/fast" not in result.entries


def test_an_extra_that_a_requirement_asks_for_is_needed() -> None:
    found = installed(a=["b[speed]"], b=["c", 'fast; extra == "speed"', 'x; extra == "y"'], c=[])
    found |= installed(fast=[], x=[])
    result = closure(["a"], found, ENVIRONMENT)

    assert set(result.versions) == {"a", "b", "c", "fast"}
    assert result.hidden == ("x",)


def test_what_is_optional_here_and_needed_there_is_not_hidden() -> None:
    found = installed(a=['c; extra == "x"', "b"], b=["c"], c=[])

    assert closure(["a"], found, ENVIRONMENT).hidden == ()


def test_a_requirement_for_another_system_that_is_installed_counts_as_hidden() -> None:
    found = installed(a=['b; sys_platform == "win32"'], b=[])

    assert closure(["a"], found, ENVIRONMENT).hidden == ("b",)


def test_circles_end() -> None:
    assert needed(["a"], installed(a=["b"], b=["c[x]"], c=["a", 'b; extra == "x"'])) == {
        *("a", "b", "c")
    }


def test_missing_and_unreadable_requirements_are_left_out() -> None:
    found = {**installed(a=["gone", "not a requirement!!", "b (>=1)"], b=[]), "gone": None}

    assert needed(["a"], found) == {"a", "b"}
    assert closure(["gone"], found, ENVIRONMENT).versions == {}
    assert closure([], found, ENVIRONMENT).versions == {}


def test_names_are_compared_as_package_indices_do() -> None:
    assert needed(["My.Client"], installed(my_client=["Other_Thing"], other_thing=[])) == {
        *("my-client", "other-thing")
    }


@given(
    edges=st.dictionaries(
        st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef")), max_size=6
    )
)
def test_the_closure_is_closed_and_reachable(edges: dict[str, list[str]]) -> None:
    found = installed(**edges)
    result = needed(["a"], found)

    assert result <= set(edges)
    for name in result:
        assert {target for target in edges[name] if target in edges} <= result
    assert ("a" in edges) == bool(result)
