"""Where a run comes from: the commit of its folder, and what a CI service says of its job."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.machine.provenance import provenance, reading
from tests.require import require


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.test")
    return subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "spring")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


def test_commit_and_branch_of_the_folder(checkout: Path) -> None:
    found = provenance(checkout, {}, {"pr": "7"})
    assert (found.commit, found.branch) == (git(checkout, "rev-parse", "HEAD"), "spring")
    assert (found.dirty, found.ci, found.tags) == (False, {}, {"pr": "7"})


def test_a_folder_within_is_part_of_it(checkout: Path) -> None:
    (checkout / "within").mkdir()
    assert provenance(checkout / "within", {}, {}).branch == "spring"


def test_a_changed_file_makes_it_dirty_a_new_one_does_not(checkout: Path) -> None:
    (checkout / "results.db").write_text("new")
    assert provenance(checkout, {}, {}).dirty is False
    (checkout / "file").write_text("two")
    assert provenance(checkout, {}, {}).dirty is True


def test_a_repository_of_another_user_runs_nothing(checkout: Path, tmp_path: Path) -> None:
    require(os.geteuid() == 0, "files cannot be given to another user")
    ran = tmp_path / "ran"
    git(checkout, "config", "filter.any.clean", f"touch '{ran}'; cat")
    (checkout / ".gitattributes").write_text("file filter=any\n")
    os.utime(checkout / "file", (0, 0))  # so git looks into it
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    found = provenance(checkout, {}, {})
    assert not ran.exists()
    assert (found.branch, found.dirty) == ("spring", None)


def test_without_git_or_without_a_commit_nothing_is_known(tmp_path: Path) -> None:
    found = provenance(tmp_path, {}, {})
    assert (found.commit, found.branch, found.dirty) == (None, None, None)
    git(tmp_path, "init", "-q", "-b", "spring")
    found = provenance(tmp_path, {}, {})
    assert (found.commit, found.branch, found.dirty) == (None, "spring", None)


GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_SHA": "a" * 40,
    "GITHUB_REF_NAME": "12/merge",
    "GITHUB_HEAD_REF": "faster",
    "GITHUB_REPOSITORY": "encode/httpx",
    "GITHUB_JOB": "speed",
    "GITHUB_RUN_ID": "123",
}
GITLAB = {
    "CI": "true",
    "GITLAB_CI": "true",
    "CI_COMMIT_SHA": "b" * 40,
    "CI_COMMIT_REF_NAME": "main",
    "CI_PROJECT_PATH": "group/project",
    "CI_JOB_NAME": "speed",
    "CI_JOB_URL": "https://user:password@gitlab.example.test/-/jobs/1",
}


def test_a_ci_service_names_the_branch_of_a_detached_commit(checkout: Path) -> None:
    git(checkout, "checkout", "-q", "--detach")
    found = provenance(checkout, GITHUB, {})
    assert (found.commit, found.branch) == (git(checkout, "rev-parse", "HEAD"), "faster")
    assert found.ci == {
        "service": "github",
        "repository": "encode/httpx",
        "job": "speed",
        "run_id": "123",
    }


def test_a_ci_service_names_the_commit_where_there_is_no_git(tmp_path: Path) -> None:
    found = provenance(tmp_path, GITLAB, {})
    assert (found.commit, found.branch, found.dirty) == ("b" * 40, "main", None)
    assert (found.ci["service"], found.ci["job"]) == ("gitlab", "speed")


def test_nothing_secret_or_unreadable_of_a_service_is_kept(tmp_path: Path) -> None:
    found = provenance(tmp_path, GITLAB | {"CI_JOB_NAME": "a\x1b[31mb\n" + "x" * 1000}, {})
    assert "password" not in json.dumps(found.ci)
    assert found.ci["job"].isprintable() and len(found.ci["job"]) <= 300


@pytest.mark.parametrize(
    ("environ", "service"),
    [
        ({"JENKINS_URL": "http://j", "GIT_COMMIT": "c" * 40}, "jenkins"),
        ({"CI": "true", "BUILDKITE_COMMIT": "d" * 40}, "unknown"),
        ({"CI": ""}, None),
        ({}, None),
    ],
)
def test_other_services(environ: dict[str, str], service: str | None, tmp_path: Path) -> None:
    assert provenance(tmp_path, environ, {}).ci.get("service") == service


def test_a_look_at_this_machine() -> None:
    found = reading("start")
    assert found.moment == "start" and found.at.endswith("+00:00")
    assert found.load_average is not None and found.load_average >= 0
    assert found.steal_ns is None or found.steal_ns >= 0


def test_secrets_in_what_a_ci_service_says_are_hidden(tmp_path: Path) -> None:
    key = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    commit = "9f86d081884c7d659a2feaa0c55ad015abcdabcd"  # built like a key, and none
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SHA": commit,
        "GITHUB_HEAD_REF": f"feature/{key}",
        "GITHUB_REPOSITORY": "see https://me:hunter2@git.example.test/x.git",
        "GITHUB_WORKFLOW": f"with {key}",
        "GITHUB_JOB": "speed, password=hunter2",
        "GITHUB_RUN_ID": "https://me:hunter2@git.example.test/?token=hunter2",
    }
    found = provenance(tmp_path, environ, {})
    assert "hunter2" not in str(found) and key not in str(found)
    assert (found.commit, found.branch) == (commit, "feature/***")
    git(tmp_path, "init", "-q", "-b", f"feature/{key}")
    assert provenance(tmp_path, {}, {}).branch == "feature/***"
