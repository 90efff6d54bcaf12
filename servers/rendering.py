"""The process that renders a user's template: ``python -m servers.rendering``.

A template can loop for ever and make texts without end, even while it is compiled. So it has a
process of its own, and the kernel limits its CPU time and memory. It reads one pickled ``Job`` from
standard input, and writes one ``Answer`` as JSON.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["MOST_BYTES", "MOST_CPU_S", "MOST_MEMORY", "Answer", "Job"]

MOST_BYTES = 1 << 20  # of a template, and of the configuration that it becomes
MOST_CPU_S = 2
MOST_MEMORY = 512 << 20  # bytes of addresses


@dataclass(frozen=True)
class Job:
    """A template, the variables that it may use, and their values; None: only analyse it."""

    source: str
    known: Sequence[str]
    values: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """The variables that a template uses, and its text; or a problem, and its line if known."""

    names: Sequence[str] = ()
    text: str = ""
    problem: str = ""
    line: int | None = None


def main() -> None:
    """Do one job. A limit of time ends this process by SIGXCPU."""
    job: Job = pickle.load(sys.stdin.buffer)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, MOST_CPU_S)
    _limit(resource.RLIMIT_AS, MOST_MEMORY)
    try:
        answer = _done(job)
    except MemoryError:
        answer = Answer(problem=f"needs more than {MOST_MEMORY >> 20} MiB of memory as a template")
    except Exception as error:  # templates can compute and raise anything
        answer = Answer(problem=f"cannot be read as a template: {error}", line=_line(error))
    json.dump(asdict(answer), sys.stdout)


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):  # some systems lack a limit
        resource.setrlimit(what, (lowest, hard))


def _done(job: Job) -> Answer:
    """Analyse, and render if there are values."""
    from jinja2 import StrictUndefined, meta, nodes  # noqa: PLC0415  slow, and within the limits
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    # The file may come from somebody else, so it must not run code; the program itself checks the
    # resulting configuration. Lines of blocks become empty lines, so that line numbers stay.
    jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    tree = jinja.parse(job.source)
    names = meta.find_undeclared_variables(tree)
    for unknown in sorted(names - {*job.known} - jinja.globals.keys()):
        found = (node for node in tree.find_all(nodes.Name) if node.name == unknown)
        known = ", ".join(job.known)
        return Answer(
            problem=f"variable {unknown!r} is unknown; expected one of {known}",
            line=next(found).lineno,
        )
    others = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
    for named in (node for kind in others for node in tree.find_all(kind)):
        return Answer(
            problem="a template cannot include or import others; expected the program's own "
            "directive, such as include {{ here }}/FILE",
            line=named.lineno,
        )
    template = jinja.from_string(job.source)
    if job.values is None:
        return Answer(names=sorted(names))
    return _rendered(template, job.values)


def _rendered(template: Any, values: Mapping[str, Any]) -> Answer:
    pieces, size = [], 0
    for piece in template.generate(values):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            return Answer(problem=f"becomes too large; expected at most {MOST_BYTES >> 20} MiB")
    return Answer(text="".join(pieces))


def _line(error: Exception) -> int | None:
    """Return the template's line in which an error occurred, from Jinja2's traceback."""
    line: int | None = getattr(error, "lineno", None)
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


if __name__ == "__main__":
    main()
