"""Explains the failures of uv: what is wrong and what to do, in one line of our own. Pure.

uv has no stable codes for its errors, only sentences. Those that match none of ours are shown as
they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from harness.redaction import Redactor
from harness.text import one_line, shortened

__all__ = ["LAST_LINES", "explained"]

LAST_LINES = 4  # of a failed build that are shown
LONGEST_LINE = 160  # characters of each
LONGEST = 500

Match = re.Match[str]
_NOISE = re.compile(
    r"^(hint: |error: |cause: |\[stdout\]|\[stderr\]|Traceback|During handling|\^+$)"
)


def explained(errors: str, code: int, redactor: Redactor, cache: str) -> str:
    """Return the reason of a failure in one line, without credentials.

    ``errors`` is uv's standard error, ``cache`` the folder that it writes to.
    """
    flat = " ".join(errors.split())
    for pattern, told in _CASES:
        if found := pattern.search(flat):
            return _safe(told(found, errors).replace("{cache}", cache), redactor)
    said = flat.removeprefix("error: ") or "it said nothing"
    return _safe(f"uv failed with exit code {code}: {said}", redactor)


def _safe(text: str, redactor: Redactor) -> str:
    return shortened(one_line(redactor.scrub(text)), LONGEST)


def _build(found: Match, errors: str) -> str:
    lines = list(_last_lines(errors))
    said = " / ".join(lines) or "the build said nothing"
    return f"{found[1]} could not be built: {said}"


def _last_lines(errors: str) -> Iterator[str]:
    """Yield the last lines of a build's own output, without uv's remarks around it."""
    body = re.split(r"\n\s*hint: ", errors)[0]
    lines = [line.strip() for line in body.splitlines()]
    kept = [line for line in lines if line and not _NOISE.match(line)]
    yield from (shortened(line, LONGEST_LINE) for line in kept[-LAST_LINES:])


def _wheels(found: Match, errors: str) -> str:
    """Tell which wheels there are: uv names them in a hint."""
    flat = " ".join(errors.split())
    there = re.search(r"only found wheels (?:.*?)for (.*?)(?: hint:|$)", flat)
    has = re.search(r"(?:following|on the following)[^:]*: (.*?)(?: hint:|$)", flat)
    listed = there or has
    name = re.search(r"found wheels for `(\S+?)` \(", flat)
    what = name[1] if name else found[1]
    known = f"; there are wheels for {_tags(listed[1])}" if listed else ""
    return f"{what} has no wheel for this {_KINDS[found[2]]} and no source to build from{known}"


_KINDS = {"Python": "Python", "ABI": "Python", "platform": "platform"}


def _tags(text: str) -> str:
    tags = list(dict.fromkeys(re.findall(r"`([^`]+)`", text)))
    return ", ".join(tags) or text


def _conclusion(found: Match, _errors: str) -> str:
    reasons = re.sub(
        r",? we can conclude that (?:your requirements are unsatisfiable)?", "", found[1]
    )
    return f"the requirements contradict each other: {reasons.strip(' .,')}; change one of them"


def _unreachable(found: Match, errors: str) -> str:
    causes = re.findall(r"cause: (.+)", errors)
    last = causes[-1].strip() if causes else "no answer"
    return (
        f"{found[1]} cannot be fetched ({last}); check the network, or use --offline for what is "
        "cached"
    )


def _case(
    pattern: str, told: Callable[[Match, str], str] | str
) -> tuple[re.Pattern[str], Callable[[Match, str], str]]:
    if isinstance(told, str):
        sentence = told  # a name of its own for the closure
        return re.compile(pattern), lambda found, _errors: found.expand(sentence)
    return re.compile(pattern), told


_FULL = "the disk is full below {cache}; free some space, or set CLIENTBENCH_CACHE"
_CLOSED = "{cache} cannot be written: \\2; set CLIENTBENCH_CACHE to a folder that can"
_UNCACHED = "\\1 is not cached, and --offline forbids to fetch it; run once without --offline"
# The first that fits counts: causes that make others follow stand before them.
_CASES = (
    _case(r"No space left on device|os error 28|Disk quota exceeded", _FULL),
    _case(
        r"(Failed to (?:initialize|open) cache) .*?cause: (?:failed to [^:]*: )?(.*?)(?: \(|$)",
        _CLOSED,
    ),
    _case(
        r"(())?(Permission denied|Read-only file system)",
        lambda found, _e: (
            f"{{cache}} cannot be written: {found[3]}; set CLIENTBENCH_CACHE to a folder that can"
        ),
    ),
    _case(
        r"Because (?:there are no versions of )?(\S+?) (?:needs to be downloaded|was not found in "
        r"the cache).*network was disabled|Failed to (?:download|fetch|build)[^`]*`?(\S+?)`? .*?"
        r"Network connectivity is disabled|()Network connectivity is disabled",
        lambda found, _e: (
            f"{found[1] or found[2] or 'it'} is not cached, and --offline forbids "
            "to fetch it; run once without --offline"
        ),
    ),
    _case(
        r"Because (\S+) was not found in the (?:package registry|cache)",
        "the package index has no package \\1; check the name",
    ),
    _case(
        r"(\S+)`? ?(?:cause: )?Hash mismatch for `(\S+?)`",
        "the file of \\2 is not the one in the lock: its hash differs",
    ),
    _case(
        r"Hash mismatch for `(\S+?)`",
        "the file of \\1 is not the one in the lock: its hash differs",
    ),
    _case(
        r"HTTP status client error \((401|403)[^)]*\) for url \(([^)]*)\)",
        "\\2 refuses access (status \\1); give the credentials of the index to uv, by its variables",
    ),
    _case(r"Distribution not found at: (\S+)", "\\1 does not exist"),
    _case(
        r"`([^`]+)` does not appear to be a Python project",
        "\\1 is no Python project: it has neither pyproject.toml nor setup.py",
    ),
    _case(
        r"(?:Failed to read|Failed to install[^`]*) `([^`]+)` cause: .*?(?:zip|archive|header|wheel)",
        "\\1 is not a wheel that can be read; build or download it again",
    ),
    _case(
        r"(?:Failed to build|Failed to download and build|Build backend failed[^`]*) `([^`]+)`",
        _build,
    ),
    _case(
        r"current Python version \(([^)]*)\) does not satisfy Python(\S+) and (\S+) depends on",
        "\\3 needs Python \\2, this is \\1; choose another with @PYTHON",
    ),
    _case(
        r"(\S+) (?:has|have) no (?:usable )?wheels with a matching (Python|ABI|platform)", _wheels
    ),
    _case(
        r"(\S+) has no usable wheels", "\\1 has no wheel, and builds are switched off (UV_NO_BUILD)"
    ),
    _case(
        r"there (?:is|are) no versions? of (\w[\w.-]*?(?:\[[^\]]*\])?)((?:[=<>!~][^ ]*)?) and you",
        "\\1 has no version \\2; leave it out for the newest",
    ),
    _case(
        r"only (\w[\w.-]*?)((?:[=<>!~]\S*)) is available and you require (\S+?),? we",
        "there is no \\3: the package index has only \\1\\2",
    ),
    _case(r"No solution found when resolving dependencies:? cause: (.*?)(?: hint:|$)", _conclusion),
    _case(
        r"No interpreter found (?:at path `([^`]*)`|for .*?)", "the interpreter \\1 is not there"
    ),
    _case(
        r"Couldn't parse requirement in .*? cause: .*?\^?$", lambda _f, errors: _unparsable(errors)
    ),
    _case(r"Failed to fetch: `?([^\s`]+)|error sending request for url \(([^)]*)\)", _unreachable),
)


def _unparsable(errors: str) -> str:
    """Quote the line above the mark, which is the requirement itself."""
    lines = errors.splitlines()
    marks = [number for number, line in enumerate(lines) if set(line.strip()) == {"^"}]
    shown = lines[marks[0] - 1].strip() if marks else " ".join(errors.split())
    return f"{shown!r} is not a requirement such as 'orjson>=3' or 'httpx[http2]==0.27.2'"
