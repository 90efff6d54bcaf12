"""Every exception a library can raise from the network has a kind, and it is the telling one."""

from __future__ import annotations

import asyncio
import http.client
import importlib
import socket
import ssl
import subprocess
import sys

import pycurl
import pytest

from adapters.base import ERROR_KINDS, BodyTooLongError, Settings
from adapters.null import Null
from adapters.pycurl import Pycurl
from tests.adapters.clients import CLIENTS, Client

BASE = "a base class: what is raised is one of its subclasses"
MISUSE = "a mistake in the calling program, found before anything is sent"
READ_TWICE = "a mistake in reading the response, which no adapter makes"
UNUSED = "belongs to a feature no adapter uses"
STATUS = "raised by raise_for_status(), which no adapter calls"

# Where the library keeps its exceptions, and which of them are deliberately "other", and why.
EXCEPTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "requests": (
        "requests.exceptions",
        {
            "HTTPError": STATUS,
            "InvalidHeader": MISUSE,
            "InvalidJSONError": UNUSED,
            "InvalidProxyURL": MISUSE,
            "InvalidSchema": MISUSE,
            "InvalidURL": MISUSE,
            "JSONDecodeError": UNUSED,
            "MissingSchema": MISUSE,
            "RequestException": BASE,
            "StreamConsumedError": READ_TWICE,
            "URLRequired": MISUSE,
            "UnrewindableBodyError": MISUSE,
        },
    ),
    "urllib3": (
        "urllib3.exceptions",
        {
            "BodyNotHttplibCompatible": READ_TWICE,
            "ClosedPoolError": MISUSE,
            "EmptyPoolError": MISUSE,
            "FullPoolError": MISUSE,
            "HTTPError": BASE,
            "HostChangedError": MISUSE,
            "LocationParseError": MISUSE,
            "LocationValueError": MISUSE,
            "PoolError": BASE,
            "ProxySchemeUnknown": MISUSE,
            "ProxySchemeUnsupported": MISUSE,
            "RequestError": BASE,
            "TimeoutStateError": MISUSE,
            "URLSchemeUnknown": MISUSE,
            "UnrewindableBodyError": MISUSE,
        },
    ),
    "httpx": (
        "httpx",
        {
            "CookieConflict": UNUSED,
            "HTTPError": BASE,
            "HTTPStatusError": STATUS,
            "InvalidURL": MISUSE,
            "RequestError": BASE,
            "RequestNotRead": READ_TWICE,
            "ResponseNotRead": READ_TWICE,
            "StreamClosed": READ_TWICE,
            "StreamConsumed": READ_TWICE,
            "StreamError": READ_TWICE,
        },
    ),
    "aiohttp": (
        "aiohttp",
        {
            "ClientError": BASE,
            "EofStream": READ_TWICE,
            "InvalidURL": MISUSE,
            "InvalidUrlClientError": MISUSE,
            "InvalidUrlRedirectClientError": UNUSED,
            "NonHttpUrlClientError": MISUSE,
            "NonHttpUrlRedirectClientError": UNUSED,
            "RedirectClientError": UNUSED,
            "UploadAbortedError": UNUSED,
            "WSMessageTypeError": UNUSED,
            "WebSocketError": UNUSED,
        },
    ),
    "requestx": (
        "requestx",
        {
            "CookieConflict": UNUSED,
            "HTTPError": BASE,
            "HTTPStatusError": STATUS,
            "InvalidURL": MISUSE,
        },
    ),
    "stdlib": ("http.client", {}),
    "raw": ("adapters.raw", {}),
}

# curl's error numbers that are deliberately "other", by why.
CURL_OTHER: dict[str, str] = {
    "other protocols": """
        CHUNK_FAILED CONV_FAILED CONV_REQD FILE_COULDNT_READ_FILE FTP_ACCEPT_FAILED
        FTP_ACCEPT_TIMEOUT FTP_ACCESS_DENIED FTP_BAD_FILE_LIST FTP_CANT_GET_HOST
        FTP_COULDNT_GET_SIZE FTP_COULDNT_RETR_FILE FTP_COULDNT_SET_ASCII FTP_COULDNT_SET_TYPE
        FTP_COULDNT_STOR_FILE FTP_COULDNT_USE_REST FTP_PORT_FAILED FTP_PRET_FAILED FTP_QUOTE_ERROR
        FTP_WEIRD_227_FORMAT FTP_WEIRD_PASS_REPLY FTP_WEIRD_PASV_REPLY FTP_WRITE_ERROR
        LDAP_CANNOT_BIND LDAP_INVALID_URL LDAP_SEARCH_FAILED LOGIN_DENIED REMOTE_DISK_FULL
        REMOTE_FILE_EXISTS REMOTE_FILE_NOT_FOUND RTSP_CSEQ_ERROR RTSP_SESSION_ERROR SSH
        TELNET_OPTION_SYNTAX TFTP_ILLEGAL TFTP_NOSUCHUSER TFTP_NOTFOUND TFTP_PERM TFTP_UNKNOWNID
    """,
    "options no adapter sets": """
        BAD_DOWNLOAD_RESUME HTTP_POST_ERROR HTTP_RANGE_ERROR HTTP_RETURNED_ERROR
        SEND_FAIL_REWIND
    """,
    "a mistake in the calling program, or in its memory": """
        AGAIN ALREADY_COMPLETE BAD_CALLING_ORDER BAD_FUNCTION_ARGUMENT BAD_PASSWORD_ENTERED
        CALL_MULTI_PERFORM FAILED_INIT FUNCTION_NOT_FOUND LIBRARY_NOT_FOUND MALFORMAT_USER
        NOT_BUILT_IN OK OUT_OF_MEMORY READ_ERROR SHARE_IN_USE UNKNOWN_OPTION URL_MALFORMAT
        WRITE_ERROR
    """,
}


