"""All parts of one target (origins and perhaps a proxy), started in order and monitored."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from servers.base import TargetError
from servers.catalogue import configured, software
from servers.files import CA
from servers.native import Native
from servers.parts import LOOPBACK, POLL_S, Ask, Part, PartSpec, Runner
from servers.software import Address
from servers.spec import TargetSpec

__all__ = ["Assembly"]

READY_TIMEOUT_S = {"native": 15.0, "docker": 60.0, "docker-host": 60.0}
BALANCE_REQUESTS = 4  # for each instance, in a pass over the proxy


class Assembly:
    """One target's servers on this machine.

    Everything raises ``TargetError``; ``stop`` is always safe.
    """

    def __init__(self, spec: TargetSpec, folder: Path, label: str) -> None:
        self.spec = spec
        self.parts: list[Part] = []
        self._folder = folder
        self._software = configured(spec)
        self._counted: dict[str, int] = {}  # by instance, as last seen
        self._runner: Runner = _runner(spec, folder, label)
        self._ask = Ask(None)

    @property
    def front(self) -> Part:
        """Return the part that clients connect to."""
        return self.parts[-1]

    @property
    def _origins(self) -> list[Part]:
        return self.parts[:-1] if self._software.is_proxy else self.parts

    @property
    def base_url(self) -> str:
        """Return the URL that clients use."""
        return f"{'https' if self.spec.tls else 'http'}://{self.front.address}"

    @property
    def ca_file(self) -> str | None:
        """Return the CA's certificate file, with TLS."""
        return str(self._folder / CA) if self.spec.tls else None

    def start(self) -> None:
        """Start every part; return when every instance answers clients."""
        behind = [software(self.spec.upstream)] if self.spec.upstream else []
        self._runner.prepare([self._software, *behind])
        deadline = time.monotonic() + READY_TIMEOUT_S[self.spec.runtime]
        if self.spec.tls:
            # slow to import, and seldom needed
            from servers.certificates import issue  # noqa: PLC0415

            issue(self._folder)
        self._ask = Ask(self.ca_file)
        self._start_origins(deadline)
        if self._software.is_proxy:
            addresses = tuple(part.inner for part in self.parts)
            self._start(
                PartSpec(
                    name="proxy",
                    role="proxy",
                    software=self._software,
                    tls=self.spec.tls,
                    upstreams=addresses,
                    port=self.spec.port,
                    workers=len(self.spec.cpus) or len(os.sched_getaffinity(0)),
                )
            )
            self.front.wait_healthy(self._ask, deadline)
            if (
                not self._software.is_own
            ):  # the user's configuration decides which paths are forwarded
                self._wait_balanced(deadline)
        self._counted = self._counts_by_instance()

    def counts(self) -> dict[str, Any]:
        """Return counts ``by_instance`` (None if nothing is counted) and the ``lost`` instances.

        Raises if the proxy is gone, or every server.
        """
        if self._software.is_proxy:
            self.front.check()
        lost = []
        for part in self._origins:
            try:
                part.check()
            except TargetError as error:
                lost.append((part.name, str(error)))
        if len(lost) == len(self._origins):
            raise TargetError(lost[-1][1])
        self._counted |= self._counts_by_instance()
        by_instance = {name: self._counted[name] for name in sorted(self._counted)}
        return {"by_instance": by_instance or None, "lost": lost}

    def use(self) -> list[dict[str, Any]]:
        """Return what the containers have used so far."""
        return [vars(use) for part in self.parts if (use := part.use()) is not None]

    def describe(self) -> dict[str, str]:
        """Return versions and a hash of the whole configuration."""
        versions = {part.part_spec.software.name: part.version for part in self.parts}
        digest = hashlib.sha256()
        for part in self.parts:
            digest.update(f"{part.part_spec.software.name} {part.version}\n".encode())
            digest.update(_configured(part.part_spec))
        here = Path(__file__).parent
        ours = [*here.glob("conf/*.j2"), *here.glob("embedded/*.py"), here / "httpbin_app.py"]
        for path in sorted(ours):
            digest.update(path.read_bytes())
        # the text of the user's configuration is hashed above
        digest.update(replace(self.spec, alias="", config="").to_json().encode())
        return {**versions, "configuration": digest.hexdigest()[:16]}

    def stop(self) -> None:
        """Stop every part, the front first."""
        for part in reversed(self.parts):
            part.stop()
        self._runner.close()

    def _start_origins(self, deadline: float) -> None:
        spec = self.spec
        if self._software.is_proxy:
            kind = software(spec.upstream)
            for number in range(1, spec.instances + 1):
                self._start(PartSpec(f"instance-{number}", "origin", kind))
        else:
            processes = spec.instances if self._software.process_per_instance else 1
            for number in range(1, processes + 1):
                port = self.parts[0].address.port if self.parts else spec.port
                self._start(
                    PartSpec(
                        name=f"instance-{number}",
                        role="origin",
                        software=self._software,
                        tls=spec.tls,
                        port=port,
                        workers=spec.instances,
                    )
                )
        for part in self.parts:
            part.wait_healthy(self._ask, deadline)

    def _start(self, part_spec: PartSpec) -> None:
        part = self._runner.make(part_spec)
        self.parts.append(part)
        part.start()

    def _wait_balanced(self, deadline: float) -> None:
        """Send requests through the proxy until each instance has answered."""
        missing = {part.name for part in self._origins}
        while missing and time.monotonic() < deadline:
            self.front.check()
            for _ in range(BALANCE_REQUESTS * self.spec.instances):
                with contextlib.suppress(OSError):
                    _, who, _ = self._ask(self.front, "/health")
                    missing.discard(who)
                if not missing:
                    return
            time.sleep(POLL_S)
        if missing:
            raise TargetError(
                f"{self.spec.name}: the proxy forwards no requests to {', '.join(sorted(missing))}; "
                f"its log ends: {self.front.last_words()}"
            )

    def _counts_by_instance(self) -> dict[str, int]:
        counts = {}
        for part in self.parts:
            # ``check`` finds out whether it is gone
            with contextlib.suppress(OSError, TargetError):
                requests = part.requests(self._ask)
                if requests is not None:
                    counts[part.name] = requests
        return counts


def _configured(part_spec: PartSpec) -> bytes:
    """Return a part's configuration without paths and ports, for its hash; also for plug-ins."""
    somewhere = Address(LOOPBACK, 0)
    placeless = replace(part_spec, upstreams=(somewhere,) * len(part_spec.upstreams))
    layout = placeless.layout(somewhere, ".", "scratch")
    files = sorted(part_spec.software.files(layout).items())
    return repr((files, part_spec.software.command(layout))).encode()


def _runner(spec: TargetSpec, folder: Path, label: str) -> Runner:
    if spec.runtime == "native":
        return Native(folder, spec.cpus)
    # the SDK is slow to import, and needed here only
    from servers.containers import Docker  # noqa: PLC0415

    return Docker(spec, folder, label)
