"""Pages in real headless Chromium: quiet, alone, as wide as the screen, and never a script of others."""

from __future__ import annotations

import http.server
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.trend import lines
from harness.records.model import RunRecord, TrialSummary
from harness.report.html.page import to_html, to_page
from harness.report.html.trend_page import to_html as trend_to_html
from tests.browser import Browser, running
from tests.examples import finished, run, two_clients
from tests.report.answer.examples import three_by_three
from tests.report.html.examples import hostile, open_loop, six_clients
from tests.served import served
from tests.trend_points import points, stepped

Example = Callable[[], tuple[RunRecord, list[TrialSummary]]]
RUNS: dict[str, Example] = {
    "six": six_clients,
    "conditions": three_by_three,
    "open": open_loop,
    "hostile": hostile,
    "empty": lambda: (run(), []),
}
WIDTHS = (390, 1280)
# Elements that a page of ours has. Counted by the browser, which parses as browsers do.
TAGS = (
    "[...new Set([...document.querySelectorAll('*')].map(one => one.tagName.toLowerCase()))].sort()"
)
ACTIVE = (
    "document.querySelectorAll("
    "'script,img,iframe,object,embed,form,base,a[href]:not([href^=\"#\"])').length"
)
HANDLERS = (
    "[...document.querySelectorAll('*')].flatMap(one => [...one.attributes])"
    ".filter(one => one.name.startsWith('on')).length"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, made in RUNS.items():
        found[name] = folder / f"{name}.html"
        found[name].write_text(to_html(*made(), with_matrix=True), "utf-8")
    trials = two_clients()
    several = [(finished(trials, id=f"{key}aaaaaaa-1"), trials) for key in "12"]
    found["trend"] = folder / "trend.html"
    found["trend"].write_text(trend_to_html(lines(points(stepped(20, 10, 1.3)))), "utf-8")
    found["several"] = folder / "several.html"
    found["several"].write_text(to_page(several), "utf-8")
    return found


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*RUNS, "several", "trend"])
def test_a_page_is_quiet_alone_and_fits(
    name: str, width: int, dark: bool, browser: Browser, pages: dict[str, Path]
) -> None:
    page = browser.open(pages[name].as_uri(), width=width, dark=dark)
    assert page.said == []
    assert page.asked == [pages[name].as_uri()]
    assert page.value("document.documentElement.scrollWidth") <= width
    wide = page.value(
        "[...document.querySelectorAll('figure, h1, p, li, dl, pre, .scroll, svg')]"
        ".filter(one => one.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert wide == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_each_width_has_its_pictures(width: int, browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.open(pages["six"].as_uri(), width=width)
    shown = page.value(
        "[...document.querySelectorAll('figure svg')]"
        ".filter(one => one.getBoundingClientRect().width > 0)"
        ".map(one => [one.getAttribute('width'), one.getBoundingClientRect().width])"
    )
    assert len(shown) == 5
    assert {own for own, _ in shown} == {"348" if width == WIDTHS[0] else "860"}
    assert all(
        float(own) == pytest.approx(real, abs=1) for own, real in shown
    )  # text keeps its size


def test_dark_pages_are_dark_with_their_pictures(browser: Browser, pages: dict[str, Path]) -> None:
    def colours(dark: bool) -> list[Any]:
        page = browser.open(pages["six"].as_uri(), dark=dark)
        return [
            page.value("getComputedStyle(document.body).backgroundColor"),
            page.value(
                "getComputedStyle(document.querySelector('#forest text[font-weight]')).fill"
            ),
        ]

    assert colours(False) == ["rgb(255, 255, 255)", "rgb(31, 35, 40)"]
    assert colours(True) == ["rgb(13, 17, 23)", "rgb(230, 237, 243)"]


@pytest.mark.parametrize("policy", [True, False])
def test_hostile_texts_stay_texts(
    policy: bool, browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    """With the page's policy, and, as a page must not rest on it, without."""
    text = pages["hostile"].read_text("utf-8")
    if not policy:
        text = text.replace('http-equiv="Content-Security-Policy"', "")
    file = tmp_path / "hostile.html"
    file.write_text(text, "utf-8")
    page = browser.open(file.as_uri())
    usual = browser.open(pages["six"].as_uri())
    assert page.value(ACTIVE) == page.value(HANDLERS) == 0
    assert {*page.value(TAGS)} <= {*usual.value(TAGS)}
    assert page.value("document.title") != "taken"
    assert "<script>document.title='taken'</script>" in page.value("document.body.innerText")
    assert page.said == []
    assert page.asked == [file.as_uri()]


def test_a_page_asks_its_server_for_nothing_else(browser: Browser, pages: dict[str, Path]) -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = pages["six"].read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with served(server):
        page = browser.open(f"http://127.0.0.1:{server.server_port}/")
        assert page.said == []
    assert asked == ["/"]


def test_where_styles_are_dropped_tables_and_one_picture_of_each_remain(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    """As Jenkins serves artefacts: even a page's own styles are not applied."""
    file = tmp_path / "plain.html"
    text = pages["six"].read_text("utf-8")
    file.write_text(text.replace("&#39;unsafe-inline&#39;", "&#39;self&#39;"), "utf-8")
    page = browser.open(file.as_uri())
    assert page.value("getComputedStyle(document.querySelector('table')).fontSize") == "16px"
    seen = "[...document.querySelectorAll('figure svg')].filter(one => one.getBoundingClientRect().width)"
    assert page.value(f"{seen}.map(one => one.getAttribute('width'))") == ["860"] * 5
    assert page.value("document.querySelectorAll('table').length") > 8
    assert (
        page.value("getComputedStyle(document.querySelector('#forest text[font-weight]')).fill")
        == "rgb(31, 35, 40)"
    )


def test_a_page_can_be_printed(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.open(pages["six"].as_uri(), width=718, dark=True)
    page.call("Emulation.setEmulatedMedia", media="print")
    seen = "[...document.querySelectorAll('figure svg')].filter(one => one.getBoundingClientRect().width)"
    assert page.value(f"{seen}.map(one => one.getAttribute('width'))") == ["860"] * 5
    assert page.value("document.documentElement.scrollWidth") <= 718
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.call("Page.printToPDF")["data"]) > 10_000