def exceptions(module_name: str) -> dict[str, type[BaseException]]:
    """The public exceptions of a module that are its library's own."""
    library = module_name.partition(".")[0]
    return {
        name: value
        for name, value in vars(importlib.import_module(module_name)).items()
        if isinstance(value, type)
        and issubclass(value, BaseException)
        and not issubclass(value, Warning)
        and not name.startswith("_")
        and value.__module__.partition(".")[0] == library
    }


def test_every_exception_of_the_library_has_a_kind(client: Client) -> None:
    # pycurl has one exception; its numbers have a test of their own.
    module_name, deliberate = EXCEPTIONS.get(client.name, ("", {}))
    assert module_name or client.name == "pycurl"
    adapter = client.make(Settings()).adapter
    unmapped = {
        name
        for name, error in (exceptions(module_name) if module_name else {}).items()
        if adapter.classify(error.__new__(error)) == "other"
    }
    assert unmapped == set(deliberate)


def test_every_error_number_of_curl_has_a_kind() -> None:
    adapter = Pycurl(Settings())
    adapter.open()
    numbers = {getattr(pycurl, name) for name in dir(pycurl) if name.startswith("E_")}
    unmapped = {n for n in numbers if adapter.classify(pycurl.error(n, "")) == "other"}
    adapter.close()
    names = " ".join(CURL_OTHER.values()).split()
    assert unmapped == {getattr(pycurl, f"E_{name}") for name in names}


def test_kinds_named_by_adapters_exist() -> None:
    for client in CLIENTS:
        if client.adapter is not None:
            assert {kind for _, kind in client.adapter.error_kinds} <= set(ERROR_KINDS)


# -- the base class --------------------------------------------------------------------------------


def raised(*errors: BaseException) -> BaseException:
    """The last of the errors, each raised from the one before."""
    cause: BaseException | None = None
    for error in errors:
        error.__cause__ = cause
        cause = error
    assert cause is not None
    return cause


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(), "connect"),
        (ConnectionResetError(), "reset"),
        (BrokenPipeError(), "reset"),
        (TimeoutError(), "timeout_read"),
        (socket.gaierror(), "dns"),
        (ssl.SSLCertVerificationError(), "tls"),
        (ssl.SSLEOFError(), "reset"),
        (asyncio.CancelledError(), "cancelled"),
        (http.client.BadStatusLine("x"), "protocol"),
        (http.client.RemoteDisconnected(), "reset"),
        (http.client.IncompleteRead(b""), "body"),
        (OSError(), "other"),
        (ValueError("read length must be non-negative or -1"), "protocol"),
        (OverflowError(), "protocol"),
        (UnicodeError(), "other"),
        (MemoryError(), "body"),
        (BodyTooLongError(1), "body"),
        (raised(socket.gaierror(), OSError()), "dns"),
        (raised(ssl.SSLError(), ConnectionRefusedError()), "tls"),
        (raised(ConnectionResetError(), http.client.IncompleteRead(b"")), "reset"),
        (raised(TimeoutError(), ConnectionResetError(), OSError()), "reset"),
        (OSError("wrapped", ConnectionRefusedError()), "connect"),
    ],
    ids=repr,
)
def test_the_most_telling_cause_names_the_kind(error: BaseException, kind: str) -> None:
    assert Null(Settings()).classify(error) == kind


def test_causes_that_lead_in_a_circle_end() -> None:
    first, second = OSError(), OSError()
    first.__cause__, second.__cause__ = second, first
    assert Null(Settings()).classify(first) == "other"


def test_the_contract_loads_nothing_the_measured_process_need_not_have() -> None:
    code = "import sys, adapters.null; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"asyncio", "ssl", "socket", "http.client"} & set(found)
