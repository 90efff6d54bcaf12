"""One request from the orchestrator before any client starts: is there a target, and what does it answer?"""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.parse import urlsplit

from adapters.base import Request, Settings
from harness import interrupts
from harness.errors import UnusableError
from harness.redaction import redact_url

__all__ = ["default_ca_file", "probe"]


def default_ca_file() -> str | None:
    """The machine's CA bundle: one file for every client, instead of each library's own."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return paths.cafile
    import certifi  # noqa: PLC0415  a requirement of requests; only where the system has no bundle

    return str(certifi.where())


def probe(request: Request, settings: Settings) -> tuple[int, int]:
    """Status and body length that ``request`` gets. Raises ``UnusableError``, one line."""
    shown = redact_url(request.url)
    try:
        with interrupts.allowed():
            return _ask(request, settings)
    except ssl.SSLCertVerificationError as error:
        raise UnusableError(
            f"url: {shown!r} has a certificate that is not trusted ({error.verify_message}); "
            "accepted: one signed by a known CA, or --insecure"
        ) from error
    except (http.client.HTTPException, UnicodeError) as error:
        raise UnusableError(
            f"url: {shown!r} does not answer in HTTP ({type(error).__name__}); "
            "accepted: an HTTP/1.1 server"
        ) from error
    except socket.gaierror as error:
        raise UnusableError(
            f"url: {shown!r} has a host that cannot be resolved ({error.strerror})"
        ) from error
    except TimeoutError as error:
        raise UnusableError(
            f"url: {shown!r} did not answer within {settings.timeout_s:g} s; see --timeout"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableError(
            f"url: {shown!r} cannot be reached ({reason}); accepted: a server that is running"
        ) from error


def _ask(request: Request, settings: Settings) -> tuple[int, int]:
    parts = urlsplit(request.url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=settings.ca_file)
        if not settings.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=settings.timeout_s, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=settings.timeout_s)
    path = parts.path or "/"
    try:
        connection.request(
            request.method,
            f"{path}?{parts.query}" if parts.query else path,
            body=request.body,
            headers=request.headers,
        )
        response = connection.getresponse()
        return response.status, len(response.read())
    finally:
        connection.close()
