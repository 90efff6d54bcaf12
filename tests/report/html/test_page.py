"""The page of a run: its order, its size, and that no text of a database becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest

from harness.errors import UsageError
from harness.records.model import Doubt, RunRecord, TrialSummary
from harness.report.html.page import POLICY, SIGN, to_html, to_page
from tests.examples import FINDING, failed, finished, run, trial, two_clients, unmeasured
from tests.report.answer.examples import three_by_three
from tests.report.html.examples import hostile, open_loop, six_clients

MOST_BYTES = 400_000  # for six clients
VOID = {"meta", "link"}


class Elements(HTMLParser):
    """Every element of a page with its attributes, and its visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.found}


def elements(page: str) -> Elements:
    parser = Elements()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


@cache
def page_of_six() -> str:
    return to_html(*six_clients())


@cache
def hostile_page() -> str:
    return to_html(*hostile())


def headings(page: str) -> list[str]:
    return re.findall(r"<h2>([^<]*)</h2>", page)


def test_a_page_has_its_parts_in_their_order() -> None:
    record, trials = six_clients()
    grave = Doubt("busy machine", "run", "other programs used 1.4 of 2 CPUs", "stop them")
    page = to_html(replace(record, doubts=(*record.doubts, grave)), trials)
    assert headings(page) == [
        *("Answer", "Grave warnings", "Warnings and notes", "Ratios", "Costs", "Latency"),
        *("Conditions", "Open loop", "Traces", "Round by round", "While it was measured"),
        *("Statuses and errors", "Provenance"),
    ]
    text = " ".join("".join(elements(page).texts).split())
    assert "pycurl comes first" in text
    assert (
        "aiohttp: better, 3.36× the throughput of requests (95 % CI 3.15–3.58); 9,400 req/s" in text
    )
    assert "requests: baseline, 2,800 req/s" in text
    assert "The run is a closed loop: there is no schedule. --rate gives one." in text
    assert "clientbench results show run-1 --lock > clients.lock" in text
    assert page.startswith("<!DOCTYPE html>")
    assert SIGN in page


def test_the_limits_of_a_gate_are_part_of_the_answer() -> None:
    record, trials = six_clients()
    why = "other programs used the machine"
    found = (
        replace(FINDING, outcome="broken", reason=None),
        replace(FINDING, outcome="unclear", reason=why),
        replace(FINDING, outcome="kept", reason=None),
    )
    page = to_html(replace(record, gate=found), trials)
    answer = page[page.index(">Answer<") : page.index(">Ratios<")]
    text = " ".join(" ".join(elements(page).texts).split())
    assert "✗ broken: of 3 limits 1 broken, 1 unclear, 1 kept" in text
    assert all(f"{one}</th>" in answer for one in ("✗ broken", "? unclear", "✓ kept"))
    assert why in answer
    assert FINDING.rule.replace(">", "&gt;") in answer
    assert ">Gate<" not in page_of_six()


def test_a_page_of_six_clients_is_small_enough_to_be_sent() -> None:
    assert len(page_of_six().encode()) < MOST_BYTES


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    found = elements(page_of_six())
    assert "script" not in found.tags
    for tag, attributes in found.found:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "xlink:href", "src", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith("#") or (tag, value) == ("link", "data:,")
    assert POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'; ")
    assert any(one.get("content") == POLICY for _, one in found.found)
    assert "url(http" not in page_of_six()


def test_names_of_parts_are_unique() -> None:
    ids = [one["id"] for _, one in elements(page_of_six()).found if "id" in one]
    assert len({*ids}) == len(ids)
    targets = {one["href"] for tag, one in elements(page_of_six()).found if tag == "a"}
    assert targets <= {f"#{one}" for one in ids}


def test_every_picture_has_a_table_beside_it() -> None:
    for part in page_of_six().split("<section ")[1:]:
        assert "<figure" not in part or "<table>" in part


