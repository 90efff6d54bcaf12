"""Finds out where a run comes from: the commit of the folder, and the job of a CI service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.clock import utc_now
from harness.machine import git, readings
from harness.records.provenance import MachineReading, Moment, Provenance
from harness.redaction import Redactor, hide_named, redact_url
from harness.text import one_line

__all__ = ["provenance", "reading"]

LONGEST = 300  # characters of what a CI service says
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PLAIN = Redactor.of([], {}, None)


@dataclass(frozen=True)
class _Service:
    """A CI service: the variables by which it is known, and those that describe its job."""

    name: str
    sign: str  # set in each of its jobs
    commit: tuple[str, ...]  # the first that is set counts, in all of these
    branch: tuple[str, ...]
    told: Mapping[str, str]  # key in ``Provenance.ci``, and its variable


_SERVICES = (
    _Service(  # Forgejo and Gitea set the same variables
        "github",
        "GITHUB_ACTIONS",
        ("GITHUB_SHA",),
        ("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
        {
            "repository": "GITHUB_REPOSITORY",
            "workflow": "GITHUB_WORKFLOW",
            "job": "GITHUB_JOB",
            "run_id": "GITHUB_RUN_ID",
            "attempt": "GITHUB_RUN_ATTEMPT",
            "event": "GITHUB_EVENT_NAME",
            "server": "GITHUB_SERVER_URL",
        },
    ),
    _Service(
        "gitlab",
        "GITLAB_CI",
        ("CI_COMMIT_SHA",),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"),
        {
            "repository": "CI_PROJECT_PATH",
            "workflow": "CI_PIPELINE_ID",
            "job": "CI_JOB_NAME",
            "run_id": "CI_JOB_ID",
            "event": "CI_PIPELINE_SOURCE",
            "url": "CI_JOB_URL",
        },
    ),
    _Service(
        "jenkins",
        "JENKINS_URL",
        ("GIT_COMMIT",),
        ("CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"),
        {"job": "JOB_NAME", "run_id": "BUILD_NUMBER", "url": "BUILD_URL"},
    ),
    _Service(  # what most others set as well
        "unknown",
        "CI",
        ("CIRCLE_SHA1", "BUILDKITE_COMMIT", "TRAVIS_COMMIT", "CI_COMMIT_SHA"),
        ("CIRCLE_BRANCH", "BUILDKITE_BRANCH", "TRAVIS_BRANCH", "CI_COMMIT_BRANCH"),
        {"url": "CIRCLE_BUILD_URL"},
    ),
)


def provenance(folder: Path, environ: Mapping[str, str], tags: Mapping[str, str]) -> Provenance:
    """Return the origin of a run that is started in ``folder``.

    A CI service often checks out a commit without a branch: then its own word for it counts. If a
    repository of another user is dirty stays unknown: to find out would run programs that he chose.
    """
    service = next((one for one in _SERVICES if environ.get(one.sign)), None)
    commit = _line(git.answer(folder, "rev-parse", "--verify", "HEAD"))
    branch = _clean(git.answer(folder, "symbolic-ref", "--quiet", "--short", "HEAD"))
    question = ("status", "--porcelain", "--untracked-files=no")
    changed = git.answer(folder, *question, of_any_owner=False)
    return Provenance(
        commit=commit or _first(service.commit if service else (), environ),
        branch=branch or _first(service.branch if service else (), environ),
        dirty=bool(changed) if commit and changed is not None else None,
        ci=_told(service, environ) if service else {},
        tags=tags,
    )


def reading(moment: Moment, root: Path = Path("/")) -> MachineReading:
    """Take a quick look at the machine; None for whatever it hides."""
    clocks = readings.frequency(root)
    return MachineReading(
        moment=moment,
        at=utc_now(),
        load_average=readings.load_average(root),
        governor=" ".join(sorted(clocks.governors)) if clocks else None,
        frequency_mhz=readings.fastest_mhz(),
        steal_ns=_steal_ns(),
    )


def _steal_ns() -> int | None:
    try:
        steal_s = getattr(psutil.cpu_times(), "steal", None)
    except (OSError, RuntimeError, ValueError):  # no /proc
        return None
    return None if steal_s is None else round(steal_s * 1e9)


def _told(service: _Service, environ: Mapping[str, str]) -> dict[str, str]:
    found = {key: _first((name,), environ) for key, name in service.told.items()}
    return {"service": service.name} | {key: value for key, value in found.items() if value}


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    value = next((environ[name] for name in names if environ.get(name)), None)
    return _clean(value)


def _clean(text: str | None) -> str | None:
    """Return a text of others on one line, without secrets; a commit only looks like a key."""
    if text is None or _COMMIT.fullmatch(text):
        return text
    return _line(hide_named(_PLAIN.scrub(redact_url(text))))


def _line(text: str | None) -> str | None:
    return one_line(text)[:LONGEST] or None if text is not None else None
