"""An environment with the adapters of other people, and what checks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.checking.clients import CLAIM_S, ClientCheck, candidates
from harness.clients import registry
from harness.clients.bundle import Bundle
from harness.measure.contenders import Resolver
from harness.records.checked import Checked
from harness.scenario.selector import parse
from servers import catalogue
from tests import plugins
from tests.adapters.broken import BROKEN, IDLE, source
from tests.checking.sloppy import FAULTS, SERVER, SOFTWARE, SPOKEN

CheckOutsider = Callable[..., Checked]


@pytest.fixture(scope="session")
def outsiders(
    tmp_path_factory: pytest.TempPathFactory, own_surroundings: None
) -> tuple[Path, Path]:
    """The folder with their packages, and an interpreter that sees it."""
    folder = tmp_path_factory.mktemp("outsiders")
    site = folder / "site"
    for name, body in {"no-redirects": BROKEN["no-redirects"], **IDLE}.items():
        plugins.install(site, f"x-{name}", source=source(f"x-{name}", body), measures="python")
    plugins.install(site, "x-wreck", source="import nobody_has_this\n", measures="python")
    return site, plugins.environment(folder / "venv", site)


@pytest.fixture(scope="session")
def check(outsiders: tuple[Path, Path], bundle: Bundle, suite: ClientCheck) -> CheckOutsider:
    """Checks one of them, in the environment where it is installed."""
    site, python = outsiders
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        registry._plugins.cache_clear()
        resolver = Resolver(bundle)
        resolver.catalogue(str(python))  # which knows from now on whom the folder has
    registry._plugins.cache_clear()

    def checked(name: str, claim_s: float = CLAIM_S) -> Checked:
        (one,), _ = candidates(resolver, [parse(f"x-{name}@{python}")])
        return suite.check(one, claim_s)

    return checked


def example_of_the_docs() -> str:
    """The target of docs/plugins.md, under a name that no other one has."""
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
    (listing,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return str(listing).replace('name = "plain"', 'name = "x-plain"') + "\nSloppy = Plain\n"


@pytest.fixture(scope="session")
def neighbours(
    tmp_path_factory: pytest.TempPathFactory, own_surroundings: None
) -> tuple[Path, Path]:
    """The folder with their packages, and an interpreter that sees it."""
    folder = tmp_path_factory.mktemp("neighbours")
    site = folder / "site"
    for fault in (*FAULTS, "daemon", "none"):
        name = f"x-{fault}"
        plugins.install_target(site, name, SOFTWARE.format(name=name, fault=fault))
    plugins.install_target(site, "x-changed", "")
    plugins.install_target(site, "x-wreck", "import a_module_nobody_has\n")
    plugins.install_target(site, "x-odd", "class Sloppy: pass\n")
    plugins.install_target(site, "embedded", SOFTWARE.format(name="embedded", fault="routes"))
    plugins.install_target(site, "x-spoken", SPOKEN)
    plugins.install_target(site, "x-plain", example_of_the_docs())
    late = "    def files(self, layout):\n        raise KeyError('no such template')\n"
    plugins.install_target(site, "x-late", SOFTWARE.format(name="x-late", fault="none") + late)
    (site / "sloppy_server.py").write_text(SERVER)
    return site, plugins.environment(folder / "venv", site)


@pytest.fixture
def installed(neighbours: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """They are seen by this process and by those that it starts."""
    site, _ = neighbours
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    catalogue._known.cache_clear()
    yield
    catalogue._known.cache_clear()
