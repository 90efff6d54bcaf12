"""``--all``, ``--popular``, ``--versions``, ``--python`` and ``--with``: which clients they mean."""

from __future__ import annotations

from typing import Any

import pytest

import adapters
from harness.errors import UsageError
from harness.input.client_expansion import asked_clients
from harness.input.options import Options
from harness.scenario.selector import ClientSpec


def releases(spec: ClientSpec, text: str) -> list[str]:
    return {"1..2": ["1.4", "2.0"], "last:1": ["2.0"]}[text]


def asked(*clients: str, **options: Any) -> list[str]:
    """The clients, as selectors; what was added to one stands behind it."""
    found = asked_clients(Options.of(clients=clients, **options), adapters.MODES_OF, releases)
    return [" ".join((str(spec), *spec.added)) for _, spec in found]


def refused(*clients: str, **options: Any) -> str:
    with pytest.raises(UsageError) as caught:
        asked(*clients, **options)
    return str(caught.value)


def test_names_alone_are_what_was_typed() -> None:
    assert asked("httpx:async", "head=httpx=.") == ["httpx:async", "head=httpx=."]


def test_versions_concern_clients_that_have_none() -> None:
    assert asked("httpx", "requests==2.32.0", versions="1..2") == [
        "httpx==1.4",
        "httpx==2.0",
        "requests==2.32.0",
    ]
    assert asked("httpx", "a=httpx=./here", versions="last:1") == ["httpx==2.0", "a=httpx=./here"]


def test_references_beside_a_library_have_no_versions() -> None:
    assert asked("null", "httpx", "raw:sync", versions="last:1") == [
        "null",
        "httpx==2.0",
        "raw:sync",
    ]
    assert asked("null", versions="last:1") == ["null==2.0"]  # whoever lists releases refuses it


def test_versions_of_a_client_with_an_alias_would_have_one_name() -> None:
    assert "without an alias" in refused("a=httpx", versions="1..2")


def test_every_client_is_measured_on_every_python_that_it_does_not_name_itself() -> None:
    assert asked("httpx", "requests@3.12", python=("3.11", "3.13")) == [
        "httpx@3.11",
        "httpx@3.13",
        "requests@3.12",
    ]
    assert refused("httpx", python=("py3",)).startswith("python: 'py3' is not valid")


def test_a_requirement_is_given_to_one_client() -> None:
    assert asked("httpx", added=("orjson >= 3", "brotli")) == ["httpx brotli orjson>=3"]
    assert asked("httpx", "a=httpx", "requests", added=("a: orjson",)) == [
        "httpx",
        "a=httpx orjson",
        "requests",
    ]
    assert asked("httpx==1.0", "httpx==2.0", added=("httpx: orjson",)) == [
        "httpx==1.0 orjson",
        "httpx==2.0 orjson",
    ]


@pytest.mark.parametrize("text", ["", "or json", ">=3", "x @ https://example.com/x.whl"])
def test_a_requirement_that_is_none_is_refused(text: str) -> None:
    assert refused("httpx", added=(text,)).startswith("added: ")


def test_with_several_clients_a_requirement_names_its_own() -> None:
    assert refused("a=httpx", "requests", added=("orjson",)) == (
        "added: 'orjson' does not say for which client (a, requests); expected 'a: orjson'"
    )


def test_all_are_all_in_every_mode_and_popular_ones_no_more_than_a_group() -> None:
    every = asked(every=True)
    assert (
        len(every)
        == len(set(every))
        == len([mode for name in adapters.BY_POPULARITY for mode in adapters.MODES_OF[name]])
    )
    assert every[0] == "requests"
    assert {"httpx:sync", "httpx:async", "stdlib"} <= {*every}
    assert asked(popular=True) == list(adapters.POPULAR)
    assert "both were given" in refused(every=True, popular=True)


def test_named_clients_come_first_and_are_not_repeated() -> None:
    found = asked("httpx:async", popular=True)
    assert found[0] == "httpx:async"
    assert [one for one in found if one.startswith("httpx")].count("httpx") == 0
