"""The list of all claims, and the check of one claim."""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Iterator
from itertools import product

from adapters.base import ENDING, BaseAdapter, causes
from adapters.conformance import connections, declarations, failures, requests_sent, responses
from adapters.conformance.book import Server
from adapters.conformance.exam import Claim, Exam
from adapters.conformance.failed import Failed
from adapters.conformance.subject import Subject

__all__ = ["CLAIMS", "check", "concerned"]

CLAIMS: tuple[Claim, ...] = (
    *declarations.CLAIMS,
    *requests_sent.CLAIMS,
    *responses.CLAIMS,
    *connections.CLAIMS,
    *failures.CLAIMS,
)
# Reference clients that are checked for their declarations only: `null` sends nothing.
OPTED_OUT = {
    "null": frozenset(claim.name for claim in CLAIMS if claim not in declarations.DECLARED)
}
LONGEST_REASON = 500


def concerned(claim: Claim, client: str, adapter: type[BaseAdapter]) -> bool:
    """Say whether the claim applies to the adapter of that client."""
    return claim.name not in OPTED_OUT.get(client, ()) and claim.concerns(adapter)


def check(claim: Claim, subject: Subject, client: str, server: Server) -> tuple[bool, str | None]:
    """Check one claim: return whether it holds, and a reason.

    The reason says why the claim failed; for a claim that holds, it names the exceptions that the
    adapter declares in ``lacks`` (None if there are none).
    """
    variants = list(_variants(claim, subject, client, server))
    reasons = list(_failures(claim, variants))
    if reasons:
        known = [
            pattern for name, _, pattern in subject.adapter.known_failures if name == claim.name
        ]
        # what is known of one variant excuses no other
        unlike = [one for one in reasons if not any(re.search(pattern, one) for pattern in known)]
        return False, (unlike or reasons)[0]
    excuses = sorted({one for exam in variants for one in exam.excuses})
    return (
        True,
        f"except for what it declares in `lacks`: {', '.join(excuses)}" if excuses else None,
    )


def _failures(claim: Claim, variants: list[Exam]) -> Iterator[str]:
    """Run the check in each variant; yield the reasons for which it failed."""
    for exam in variants:
        reason = _reason(claim, exam)
        if reason is not None:
            where = ", ".join(_difference(exam, variants))
            reason = " ".join((f"{where}: " if where else "").split() + reason.split())
            yield reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}…"


def _variants(claim: Claim, subject: Subject, client: str, server: Server) -> Iterator[Exam]:
    streams = (False, True) if claim.reads and subject.adapter.can_stream else (False,)
    for scheme, stream in product(claim.schemes, streams):
        yield Exam(subject, client, server, scheme, stream)


def _difference(exam: Exam, variants: list[Exam]) -> Iterator[str]:
    if len({one.scheme for one in variants}) > 1:
        yield exam.scheme
    if exam.stream:
        yield "streamed"


def _reason(claim: Claim, exam: Exam) -> str | None:
    """Run the check; return why it failed, or None.

    Resources that are left open count as failures.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ResourceWarning)
        warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)
        # trio warns of what asyncio does not: a library's own generator inside a closed response
        warnings.filterwarnings("ignore", "Async generator .* was garbage", ResourceWarning)
        try:
            claim.check(exam)
        except Failed as error:
            return str(error)
        except ENDING:
            raise
        except BaseException as error:
            return _described(error, exam)
        gc.collect()
    return None if not caught else f"a resource was left open: {caught[0].message}"


def _described(error: BaseException, exam: Exam) -> str:
    """Describe an unexpected error: its type, its cause, and the kind that the adapter gives it."""
    first = f"{type(error).__name__}: {error}"
    last = list(causes(error))[-1]
    cause = f" (because of {type(last).__name__}: {last})" if last is not error else ""
    try:
        kind = exam.subject.make(exam.settings()).adapter.classify(error)
    except Exception as other:
        return (
            f"failed with {first}{cause}, and `classify` failed on it: "
            f"{type(other).__name__}: {other}"
        )
    return f"failed with {first}{cause} (kind {kind})"
