"""Pictures of runs: drawn the same every time, or a sentence on why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from harness.errors import UnusableError
from harness.records.model import RunRecord, TrialSummary
from harness.report.answer.facts import Facts
from harness.report.pictures.catalogue import PICTURES, inline, to_png, to_svg
from harness.report.pictures.palette import BAND, EVERY, GRID, PAPER, SERIES
from harness.report.pictures.picture import Missing
from harness.worker.tracing import TRACE_COLUMNS
from tests.examples import SECOND, failed, finished, histogram, run, trial, two_clients, unmeasured
from tests.report.answer.examples import three_by_three
from tests.report.html.examples import hostile, open_loop, six_clients

Example = Callable[[], tuple[RunRecord, list[TrialSummary]]]
SVG = "{http://www.w3.org/2000/svg}"
EXAMPLES: dict[str, Example] = {
    "six clients": six_clients,
    "conditions": three_by_three,
    "open conditions": lambda: three_by_three(open_loop=True),
    "open loop": open_loop,
    "hostile": hostile,
}
DRAWN = {
    "six clients": {"forest", "costs", "latency", "rounds", "meanwhile"},
    "conditions": {"forest", "costs", "latency", "conditions", "rounds", "meanwhile"},
    "open conditions": {*PICTURES} - {"traces"},
    "open loop": {"forest", "costs", "latency", "open-loop", "rounds", "meanwhile"},
    "hostile": {"forest", "costs", "latency", "rounds", "meanwhile"},
}


def facts(example: Example) -> Facts:
    return Facts.of(*example())


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


def titles(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}title")]


@pytest.mark.long
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_run_has_the_pictures_that_it_has_figures_for(name: str) -> None:
    known = facts(EXAMPLES[name])
    found = {one: inline(picture, known) for one, picture in PICTURES.items()}
    assert {one for one, made in found.items() if not isinstance(made, Missing)} == DRAWN[name]
    for made in found.values():
        if isinstance(made, Missing):
            assert made.why.endswith(".")
            continue
        wide, narrow = (ET.fromstring(one) for one in made)
        assert (wide.get("width"), narrow.get("width")) == ("860", "348")
        for root in (wide, narrow):
            assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
                *("svg", "g", "path", "text", "title", "defs", "use", "clipPath", "rect"),
                *("pattern",),
            }
            assert not any("style" in one.attrib for one in root.iter())


@pytest.mark.long
def test_the_same_run_gives_the_same_bytes() -> None:
    known = facts(six_clients)
    for picture in (PICTURES["forest"], PICTURES["costs"], PICTURES["latency"]):
        assert to_svg(picture, known) == to_svg(picture, facts(six_clients))
    assert to_png(PICTURES["forest"], known) == to_png(PICTURES["forest"], facts(six_clients))


@pytest.mark.long
def test_ids_of_different_pictures_do_not_meet_in_a_page() -> None:
    known = facts(six_clients)
    ids = [
        {one.get("id") for one in ET.fromstring(svg).iter()} - {None}
        for name in ("forest", "costs", "latency", "rounds")
        if isinstance(made := inline(PICTURES[name], known), tuple)
        for svg in made
    ]
    assert len(ids) == 8
    assert all(not one & other for one, other in combinations(ids, 2))


def test_texts_stay_texts_and_points_say_what_they_are() -> None:
    wide = to_svg(PICTURES["forest"], facts(six_clients))
    assert {"pycurl", "httpx:async", "1×"} <= {*texts(wide)}
    assert any(one.startswith("▲ ") for one in texts(wide))
    assert any(one.startswith("pycurl: ") and one.endswith(": better") for one in titles(wide))
    latency = titles(to_svg(PICTURES["latency"], facts(six_clients)))
    assert any(one.startswith("pycurl: p99 ") for one in latency)


def test_colour_is_never_alone() -> None:
    """Every verdict has a sign of its own, every line is named, at its own place."""
    svg = to_svg(PICTURES["latency"], facts(six_clients))
    names = {"requests", "httpx:sync", "httpx:async", "aiohttp", "pycurl", "urllib3"}
    assert names <= {*texts(svg)}
    places = [
        float(one.get("y", 0)) for one in ET.fromstring(svg).iter(f"{SVG}text") if one.text in names
    ]
    assert min(abs(one - other) for one, other in combinations(places, 2)) >= 11


def test_few_samples_are_dotted() -> None:
    made = [trial("requests", n, service=histogram(range(1, 2001))) for n in (1, 2)]
    svg = to_svg(PICTURES["latency"], Facts.of(finished(made), made))
    assert "stroke-dasharray" in svg


def test_a_time_out_ends_the_line_and_is_said() -> None:
    made = [trial("requests", n, censored=100) for n in (1, 2)]
    svg = to_svg(PICTURES["latency"], Facts.of(finished(made), made))
    assert "requests > time-out" in texts(svg)


@pytest.mark.long
def test_many_clients_have_room() -> None:
    made = [trial(f"client-{n}", r, rate=1000 + n) for r in (1, 2) for n in range(35)]
    record = finished(made, baseline="client-0")
    for name in ("forest", "costs", "latency", "rounds"):
        found = inline(PICTURES[name], Facts.of(record, made))
        assert isinstance(found, tuple)
        assert {f"client-{n}" for n in range(1, 35)} <= {*texts(found[0])}


@pytest.mark.long
@pytest.mark.parametrize("made", [[], [failed("requests")], [unmeasured("requests")]])
def test_a_run_without_a_figure_says_why_there_is_no_picture(made: list[TrialSummary]) -> None:
    known = Facts.of(run(), made)
    for name, picture in PICTURES.items():
        found = inline(picture, known)
        if isinstance(found, Missing):
            with pytest.raises(UnusableError, match=f"the picture '{name}' cannot be drawn: "):
                to_svg(picture, known)
    assert isinstance(inline(PICTURES["latency"], known), Missing)


@pytest.mark.long
def test_figures_out_of_all_range_are_no_bug() -> None:
    made = [
        replace(one, cpu_ns=2**62, cpu_requests=1, peak_rss_bytes=2**62, window_ns=1)
        for one in two_clients()
    ]
    record = finished(made)
    far = tuple(replace(one, ratio=1e300, low=1e-300, high=1e300) for one in record.comparisons)
    known = Facts.of(replace(record, comparisons=far), made)
    for picture in PICTURES.values():
        inline(picture, known)


def traced() -> tuple[tuple[int, ...], ...]:
    """Ten requests, each passing all points a microsecond apart."""
    return tuple(
        tuple(
            0 if name == "HELD" else 1000 * (place + 1) for place, name in enumerate(TRACE_COLUMNS)
        )
        for _ in range(10)
    )


def test_phases_of_traced_requests() -> None:
    made = [replace(one, traces=traced(), trace_share=0.1) for one in two_clients()]
    svg = to_svg(PICTURES["traces"], Facts.of(run(), made))
    assert any(one.startswith("ttfb") for one in texts(svg))


def luminance(colour: str) -> float:
    """WCAG 2.1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tone", [one for one in EVERY if one not in (PAPER, GRID, BAND)])
def test_text_can_be_read_on_light_and_on_dark_paper(tone: tuple[str, str]) -> None:
    assert contrast(tone[0], PAPER.light) >= 4.5
    assert contrast(tone[1], PAPER.dark) >= 4.5


def test_every_colour_has_its_own_dark_one() -> None:
    assert len({one.light for one in EVERY}) == len(EVERY)
    assert len({one.dark for one in SERIES}) == len(SERIES)


def test_a_file_is_dark_where_its_reader_prefers_that() -> None:
    svg = to_svg(PICTURES["costs"], facts(six_clients))
    assert "@media (prefers-color-scheme: dark)" in svg
    assert svg.startswith("<?xml ")
    ET.fromstring(svg)


@pytest.mark.long
def test_memory_of_a_whole_run_is_thinned() -> None:
    record, trials = six_clients()
    long = [
        replace(
            one,
            readings=tuple(
                replace(r, at_ns=r.at_ns + n * SECOND) for n in range(200) for r in one.readings
            ),
        )
        for one in trials
    ]
    assert len(to_svg(PICTURES["meanwhile"], Facts.of(record, long))) < 40_000
