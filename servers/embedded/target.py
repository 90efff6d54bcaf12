"""The embedded target, as seen by the process that starts it."""

from __future__ import annotations

import base64
import hashlib
import shutil
from array import array
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from servers.base import Counts, Target, TargetError
from servers.conversation import Conversation
from servers.embedded.options import Options, loopback_address
from servers.embedded.records import ConnectionRecord, RequestRecord, StallRecord, TruthLog

__all__ = ["EmbeddedTarget", "configuration"]

_LOG_TIMEOUT_S = 60.0
# A larger log would take too long to pass through the control channel.
_MAX_LOG_CAPACITY = 1_000_000
_MAX_STALL_NS = 10 * 10**9
_END_OF_TIME_NS = 2**63
_Record = TypeVar("_Record", RequestRecord, ConnectionRecord, StallRecord)
_HERE = Path(__file__).resolve().parent


class EmbeddedTarget(Target):
    """Our own server process, with HTTP or HTTPS, on a loopback port chosen by the kernel.

    ``several``: additional options for one of several instances. Raises ``ValueError`` for a host
    that is not loopback. The process ends with its parent.
    """

    name = "embedded"

    def __init__(
        self, tls: bool = False, host: str = "127.0.0.1", several: Options | None = None
    ) -> None:
        self._options = replace(several or Options(), tls=tls, host=loopback_address(host))
        self._conversation = Conversation("the embedded target")
        self._ready: dict[str, Any] = {}

    def start(self, cpus: Collection[int] | None = None) -> None:
        """Start the process, on these CPUs only if given. Raises ``TargetError``."""
        options = replace(self._options, cpus=tuple(sorted(cpus or ())))
        self._conversation.start("servers.embedded", options.to_words())
        self._ready = {}

    def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Return when it listens. Raises ``TargetError`` after ``timeout_s`` or when it died."""
        if not self._ready:
            self._ready = self._conversation.hear(timeout_s)

    @property
    def base_url(self) -> str:
        """Return scheme, host and port, without a trailing slash."""
        host = self._options.host
        scheme = "https" if self._options.tls else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._known('port')}"

    @property
    def ca_file(self) -> str | None:
        """Return the CA's certificate (PEM), which exists as long as the target.

        None without TLS.
        """
        path: str | None = self._known("ca_file")
        return path

    def processes(self) -> list[int]:
        """Return the id of its process; none before ``start`` and after ``stop``."""
        pid = self._conversation.pid
        return [] if pid is None else [pid]

    def counts(self) -> Counts:
        """Return requests and connections since the start. Raises ``TargetError`` if it is gone."""
        answer = self._ask("counts")
        return Counts(answer["requests"], answer["connections"])

    def start_log(self, capacity: int) -> None:
        """Record every request, every new connection and every stall from now on.

        There is room for ``capacity`` (1 to 1,000,000) records of each kind, 104 bytes of the
        server's memory for one of each; what does not fit is counted. An earlier log is thrown
        away. Raises ``ValueError`` for another capacity, ``TargetError`` if the target is gone.
        """
        if not 1 <= capacity <= _MAX_LOG_CAPACITY:
            raise ValueError(f"capacity {capacity}: a log holds 1 to {_MAX_LOG_CAPACITY:,} records")
        self._ask("start_log", capacity=capacity)

    def stop_log(self) -> None:
        """Begin no more records. Records already begun are completed, and ``read_log`` still works.

        Raises ``TargetError`` if the target is gone.
        """
        self._ask("stop_log")

    def read_log(self) -> TruthLog:
        """Return the records since ``start_log``; clients of the server wait meanwhile.

        Raises ``TargetError`` if no log was started or the target is gone.
        """
        answer = self._ask("read_log", timeout_s=_LOG_TIMEOUT_S)
        return TruthLog(
            requests=_records(RequestRecord, answer["requests"]),
            connections=_records(ConnectionRecord, answer["connections"]),
            stalls=_records(StallRecord, answer["stalls"]),
            left_out_requests=answer["requests"]["left_out"],
            left_out_connections=answer["connections"]["left_out"],
            left_out_stalls=answer["stalls"]["left_out"],
        )

    def stall(self, at_ns: int, length_ns: int) -> None:
        """Stop the whole server for ``length_ns``, once, from ``at_ns`` on.

        ``at_ns`` is an instant of the monotonic clock; if it has passed, the stall begins at once.
        Returns without waiting for it. ``length_ns`` is at most 10 s; one of more than 5 s makes
        ``counts`` give up. Raises ``ValueError`` for an instant or a length out of range,
        ``TargetError`` if the target is gone.
        """
        if not (0 <= at_ns < _END_OF_TIME_NS and 0 < length_ns <= _MAX_STALL_NS):
            raise ValueError(f"stall at {at_ns} for {length_ns} ns: at most {_MAX_STALL_NS} ns")
        self._ask("stall", at_ns=at_ns, length_ns=length_ns)

    def describe(self) -> dict[str, str]:
        """Return name, versions of its packages, and a hash of its code and options."""
        versions: dict[str, str] = self._known("versions")
        return {"name": self.name, **versions, "configuration": configuration(self._options.tls)}

    def stop(self) -> None:
        """Stop it and wait until it is gone; its certificate is removed, too."""
        ended = self._conversation.stop()
        if not ended and self._ready.get("ca_file") and not self._options.certificate:
            shutil.rmtree(Path(self._ready["ca_file"]).parent, ignore_errors=True)

    def _ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        self._known("port")
        return self._conversation.ask(command, **arguments)

    def _known(self, key: str) -> Any:
        """Return a field of the process's ``ready`` event."""
        if not self._ready:
            raise TargetError("the embedded target is not ready; call start and wait_ready first")
        return self._ready[key]


def _records(kind: type[_Record], table: dict[str, Any]) -> list[_Record]:
    """Read what ``servers.embedded.log.Table.to_json`` wrote."""
    cells = iter(array("q", base64.b64decode(table["cells"])))
    return [kind(*row) for row in zip(*[cells] * len(kind._fields), strict=True)]


def configuration(tls: bool) -> str:
    """Return a short hash of everything that defines the answers: the code, and TLS or not."""
    digest = hashlib.sha256(f"tls={tls}\n".encode())
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
