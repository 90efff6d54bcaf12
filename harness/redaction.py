"""Keeps secrets out of everything that is stored, logged or shown.

Authorization, cookies, URL user-info and keys never reach database, log or report. Anything that
may be a secret is hidden: hiding a harmless value is a nuisance, publishing a key is a leak.

Known limit: a secret that has neither a telling name nor the form of a key cannot be recognised
(``?q=hunter2``), nor can one in a host name.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import cast
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from harness.errors import UsageError
from harness.text import meant, one_line, shortened

__all__ = [
    "HIDDEN",
    "SHORTEST_PIECE",
    "Redactor",
    "body_secrets",
    "header_secrets",
    "hide_named",
    "holds_secret",
    "is_telling",
    "looks_secret",
    "one_of",
    "quoted",
    "redact_headers",
    "redact_tags",
    "redact_url",
    "refusal",
    "secrets_of_urls",
]

HIDDEN = "***"
LONGEST_MESSAGE = 500  # characters of a foreign message that are kept

# Formats that issuers document; found anywhere in a text.
_KNOWN_FORMATS = re.compile(
    r"""(?:AKIA|ASIA)[0-9A-Z]{16}            # AWS access key
    | gh[pousr]_[A-Za-z0-9]{16,}             # GitHub
    | github_pat_[A-Za-z0-9_]{16,}
    | glpat-[A-Za-z0-9_-]{16,}               # GitLab
    | xox[a-z]-[A-Za-z0-9-]{8,}              # Slack
    | (?:sk|pk|rk)[_-](?:live|test|proj|ant)[_-][A-Za-z0-9_-]{8,}   # Stripe, model APIs
    | AIza[0-9A-Za-z_-]{16,}                 # Google
    | eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,4}   # JWT
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[A-Za-z0-9_+/=~%-]{16,}")

# Every text matches (RFC 3986, appendix B).
_URL = re.compile(
    r"(?P<scheme>[^:/?#]+:)?(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?"
    r"(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_AUTHORITY_START = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_AUTHORITY = re.compile(r"(?:\[[^@\]]*\]|[^@:\[\]]*)(?::[0-9]*)?")
_TELLING_NAME = re.compile(
    r"key|token|secret|passw|passphrase|pwd|sig|auth|session|credential|code|jwt|cookie|csrf|xsrf"
    r"|bearer|saml|assertion|otp|sid$|^sid|nonce|private|access|login|^pass$|^pin$|^user",
    re.IGNORECASE,
)
_URL_IN_TEXT = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
_TARGET_IN_TEXT = re.compile(r"/[^\s'\"<>?]*\?[^\s'\"<>]+")  # as in "GET /path?token=… HTTP/1.1"
# Up to the next name; bounded, because a long text of blanks or of letters may come from outside.
_NAMED_VALUE = re.compile(
    r"((?<![\w-])([\w-]{1,100})\s{0,9}=\s{0,9})(?:(?!\s[\w-]{1,100}\s{0,9}=).)+", re.DOTALL
)
_CUT = "…"  # marks text that ``quoted`` has left out
# Shorter secrets would remove common words from every message.
_SHORTEST_SECRET = 4
SHORTEST_PIECE = 8
_MAX_BODY_SCANNED = 8 * 2**10  # messages quote the beginning of a body, if any of it
_KEY_LIKE = re.compile(r"[A-Za-z0-9_.~+/=-]{16,}")
# Paths that are secrets as a whole: webhooks of Slack and Discord, bots of Telegram.
_WEBHOOKS = re.compile(
    r"(/services/(?=T[A-Z0-9]{6,}/B)|/api/webhooks/(?=[0-9])|/bot(?=[0-9]+:))([^?#]+)"
)
_HARMLESS_HEADERS = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-encoding",
        "content-language",
        "content-type",
        "date",
        "dnt",
        "host",
        "if-modified-since",
        "pragma",
        "range",
        "upgrade-insecure-requests",
        "user-agent",
    }
)


def redact_url(url: str) -> str:
    """Return ``url`` (or a path with query) without user-info, fragment and possible keys.

    Never fails, whatever the text. Values of telling names (``?access_token=``) and values and path
    segments that look like keys become ``***``; plain ones such as ``?numbytes=10`` stay.
    """
    start, _, rest = _split_user_info(url)
    match = cast("re.Match[str]", _URL.fullmatch(start + rest))
    authority, query = match["authority"], match["query"]
    return "".join(
        (
            match["scheme"] or "",
            "" if authority is None else f"//{authority}",
            _redacted_path(match["path"]),
            "" if query is None else "?" + _redacted_pairs(query, "&", _value_may_be_secret),
        )
    )


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Hide all values of ``headers``, except those of a few harmless names that hold no key."""
    return {
        HIDDEN if looks_secret(name) else name: (
            value if name.lower() in _HARMLESS_HEADERS and not looks_secret(value) else HIDDEN
        )
        for name, value in headers.items()
    }


def holds_secret(name: str, value: str) -> bool:
    """Say whether the name or the value of a header is that of a secret."""
    if redact_headers({name: value}) == {name: value}:
        return False
    return is_telling(name) or looks_secret(value) or redact_url(value) != value


def redact_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Hide the values of tags with telling names."""
    return {key: HIDDEN if value and is_telling(key) else value for key, value in tags.items()}


