"""Keeps secrets out of everything that is stored, logged or shown.

Authorization, cookies, URL user-info and keys never reach database, log or report. What may be one is
hidden: a readable value too few is a nuisance, a key too many in a published database is a leak.

Known limit: a secret that neither sits in a telling place nor looks like a key cannot be recognised
(``?q=hunter2``), nor can one in a host name.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from harness.errors import UsageError

__all__ = ["HIDDEN", "looks_secret", "quoted", "refusal"]

HIDDEN = "***"

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
_WORD = re.compile(r"[A-Za-z0-9_+=~%-]{16,}")


def looks_secret(text: str) -> bool:
    """Whether ``text`` is or contains something built like a key: a known format, or long and random."""
    plain = unquote(text)
    if _KNOWN_FORMATS.search(plain):
        return True
    return any(_looks_random(word) for word in _WORD.findall(plain))


def quoted(value: object, limit: int = 60) -> str:
    """``value`` as a message shows it: escaped to one line, shortened, hidden when it looks like a key."""
    text = str(value)
    if looks_secret(text):
        return repr(HIDDEN)
    return repr(text if len(text) <= limit else text[:limit] + "…")


def refusal(field: str, value: object, accepted: str) -> UsageError:
    """The error for a bad value. Never pass a header value, a body or a URL with user-info."""
    return UsageError(f"{field}: {quoted(value)} is not valid; expected {accepted}")


def _looks_random(word: str) -> bool:
    """Whether most of a long word mixes letters with digits, or cases, as no human would.

    Words are judged part by part, so that slugs stay readable ("2024-01-my-first-http2-server").
    """
    parts = [part for part in re.split(r"[-_+=~%]", word) if part]
    mixed = sum(len(part) for part in parts if _is_mixed(part))
    return 2 * mixed >= sum(map(len, parts)) > 0


def _is_mixed(part: str) -> bool:
    digits = sum(char.isdigit() for char in part)
    upper = sum(char.isupper() for char in part)
    lower = len(part) - digits - upper
    return 0 < digits < len(part) or min(upper, lower) >= 0.3 * len(part)