@pytest.mark.parametrize("name", ["forest", "costs", "latency", "rounds", "meanwhile"])
def test_there_is_a_narrow_picture_that_is_hidden_where_styles_are_dropped(name: str) -> None:
    (part,) = re.findall(rf'<section id="{name}">(.*?)</section>', page_of_six(), re.DOTALL)
    assert '<figure class="wide"><svg' in part
    assert '<figure class="narrow" hidden><svg' in part


def test_no_text_of_a_database_becomes_markup() -> None:
    """Six clients have all elements that there are; hostile texts add none, and no attribute."""
    found, usual = elements(hostile_page()), elements(page_of_six())
    assert found.tags <= usual.tags
    allowed = {name for _, attributes in usual.found for name in attributes}
    assert {name for _, attributes in found.found for name in attributes} <= allowed
    text = "".join(found.texts)
    assert "<script>document.title='taken'</script>" in text
    assert "{{ 7*7 }} {% raw %} ]]> -->" in text


def test_no_character_of_a_database_turns_the_text_around() -> None:
    page = hostile_page()
    assert not {*"\x1b\x07\u202e\u2028\x00"} & {*page}
    assert "\\x1b[31m\\x07\\u202egnp\\u2028\\x00" in page


@pytest.mark.long
def test_lone_surrogates_are_written_as_escapes() -> None:
    to_html(*hostile("\ud800 <b>")).encode()


@pytest.mark.long
def test_a_page_is_the_same_each_time() -> None:
    assert to_html(*six_clients()) == page_of_six()


@pytest.mark.long
@pytest.mark.parametrize(
    "made",
    [
        (run(), []),
        (run(), [failed("requests")]),
        (run(), [unmeasured("requests")]),
        (run(state="unfinished"), two_clients()),
        (finished([trial()]), [trial()]),
        (finished(two_clients(1)), two_clients(1)),
        (run(environment={}, scenario={}, target={}), two_clients()),
    ],
)
def test_a_page_of_little_says_what_it_can(made: tuple[RunRecord, list[TrialSummary]]) -> None:
    page = elements(to_html(*made))
    assert "Provenance" in "".join(page.texts)


@pytest.mark.long
def test_conditions_and_open_loops_have_their_parts() -> None:
    crossed = to_html(*three_by_three())
    assert "how clients scale" not in crossed
    assert "c=128" in crossed
    rates = "".join(elements(to_html(*open_loop())).texts)
    assert "These do not hold the rate" in rates or "does not hold the rate" in rates
    assert "700 of 1,000 req/s (not held)" in rates


@pytest.mark.long
def test_every_pair_is_there_on_demand() -> None:
    title = "Every entry against every other"
    assert title not in page_of_six()
    record, trials = six_clients()
    assert title in headings(to_html(record, trials, with_matrix=True))


@pytest.mark.long
def test_several_runs_stand_side_by_side() -> None:
    trials = two_clients()
    first, second = finished(trials, id="aaaaaaaa-1"), finished(trials, id="bbbbbbbb-2")
    page = to_page([(first, trials), (second, trials)])
    text = "".join(elements(page).texts)
    assert "2 runs side by side" in text
    assert "ratio to run aaaaaaaa" in text
    assert 'id="aaaaaaaa-forest"' in page and 'id="bbbbbbbb-forest"' in page
    ids = re.findall(r' id="([^"]*-(?:run|forest|answer))"', page)
    assert len({*ids}) == len(ids) == 6


def test_runs_that_differ_are_refused_with_what_differs() -> None:
    trials = two_clients()
    first = finished(trials, id="aaaaaaaa-1")
    other = finished(trials, id="bbbbbbbb-2", environment={"host": "bench", "cpus": 4})
    with pytest.raises(
        UsageError, match=r"run bbbbbbbb and run aaaaaaaa differ in cpus: 4 against 2"
    ):
        to_page([(first, trials), (other, trials)])
