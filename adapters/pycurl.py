"""``pycurl``: one easy handle per thread, set up once and performed many times."""

from __future__ import annotations

import errno
from io import BytesIO

import pycurl

from adapters.base import Adapter, BaseAdapter, ErrorKind, Request, Response

__all__ = ["ADAPTERS", "Pycurl"]

_IDLE_S = 3600
_E_TOO_LARGE = 100  # the header, for one; pycurl has no name for it

_KINDS: dict[int, ErrorKind] = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_RESOLVE_PROXY: "dns",
    pycurl.E_COULDNT_CONNECT: "connect",
    pycurl.E_INTERFACE_FAILED: "connect",
    pycurl.E_NO_CONNECTION_AVAILABLE: "connect",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
    pycurl.E_SSL_CACERT_BADFILE: "tls",
    pycurl.E_SSL_CERTPROBLEM: "tls",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_SSL_CRL_BADFILE: "tls",
    pycurl.E_SSL_ENGINE_INITFAILED: "tls",
    pycurl.E_SSL_ENGINE_NOTFOUND: "tls",
    pycurl.E_SSL_ENGINE_SETFAILED: "tls",
    pycurl.E_SSL_INVALIDCERTSTATUS: "tls",
    pycurl.E_SSL_ISSUER_ERROR: "tls",
    pycurl.E_SSL_PINNEDPUBKEYNOTMATCH: "tls",
    pycurl.E_SSL_SHUTDOWN_FAILED: "tls",
    pycurl.E_USE_SSL_FAILED: "tls",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_PARTIAL_FILE: "body",
    pycurl.E_BAD_CONTENT_ENCODING: "body",
    pycurl.E_FTP_WEIRD_SERVER_REPLY: "protocol",  # curl's name for it now is WEIRD_SERVER_REPLY
    pycurl.E_UNSUPPORTED_PROTOCOL: "protocol",
    pycurl.E_TOO_MANY_REDIRECTS: "protocol",
    pycurl.E_HTTP2: "protocol",
    _E_TOO_LARGE: "protocol",
    pycurl.E_ABORTED_BY_CALLBACK: "cancelled",
}


class Pycurl(Adapter):
    """``Curl.perform`` into a reused ``BytesIO``, or into a callback that is given chunks."""

    name = "pycurl"
    session_scope = "slot"
    files_per_slot = 3  # a handle keeps an epoll and an event descriptor; without: "out of memory"
    can_stream = True
    unequal = (
        "libcurl has no read timeout: the timeout holds for the request as a whole",
        "libcurl resends a request once when a kept connection turns out to be closed",
    )

    @classmethod
    def linked_versions(cls) -> dict[str, str]:
        """Versions of libcurl and of its TLS library."""
        info = pycurl.version_info()
        tls, _, version = str(info[5]).partition("/")
        return {"libcurl": str(info[1]), tls: version}

    def open(self) -> None:
        """Create the handle; its options follow with the first request."""
        self._curl = pycurl.Curl()
        self._request: Request | None = None
        self._body = BytesIO()
        self._length = 0

    def send(self, request: Request) -> Response:
        """One request, its whole body read."""
        if request is not self._request:
            self._set_up(request)
        if self.settings.stream:
            self._length = 0
            self._curl.perform()
            return self._curl.getinfo(pycurl.RESPONSE_CODE), self._length
        body = self._body
        body.seek(0)
        body.truncate()
        self._curl.perform()
        return self._curl.getinfo(pycurl.RESPONSE_CODE), body.tell()

    def close(self) -> None:
        """Close the handle and its connections."""
        self._curl.close()

    def classify(self, error: BaseException) -> ErrorKind:
        """By curl's error number; for a timeout, by how far the handle says it came."""
        if not isinstance(error, pycurl.error):
            return super().classify(error)
        code: int = error.args[0]
        info = self._curl.getinfo
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return "timeout_total" if info(pycurl.REQUEST_SIZE) else "timeout_connect"
        was_reset = info(pycurl.OS_ERRNO) in (errno.ECONNRESET, errno.EPIPE)
        if code == pycurl.E_SSL_CONNECT_ERROR and was_reset:
            return "reset"
        # Over TLS, a stream that ends without a goodbye is an error of receiving.
        if code == pycurl.E_RECV_ERROR and not was_reset and info(pycurl.RESPONSE_CODE):
            return "body"
        return _KINDS.get(code, "other")

    def _set_up(self, request: Request) -> None:
        """Set every option anew; ``reset`` keeps connections, DNS answers and TLS sessions."""
        self._curl.reset()
        self._set_session()
        self._set_request(request)
        self._request = request

    def _set_session(self) -> None:
        curl, settings = self._curl, self.settings
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.MAXCONNECTS, settings.pool_size)
        curl.setopt(
            pycurl.WRITEFUNCTION, self._count_chunk if settings.stream else self._body.write
        )
        if settings.ca_file:
            curl.setopt(pycurl.CAINFO, settings.ca_file)
        if not settings.verify:
            curl.setopt(pycurl.SSL_VERIFYPEER, 0)
            curl.setopt(pycurl.SSL_VERIFYHOST, 0)
        if settings.profile == "parity":
            self._set_parity()

    def _set_parity(self) -> None:
        curl, timeout_ms = self._curl, round(self.settings.timeout_s * 1000)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, timeout_ms)
        curl.setopt(pycurl.TIMEOUT_MS, timeout_ms)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.FORBID_REUSE, 0)
        # Between windows a handle is idle for longer than the default 118 s.
        curl.setopt(pycurl.MAXAGE_CONN, _IDLE_S)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        # Empty is not "unset": it turns the environment's proxies off.
        curl.setopt(pycurl.PROXY, "")

    def _set_request(self, request: Request) -> None:
        curl, body = self._curl, request.body
        curl.setopt(pycurl.URL, request.url)
        if body is None and request.method in ("POST", "PUT", "PATCH"):
            body = b""
        if body is not None:
            curl.setopt(pycurl.POSTFIELDS, body)
        if request.method == "HEAD":
            curl.setopt(pycurl.NOBODY, 1)
        elif body is not None or request.method != "GET":
            curl.setopt(pycurl.CUSTOMREQUEST, request.method)
        curl.setopt(pycurl.HTTPHEADER, self._header_lines(request))

    def _header_lines(self, request: Request) -> list[str]:
        lines = [
            f"{name}: {value}" if value else f"{name};" for name, value in request.headers.items()
        ]
        if self.settings.profile == "parity":
            # What curl adds for a body, and no other client does.
            given = {name.lower() for name in request.headers}
            lines += [
                f"{name}:" for name in ("Expect", "Content-Type") if name.lower() not in given
            ]
        return lines

    def _count_chunk(self, chunk: bytes) -> None:
        self._length += len(chunk)


ADAPTERS: tuple[type[BaseAdapter], ...] = (Pycurl,)
