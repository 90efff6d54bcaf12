"""Explains the failures of uv: what is wrong and what to do, in one line of our own. Pure.

uv has no stable codes for its errors, only sentences (these are of 0.13). One that matches none of
ours is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from harness.clients.environments.places import Places, to_blame
from harness.option_names import option
from harness.redaction import Redactor
from harness.text import one_line, shortened
from servers import scratch

__all__ = ["Failure", "explained"]

LAST_LINES = 4  # of a failed build that are shown
LONGEST_LINE = 160  # characters of each
LONGEST = 600

Match = re.Match[str]
# uv's own lines around the output of a build.
_REMARKS = re.compile(
    r"error: Failed to |cause: (?:The build backend|Call to|Failed to)|\[stdout\]|\[stderr\]"
    r"|Building (?:wheel|source distribution)\b.*\.\.\.$|[~^| ]+$"
)


class Failure(NamedTuple):
    """An explained failure."""

    problem: str  # one line, without credentials
    no_version: bool = False  # the package exists, a version that was asked for does not


def explained(errors: str, code: int, redactor: Redactor, places: Places) -> Failure:
    """Return the reason of a failure.

    ``errors`` is uv's standard error, ``code`` its exit code, ``places`` the folders it writes to.
    """
    safe = re.sub(rf"[^\s`'\"]*/{scratch.UV}[^/]*/", "", redactor.scrub(errors))
    told, no_version = _told(" ".join(safe.split()), safe, code)
    cache, variable = to_blame(errors, places)
    told = told.replace("{cache}", cache).replace("{variable}", variable)
    return Failure(shortened(one_line(told), LONGEST), no_version)


def _told(flat: str, errors: str, code: int) -> Failure:
    for case in _CASES:
        if found := re.search(case.pattern, flat):
            told = case.told
            text = found.expand(told) if isinstance(told, str) else told(found, errors)
            return Failure(text, case.no_version)
    if code < 0:
        return Failure(f"uv was ended by signal {-code}; is the memory full?")
    said = flat.removeprefix("error: ") or "it said nothing"
    return Failure(f"uv failed with exit code {code}: {said}")


class _Case(NamedTuple):
    pattern: str  # of uv's messages on one line
    told: str | Callable[[Match, str], str]
    no_version: bool = False


def _build(found: Match, errors: str) -> str:
    said = " / ".join(_last_lines(errors)) or "no message"
    if "==" in found[1]:  # of a package index, where a wheel would have been taken
        return f"{found[1]} has no wheel for this Python and platform, and its build failed: {said}"
    return f"{found[1]} could not be built: {said}"


def _last_lines(errors: str) -> Iterator[str]:
    """Yield the last lines of a build's own output, without uv's remarks around it."""
    output = re.split(r"\n\s*hint: Build failures", errors)[0]
    lines = [line.strip() for line in output.splitlines()]
    kept = [line for line in lines if line and not _REMARKS.match(line)]
    yield from (shortened(line, LONGEST_LINE) for line in kept[-LAST_LINES:])


def _no_wheel(found: Match, _errors: str) -> str:
    tags = ", ".join(dict.fromkeys(re.findall(r"`([^`]+)`", found["there"] or "")))
    only = f", only for {tags}" if tags else ""
    return (
        f"{found[1]} has no wheel for this {found[2]} ({found[3]}){only}, and no source to build "
        f"from; choose another version{' or @PYTHON' if found[2] == 'Python' else ''}"
    )


def _contradiction(found: Match, _errors: str) -> str:
    unneeded = r",? we can conclude that your requirements are unsatisfiable\.|Because "
    reasons = re.sub(unneeded, "", found[1]).replace(", we can conclude that ", ", so ")
    reasons = reasons.replace(". And because ", "; and ").strip(" .,")
    return f"the requirements contradict each other: {reasons}; change one of them"


def _unreachable(found: Match, errors: str) -> str:
    causes = re.findall(r"cause: (.+)", errors)
    reason = re.sub(r" \(os error \d+\)", "", causes[-1].strip()) if causes else "no answer"
    return (
        f"{found[1]} cannot be fetched: {reason}; check the network, "
        f"or use {option('offline')} for what is cached"
    )


def _unparsable(_found: Match, errors: str) -> str:
    """Quote the line above the mark, which is the requirement itself."""
    lines = [line.strip() for line in errors.splitlines()]
    marks = [number for number, line in enumerate(lines) if set(line) == {"^"}]
    shown = repr(lines[marks[0] - 1]) if marks else "a part of it"
    return f"{shown} is not a requirement such as 'orjson>=3' or 'httpx[http2]==0.27.2'"


_ELSEWHERE = "set {variable} to a folder that can be written"
_OFFLINE = option("offline")
_UNCACHED = f"is not cached, and {_OFFLINE} forbids to fetch it; run once without {_OFFLINE}"
# The first that is found counts. A build may print anything, so only what explains a failed build
# better than its own output stands before it.
_CASES = (
    _Case(
        r"No space left on device|os error 28\b|Disk quota exceeded",
        "the disk is full below {cache}; free some space, or set {variable}",
    ),
    _Case(
        r"`([^`]+)` does not appear to be a Python project",
        r"\1 is no Python project: it has neither pyproject.toml nor setup.py",
    ),
    _Case(
        r"Failed to (?:download|fetch|build)[^`]*`([^`]+)`.* is disabled, but", rf"\1 {_UNCACHED}"
    ),
    _Case(
        r"(?:download and build|to build|install) `([^`]+)` cause: (?:The build|Call to)", _build
    ),
    _Case(r"Failed to build `([^`]+)`", _build),
    _Case(
        r"Failed to initialize cache at .*? cause: .*?: ([^:]+?)(?: \(os error|$)",
        rf"{{cache}} cannot be written: \1; {_ELSEWHERE}",
    ),
    _Case(
        r"(Permission denied|Read-only file system)",
        rf"{{cache}} cannot be written: \1; {_ELSEWHERE}",
    ),
    _Case(
        r"An index URL \(([^)]*)\) could not be queried due to a lack of valid authentication "
        r"credentials \((\d+)|\(()(401|403) [A-Z]\w+\)",
        "the package index refuses access (status \\2\\4); "
        "give its credentials to uv, by its variables or a netrc file",
    ),
    _Case(
        r"Because (\S+) (?:was not found in the cache|needs to be downloaded)",
        rf"\1 {_UNCACHED}",
    ),
    _Case(r"()Network connectivity is disabled", f"something it needs {_UNCACHED}"),
    _Case(
        r"Because (\S+) was not found in the package registry",
        r"the package index has no package \1; check the name",
    ),
    _Case(
        r"Hash mismatch for `(\S+?)`",
        r"the file of \1 is not the one that the lock names: its hash differs",
    ),
    _Case(r"(Invalid hash digest[^(]*\w)", r"the lock is damaged: \1"),
    _Case(r"Distribution not found at: (?:file://)?(\S+)", r"\1 does not exist"),
    _Case(
        r"Requested package name `(\S+)` does not match `(\S+)` in the distribution filename",
        r"the file is of \2, not of \1; check the name",
    ),
    _Case(r"The wheel filename `(\S+)` is invalid", r"\1 is no name of a wheel; download it again"),
    _Case(
        r"Failed to (?:download|fetch)[^`]*`(?:[^`]* @ )?([^`]+)` cause: Failed to extract archive",
        r"what the server sent for \1 is no wheel or sdist (a page of HTML?); check the URL",
    ),
    _Case(
        r"Failed to (?:read|install)\S* `([^`]+)` cause: .*?(?:zip|archive|header|wheel)",
        r"\1 is not a wheel that can be read; build or download it again",
    ),
    _Case(
        r"Because (\S+) has an invalid package format",
        r"the package index has a broken file of \1; choose another version",
    ),
    _Case(
        r"current Python version \(([^)]*)\) does not satisfy Python(\S+) and (\S+) depends on",
        r"\3 needs Python \2, this is \1; choose another with @PYTHON",
    ),
    _Case(
        r"(\S+) (?:has|have) no wheels with a matching (Python|platform)[^(]*\(e\.g\., `([^`]+)`\)"
        r"(?:.*(?:tags?|platforms?): (?P<there>`.*))?",
        _no_wheel,
    ),
    _Case(
        r"(?:Because|and) (\S+) has no usable wheels",
        r"\1 has no wheel, only a source that would have to be built",
        no_version=True,
    ),
    _Case(
        r"there (?:is|are) no versions? of ([^\s=<>!~]+)==(\S+) and you require",
        r"\1 has no version \2; leave it out for the newest",
        no_version=True,
    ),
    _Case(
        r"there are no versions of (\S+) and you require (\S+?), we",
        r"the package index has no \2 for this Python and platform; try another version or @PYTHON",
        no_version=True,
    ),
    _Case(
        r"Because only (\S+) is available and you require (\S+?), we",
        r"there is no \2; the package index has only \1",
        no_version=True,
    ),
    _Case(
        r"No solution found when resolving dependencies:? cause: (.*?)(?: hint:|$)", _contradiction
    ),
    _Case(r"No interpreter found at path `([^`]*)`", r"the interpreter \1 is gone"),
    _Case(r"Couldn't parse requirement in", _unparsable),
    _Case(r"error: (Unexpected .*): constraints\.txt:(\d+)", r"line \2 of the constraints: \1"),
    _Case(
        r"HTTP status \w+ error \((\d+ [^)]*)\) for url \(([^)]*)\)",
        r"the server answered \1 to \2; check the URL, or try again later",
    ),
    _Case(r"Failed to fetch: `?([^\s`]+)", _unreachable),
    _Case(r"error sending request for url \(([^)]*)\)", _unreachable),
)
