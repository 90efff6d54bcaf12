"""Parses the client certificate: ``--cert``, ``--key`` and ``--key-password-env``.

Everything that would make each handshake fail is told before anything starts. No message repeats
the content of a file, the password, or the name of its variable: that may be the password.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.input.options import Options
from harness.input.request_input import certificates_problem, kind_problem
from harness.option_names import option
from harness.redaction import quoted, refusal
from harness.scenario.competitors import Competitor
from harness.scenario.endpoints import Endpoint

if TYPE_CHECKING:
    import ssl

__all__ = ["ClientCertificate", "check_https", "parse_certificate"]

ACCEPTED = "a FILE with a certificate in PEM format"
ACCEPTED_KEY = "a FILE with the certificate's private key in PEM format"
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, for which ssl has no name
MOST_FLIGHTS = 5  # turns of the two sides until a handshake is done
MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")


@dataclass(frozen=True)
class ClientCertificate:
    """The certificate that clients show, its key (absolute paths), and the password of that."""

    cert_file: str | None = None
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)  # None: the key is not encrypted


class _EncryptedError(Exception):
    """A password is needed, and there is none."""


def parse_certificate(options: Options, environ: Mapping[str, str]) -> ClientCertificate:
    """Read the certificate and its key, and try them. Raises ``UsageError``."""
    if options.cert is None or options.key is None:
        _check_alone(options)
        return ClientCertificate()
    cert = _path("cert", options.cert, ACCEPTED, certificates_problem)
    key = _path("key", options.key, ACCEPTED_KEY, _key_problem)
    password = _password(options.key_password_env, environ)
    is_encrypted = _try(options, cert, key, password)
    problem = _validity_problem(_dates(cert, key, password), time.time())
    if problem:
        raise refusal("cert", options.cert, f"a certificate that is valid now ({problem})")
    return ClientCertificate(str(cert), str(key), password if is_encrypted else None)


def check_https(
    options: Options, competitors: Iterable[Competitor], endpoints: Sequence[Endpoint]
) -> None:
    """Refuse a certificate that nobody would ask for: all requests are plain http."""
    if options.cert is None:
        return
    for competitor in competitors:
        target = competitor.target
        is_secure = target.url.startswith("https:") if target.url else target.tls
        urls = [one.url for one in endpoints]
        if not any(url.startswith("https:") if url else is_secure for url in urls or [None]):
            raise UsageError(
                "applies to https, and the server is asked over plain http; expected an https URL, "
                f"or {option('https')} for a target that clientbench starts",
                "cert",
            )


def _check_alone(options: Options) -> None:
    """Refuse a part of what belongs together."""
    if options.cert is not None:
        raise UsageError(f"needs its private key; expected {option('key')} FILE too", "cert")
    if options.key is not None:
        raise UsageError(f"needs its certificate; expected {option('cert')} FILE too", "key")
    if options.key_password_env is not None:
        raise UsageError(
            f"there is no key; expected {option('cert')} and {option('key')} too",
            "key_password_env",
        )


def _path(field_: str, text: str, accepted: str, problem_of: Callable[[Path], str]) -> Path:
    """Return the absolute path of a file that is as it should be."""
    path = Path(text).absolute()
    try:
        # not every worker can read a pipe, and opening one may block for ever
        problem = kind_problem(path, path.is_file(), "a regular file") or problem_of(path)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "not a file name"
    if problem:
        raise refusal(field_, text, f"{accepted} ({problem})")
    return path


def _key_problem(path: Path) -> str:
    return "" if b"PRIVATE KEY-----" in path.read_bytes() else "it has no private key"


def _password(variable: str | None, environ: Mapping[str, str]) -> str | None:
    if variable is None:
        return None
    if variable not in environ:
        raise UsageError(
            "no such variable is set; expected the NAME of an environment variable with the "
            f"password of {option('key')}",
            "key_password_env",
        )
    return environ[variable]


def _try(options: Options, cert: Path, key: Path, password: str | None) -> bool:
    """Load both as a client would; return whether the key is encrypted."""
    import ssl  # noqa: PLC0415  slow to load, and seldom needed

    asked = False

    def given() -> str:
        nonlocal asked
        asked = True
        if password is None:
            raise _EncryptedError
        return password

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert, key, given)
    except _EncryptedError:
        problem = f"it is encrypted: see {option('key_password_env')}"
    except (OSError, ValueError) as error:  # ValueError: a password that cannot be one
        if asked:
            raise UsageError(
                f"its variable does not have the password of {option('key')} "
                f"{quoted(options.key)}; expected one that has",
                "key_password_env",
            ) from None
        problem = _of_loading(error)
    else:
        return asked
    raise refusal("key", options.key, f"{ACCEPTED_KEY} ({problem})") from None


def _of_loading(error: Exception) -> str:
    reason = getattr(error, "reason", None) or "it cannot be read"
    if reason in MISMATCHES:
        return "it belongs to another certificate"
    if reason == "PEM lib":
        return "it cannot be read"
    return str(reason).replace("_", " ").lower()


def _dates(cert: Path, key: Path, password: str | None) -> tuple[float, float] | None:
    """Return from when until when it is valid, in s since the epoch; None: that cannot be read.

    Only the other side of a connection can read a certificate with the standard library's public
    functions, so both sides are here, in memory. It is trusted for that, at any time.
    """
    import ssl  # noqa: PLC0415  slow to load, and seldom needed

    with suppress(OSError, ValueError):
        asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        asking.verify_mode = ssl.CERT_REQUIRED
        asking.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | NO_CHECK_TIME
        asking.load_verify_locations(cadata=cert.read_bytes().decode("ascii", "replace"))
        showing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        showing.check_hostname = False
        showing.verify_mode = ssl.CERT_NONE
        for side in (asking, showing):
            side.load_cert_chain(cert, key, password or "")
        seen = _shown(asking, showing)
        return (
            ssl.cert_time_to_seconds(str(seen["notBefore"])),
            ssl.cert_time_to_seconds(str(seen["notAfter"])),
        )
    return None


def _shown(asking: ssl.SSLContext, showing: ssl.SSLContext) -> Mapping[str, object]:
    """Return the certificate as the asking side sees it. Raises OSError or ValueError."""
    import ssl  # noqa: PLC0415  slow to load, and seldom needed

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = showing.wrap_bio(to_client, to_server)
    server = asking.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(MOST_FLIGHTS):
        for side in (client, server):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return server.getpeercert() or {"notBefore": "", "notAfter": ""}


def _validity_problem(dates: tuple[float, float] | None, now_s: float) -> str:
    """Say that it is too early or too late for the certificate; empty if it is not."""
    if dates is None:
        return ""
    start_s, end_s = dates
    if now_s < start_s:
        return f"it is valid from {_day(start_s)} on"
    return f"it expired on {_day(end_s)}" if now_s > end_s else ""


def _day(instant_s: float) -> str:
    return f"{datetime.fromtimestamp(instant_s, UTC):%Y-%m-%d %H:%M} UTC"
