"""An environment with the adapters of other people, and what checks them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.checking.clients import CLAIM_S, ClientCheck, examined
from harness.clients.bundle import Bundle
from harness.measure.contenders import Resolver
from harness.records.conformance import Checked
from tests import plugins
from tests.adapters.broken import BROKEN, HANGING, source

# One of each kind of claim.
OUTSIDERS = ("declared", "sent-as-given", "no-redirects", "keep-alive", "cancelled")

CheckOutsider = Callable[..., Checked]


@pytest.fixture(scope="session")
def outsiders(
    tmp_path_factory: pytest.TempPathFactory, own_surroundings: None
) -> tuple[Path, Path]:
    """The folder with their packages, and an interpreter that sees it."""
    folder = tmp_path_factory.mktemp("outsiders")
    site = folder / "site"
    for name, body in {**{name: BROKEN[name] for name in OUTSIDERS}, **HANGING}.items():
        plugins.install(site, f"x-{name}", source=source(f"x-{name}", body), measures="python")
    return site, plugins.environment(folder / "venv", site)


@pytest.fixture(scope="session")
def check(outsiders: tuple[Path, Path], bundle: Bundle, suite: ClientCheck) -> CheckOutsider:
    """Checks one of them, in the environment where it is installed."""
    site, python = outsiders
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        resolver = Resolver(bundle)
        resolver.catalogue(str(python))  # which knows from now on whom the folder has

    def checked(name: str, claim_s: float = CLAIM_S) -> Checked:
        (one,), _ = examined(resolver, [f"x-{name}@{python}"])
        return suite.check(one, claim_s)

    return checked
