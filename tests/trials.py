"""Real trials without the rest of a run: one competitor, its processes, the embedded target."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.base import Request, Settings
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue
from harness.machine.processors import Launcher
from harness.measure.contenders import Contender
from harness.measure.endpoints import MeasuredEndpoint
from harness.measure.place import Place
from harness.measure.rules import Rules
from harness.measure.trial import Trial
from harness.scenario.selector import parse
from harness.worker.job import Pace
from harness.worker.mix import Mix
from servers.embedded.target import EmbeddedTarget

MS = 1_000_000
EXPECTED = frozenset(range(200, 400))
OF_ENDPOINT = ("request", "rules", "shown_url", "knows_length")


def asking(contender: Contender, **changes: Any) -> Contender:
    """The contender with ``changes`` of its one endpoint."""
    (endpoint,) = contender.endpoints
    changed = replace(endpoint, **changes)
    return replace(contender, endpoints=(changed,), mix=Mix((changed.request,)))


class Bench:
    """Makes contenders and trials, and remembers the trials so that none leaves a process."""

    def __init__(self, bundle: Bundle, launcher: Launcher, target: EmbeddedTarget) -> None:
        self.bundle = bundle
        self.target = target
        self.catalogue = Catalogue(bundle)
        self.place = Place(
            bundle=bundle,
            launcher=launcher,
            worker_cpus=None,
            target_cpus=1,
            target_cpu_ns=dict,
            scrub=lambda text: text,
        )
        self.trials: list[Trial] = []

    def contender(self, selector: str, *, path: str = "/", **changes: Any) -> Contender:
        """The contender that ``selector`` means; ``changes`` are fields of it."""
        spec = parse(selector)
        client = self.catalogue.select(spec)
        mode = spec.mode or next(iter(client.modes))
        loop = client.loop(mode, spec.loop)
        visible = self.catalogue.closure_with_loop(client, loop)
        url = self.target.base_url + path
        rules = Rules(EXPECTED, None, 5_000 * MS)
        endpoint = MeasuredEndpoint(Request("GET", url), rules, shown_url=url)
        asked = {name: changes.pop(name) for name in OF_ENDPOINT if name in changes}
        made = Contender(
            label=selector,
            client=client,
            mode=mode,
            loop=loop,
            versions=visible.versions,
            python=self.catalogue.python,
            python_version=self.catalogue.python_version,
            environment=self.catalogue.environment(visible),
            site=self.bundle.site(visible.entries),
            endpoints=(endpoint,),
            mix=Mix((endpoint.request,)),
            settings=Settings(timeout_s=5.0),
            concurrency=2,
            processes=1,
        )
        return asking(replace(made, **changes), **asked)

    def foreign(self, module: str, source: str, **changes: Any) -> Contender:
        """A contender whose adapter is ``source``, put where the workers find adapters."""
        code: Path = self.bundle.path / "code" / "adapters"
        (code / f"{module}.py").write_text(source)
        modes = {
            "sync": {"unequal": [], "largest_pool": None, "uses_target": True}
            | {"lacks": [], "can_peek": False}
        }
        null = self.catalogue.clients(["null"])[0]
        client = replace(null, name=module, module=f"adapters.{module}", modes=modes, linked={})
        return self.contender("null", label=module, client=client, mode="sync", **changes)

    def trial(self, contender: Contender) -> Trial:
        """A trial that was not started."""
        made = Trial(contender, 1, self.place)
        self.trials.append(made)
        return made

    def ready(self, contender: Contender) -> Trial:
        """A trial whose workers wait for their first window."""
        made = self.trial(contender)
        made.start()
        if not made.over:
            made.wait_ready()
        return made

    def run(
        self,
        contender: Contender,
        *,
        slice_ms: int = 50,
        requests: int | None = None,
        pace: Pace | None = None,
    ) -> Trial:
        """A whole short trial of one slice."""
        made = self.ready(contender)
        measure(made, slice_ms=slice_ms, requests=requests, pace=pace)
        made.close(made.drain)
        return made

    @contextmanager
    def logging(self) -> Iterator[None]:
        """The target keeps a log of everything meanwhile."""
        self.target.start_log(10_000)
        try:
            yield
        finally:
            self.target.stop_log()

    def end(self) -> None:
        for trial in self.trials:
            trial.end()


def measure(
    trial: Trial, *, slice_ms: int = 50, requests: int | None = None, pace: Pace | None = None
) -> None:
    """One slice."""
    trial.slice(0, 0, 0 if requests else 5 * MS, slice_ms * MS, requests, pace, trial.drain)


START_S = 60.0  # of a command, where others have the CPUs


def wait_until(condition: Any, seconds: float = 10.0) -> bool:
    """Whether ``condition()`` came true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