def hide_named(text: str) -> str:
    """Hide every value of a telling name in ``text``, as in ``password=…``, up to the next name."""

    def hidden(found: re.Match[str]) -> str:
        return f"{found[1]}{HIDDEN}" if is_telling(found[2]) else found[0]

    return _NAMED_VALUE.sub(hidden, text)


class Redactor:
    """Removes the secrets of one scenario from free text, such as the messages of exceptions."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.secrets = frozenset(one for one in secrets if len(one) >= _SHORTEST_SECRET)
        spellings = {spelling for secret in self.secrets for spelling in _spellings(secret)}
        # longest first: a secret may be part of another
        self._spellings = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        self._literals = re.compile(
            "|".join(map(re.escape, self._spellings)) or "(?!)", re.IGNORECASE
        )

    @classmethod
    def of(cls, urls: Iterable[str], headers: Mapping[str, str], body: bytes | None) -> Redactor:
        """Make the redactor for requests of these parts; a URL may be a path, or have user-info."""
        in_urls = {secret for url in urls for secret in _url_secrets(url)}
        return cls({*in_urls, *header_secrets(headers), *body_secrets(body or b"")})

    @classmethod
    def joined(cls, others: Iterable[Redactor]) -> Redactor:
        """Make the redactor of everything that others know."""
        return cls({secret for other in others for secret in other.secrets})

    def scrub(self, text: str) -> str:
        """Remove the secrets from ``text``, however they are escaped, and redact every URL.

        Shorten afterwards: of a secret that was cut, only the beginning of a known one before the
        mark ``…`` is found.
        """
        text = self._literals.sub(HIDDEN, text)
        *cut, last = text.split(_CUT)
        text = _CUT.join([*map(self._without_end, cut), last])
        return _KNOWN_FORMATS.sub(HIDDEN, _without_url_secrets(text))

    def message(self, text: str) -> str:
        """Prepare a foreign message for storing: scrubbed, on one visible line, shortened."""
        return shortened(one_line(self.scrub(text)), LONGEST_MESSAGE)

    def _without_end(self, text: str) -> str:
        """Remove the beginning of a secret from the end of ``text``."""
        for spelling in self._spellings:
            for length in range(min(len(spelling), len(text)), _SHORTEST_SECRET - 1, -1):
                if text.endswith(spelling[:length]):
                    return text[:-length] + HIDDEN
        return text


def looks_secret(text: str) -> bool:
    """Say whether ``text`` contains something like a key: a known format, or long and random."""
    plain = unquote(text)
    if _KNOWN_FORMATS.search(plain):
        return True
    return any(_looks_random(word) for word in _WORD.findall(plain))


def quoted(value: object, limit: int = 60) -> str:
    """Quote ``value`` for a message: URLs redacted, shortened, hidden if it looks like a key."""
    text = _without_url_secrets(str(value))
    if looks_secret(text):
        return repr(HIDDEN)
    return repr(text if len(text) <= limit else text[:limit] + _CUT)


def refusal(field: str, value: object, accepted: str, known: Collection[str] = ()) -> UsageError:
    """Return the error for a bad value, with the nearest of the ``known`` ones.

    Never pass a header value, a body or user-info.
    """
    guess = meant(str(value), known)
    return UsageError(f"{quoted(value)} is not valid; {guess}expected {accepted}", field)


def one_of(field: str, text: str, known: Collection[str], accepted: str = "") -> str:
    """Return ``text`` in lower case, if it is one of ``known``. Raises ``UsageError``."""
    word = text.strip().lower()
    if word not in known:
        raise refusal(field, text, accepted or ", ".join(known), known)
    return word


def _without_url_secrets(text: str) -> str:
    """Redact every URL, and every path with a query, in ``text``."""
    text = _URL_IN_TEXT.sub(lambda match: redact_url(match[0]), text)
    return _TARGET_IN_TEXT.sub(lambda match: redact_url(match[0]), text)


def _split_user_info(url: str) -> tuple[str, str, str]:
    """Split ``url`` into the part before the user-info, the user-info without ``@``, and the rest.

    A raw ``/``, ``?`` or ``#`` in a password cuts the authority short. The remainder is then not a
    valid authority, and everything up to the last ``@`` counts as user-info.
    """
    match = _AUTHORITY_START.match(url)
    start = match.end() if match else 0
    authority = re.split(r"[/?#]", url[start:], maxsplit=1)[0]
    if match and _AUTHORITY.fullmatch(authority):
        return url[:start], "", url[start:]
    within = url[start:] if match and "@" not in authority else authority
    user_info = within.rpartition("@")[0]
    rest = url[start:].removeprefix(f"{user_info}@") if "@" in within else url[start:]
    return url[:start], user_info, rest


def _redacted_path(path: str) -> str:
    path = _WEBHOOKS.sub(rf"\1{HIDDEN}", path)
    return "/".join(_redacted_pairs(segment, ";", looks_secret) for segment in path.split("/"))


def _redacted_pairs(text: str, separator: str, suspicious: Callable[[str], bool]) -> str:
    return separator.join(_redacted_pair(pair, suspicious) for pair in text.split(separator))


def _redacted_pair(pair: str, suspicious: Callable[[str], bool]) -> str:
    name, equals, value = pair.partition("=")
    if not equals or looks_secret(name):
        return HIDDEN if suspicious(pair) else pair
    hide = _TELLING_NAME.search(unquote(name)) or suspicious(value)
    return f"{name}={HIDDEN if hide and value else value}"


def secrets_of_urls(text: str) -> Iterator[str]:
    """Yield the secrets of every URL in ``text``."""
    starts = [0, *(match.start() for match in _AUTHORITY_START.finditer(text))]
    yield from (secret for start in starts for secret in _url_secrets(text[start:]))


def _url_secrets(url: str) -> Iterator[str]:
    """Yield the pieces that ``redact_url`` removes from ``url``; a plain fragment is no secret."""
    start, user_info, rest = _split_user_info(url)
    yield from (user_info, unquote(user_info), *user_info.split(":", 1))
    match = cast("re.Match[str]", _URL.fullmatch(start + rest))
    for webhook in _WEBHOOKS.finditer(match["path"]):
        yield webhook[2]
        yield from (piece for piece in webhook[2].split("/") if len(piece) >= SHORTEST_PIECE)
    for segment in match["path"].split("/"):
        yield from _hidden_values(segment.split(";"), looks_secret)
    for part in (match["query"] or "", match["fragment"] or ""):
        yield from _hidden_values(part.split("&"), _value_may_be_secret)


def _hidden_values(pairs: Iterable[str], suspicious: Callable[[str], bool]) -> Iterator[str]:
    for pair in pairs:
        if _redacted_pair(pair, suspicious) != pair:
            yield from (pair, pair.partition("=")[2])


def header_secrets(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield every hidden value, its pieces, and the credentials inside ``Basic``."""
    for name, value in headers.items():
        if redact_headers({name: value}) == {name: value}:
            continue
        yield value
        for piece in re.split(r"[\s;,]+", value):
            yield piece if len(piece) >= SHORTEST_PIECE else ""
            yield piece.partition("=")[2].strip('"')
        yield from _basic_credentials(value)


def _basic_credentials(value: str) -> Iterator[str]:
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        plain = base64.b64decode(encoded).decode()
    except ValueError:
        return
    yield from (plain, *plain.split(":", 1))


def is_telling(name: str) -> bool:
    """Say whether a value of this name is most likely a secret."""
    return re.fullmatch(r"[\w-]+", name) is not None and _TELLING_NAME.search(name) is not None


def body_secrets(body: bytes) -> Iterator[str]:
    """Yield the beginning of the body, and its longer words: messages quote bodies in part."""
    text = body[:_MAX_BODY_SCANNED].decode("utf-8", "replace")
    yield text
    yield from re.findall(rf"[^\s\"'{{}}\[\]:,;&=<>]{{{SHORTEST_PIECE},}}", text)


def _spellings(secret: str) -> set[str]:
    """Return ``secret`` as URLs, JSON, ``repr``, HTML and Basic authentication write it."""
    import html  # noqa: PLC0415  its tables are large, and most commands hide nothing

    raw = {secret, unquote(secret), unquote_plus(secret)}
    encoded = {
        spelling
        for plain in raw
        for spelling in (
            quote(plain, safe="", errors="surrogatepass"),
            quote(plain, errors="surrogatepass"),
            quote_plus(plain, errors="surrogatepass"),
            html.escape(plain),
            base64.b64encode(plain.encode("utf-8", "surrogatepass")).decode().rstrip("="),
        )
    }
    once = {spelling for plain in raw for spelling in _escaped(plain)}
    twice = {spelling for plain in once for spelling in _escaped(plain)}
    return raw | encoded | once | twice


def _escaped(text: str) -> tuple[str, ...]:
    return (
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        repr(text)[1:-1],
        repr(text.encode("utf-8", "surrogatepass"))[2:-1],
    )


def _value_may_be_secret(text: str) -> bool:
    plain = unquote(text)
    return looks_secret(plain) or _KEY_LIKE.fullmatch(plain) is not None


def _looks_random(word: str) -> bool:
    """Say whether most of a long word mixes letters with digits, or cases, as no human would.

    Words are judged part by part, so that slugs stay readable ("2024-01-my-first-http2-server").
    """
    parts = [part for part in re.split(r"[-_+/=~%]", word) if part]
    mixed = sum(len(part) for part in parts if _is_mixed(part))
    return 2 * mixed >= sum(map(len, parts)) > 0


def _is_mixed(part: str) -> bool:
    digits = sum(char.isdigit() for char in part)
    upper = sum(char.isupper() for char in part)
    lower = len(part) - digits - upper
    return 0 < digits < len(part) or min(upper, lower) >= 0.3 * len(part)
