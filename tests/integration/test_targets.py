"""``clientbench targets`` end to end: what is listed, and targets that stay up between commands."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from harness.cli.targets import PATIENCE_S
from servers.catalogue import NAMES, proxies, upstreams
from servers.spec import TargetSpec
from tests.cli.command import Ended
from tests.standing import Surroundings, surroundings
from tests.trials import wait_until

LONG = ("--duration", "60", "--rounds", "100", "--warmup", "0", "--concurrency", "1")
SLOW = "exec sleep 600"
STARTING = "starting embedded (native, http) …\n"
BROKEN = "echo 'no way in' >&2; exit 7"


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[Surroundings]:
    with surroundings(tmp_path) as made:
        yield made


def brought_up(targets: Surroundings) -> tuple[Ended, str]:
    """``targets up embedded``, and what it says; that it is starting is left out where that took long."""
    began = time.monotonic()
    up = targets("up", "embedded")
    waited = time.monotonic() - began > PATIENCE_S
    return up, up.err.removeprefix(STARTING) if waited else up.err


def pretender(folder: Path, behaviour: str) -> str:
    """A PATH with a program called nginx that knows its version and does only what it is told here."""
    program = folder / "bin" / "nginx"
    program.parent.mkdir()
    told = 'if [ "$1" = -v ]; then echo nginx version: nginx/1.99.9 >&2; exit 0; fi'
    program.write_text(f"#!/bin/sh\n{told}\n{behaviour}\n")
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


# --- the list -----------------------------------------------------------------------------------


def test_every_target_is_listed_with_what_is_missing(targets: Surroundings, tmp_path: Path) -> None:
    ended = targets("list", path=str(tmp_path))
    first = [line.split()[0] for line in ended.out.splitlines() if line]

    assert ended.code == 0
    assert [name for name in NAMES if name not in first] == []
    assert re.search(r"^embedded +uvloop [\d.]+", ended.out, re.MULTILINE)
    assert "traefik (native): no traefik on PATH; put the program of a v3" in ended.out
    assert targets(path=str(tmp_path)) == ended


def test_the_list_as_json_has_every_way(targets: Surroundings) -> None:
    listed = {one["name"]: one for one in targets("list", "--json").json["targets"]}

    assert tuple(listed) == NAMES
    for name, one in listed.items():
        assert one["before"] == (list(upstreams()) if name in proxies() else [])
        assert [way["runtime"] for way in one["ways"]] == ["native", "docker", "docker-host"]
        assert all((way["version"] is None) != (way["reason"] is None) for way in one["ways"])


# --- up, status, logs, down -----------------------------------------------------------------------


def test_a_target_stays_up_until_it_is_taken_down(targets: Surroundings) -> None:
    up, said = brought_up(targets)
    url = re.search(r"URL +(http://127\.0\.0\.1:\d+)$", up.out, re.MULTILINE)
    assert url is not None and (up.code, said) == (0, "")
    assert up.out.startswith("embedded (native, http)\n  state       healthy\n")
    assert "clientbench targets down embedded" in up.out

    for _ in range(2):  # the URL stays the same
        compared = targets.run(
            *("compare", "raw:sync", "--url", url[1], "--requests", "20", "--rounds", "1")
        )
        assert compared.code == 0, compared.err
    assert targets("status").out == up.out
    told = targets.only()
    assert (told["name"], told["url"], told["state"]) == ("embedded", url[1], "healthy")
    assert psutil.pid_exists(told["pid"]) and told["pid"] in targets.processes()
    logs = targets("logs", "embedded", "--lines", "3")
    assert (logs.code, logs.out) == (0, "==> instance-1 <==\n(no output)\n")

    down = targets("down", "Embedded")
    assert (down.code, down.out) == (0, "embedded (native, http): stopped\n")
    assert not any("servers." in " ".join(psutil.Process(p).cmdline()) for p in targets.processes())
    assert targets("status").out == "no target is up\n"
    assert targets("status", "--json").json["targets"] == []
    assert targets("down", "--all").out == "no target is up\n"


def test_with_tls_its_authority_is_told(targets: Surroundings) -> None:
    told = targets("up", "embedded", "--tls", "--instances", "2", "--json").json

    assert told["url"].startswith("https://") and Path(told["ca_file"]).exists()
    assert "CERTIFICATE" in Path(told["ca_file"]).read_text()
    assert [part["name"] for part in told["parts"]] == ["instance-1", "instance-2"]
    assert targets("down", "embedded").out == "embedded × 2 (native, https): stopped\n"
    assert not Path(told["ca_file"]).parent.exists()


def test_a_port_of_the_users_choice_is_free_again_afterwards(targets: Surroundings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        told = targets("up", "embedded", "--port", str(port), "--json").json
        assert told["url"] == f"http://127.0.0.1:{port}"
        targets("down", "embedded")


def test_servers_that_are_lost_are_named(targets: Surroundings) -> None:
    told = targets("up", "embedded", "--instances", "2", "--json").json
    first, second = (part["pids"][0] for part in told["parts"])

    os.kill(second, signal.SIGKILL)
    assert wait_until(lambda: "healthy, lost: instance-2\n" in targets("status").out)
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: targets.only()["lost"] == ["instance-1", "instance-2"])
    assert targets.only()["state"] == "unhealthy"
    assert re.search(r"state +unhealthy \(.*refused\), lost: ", targets("status").out)


# --- what is refused ------------------------------------------------------------------------------


def test_a_second_one_of_the_same_name_is_refused(targets: Surroundings) -> None:
    told = targets("up", "embedded", "--json").json
    again = targets("up", "embedded")

    assert (again.code, again.out) == (3, "")
    assert again.err == (
        f"clientbench: embedded: is already running ({told['url']}); "
        "stop it first: clientbench targets down embedded\n"
    )
    assert targets.only()["pid"] == told["pid"]
    assert targets("down", "nginx").err == (
        "clientbench: NAME: 'nginx' is not up; expected embedded\n"
    )


def test_of_two_at_once_one_wins(targets: Surroundings) -> None:
    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(lambda _: targets("up", "embedded"), range(3)))

    assert sorted(one.code for one in ended) == [0, 3, 3]
    assert sum("is already running" in one.err for one in ended) == 2
    assert targets.only()["state"] == "healthy"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("up nope", "NAME: 'nope' is not valid; expected embedded, "),
        ("up http://127.0.0.1:1", "NAME: 'http://127.0.0.1:1' is not valid; expected embedded, "),
        ("up", "'NAME'"),
        ("up embedded --runtime lxc", "--runtime: 'lxc' is not valid; expected auto, native, "),
        ("up embedded --instances 0", "--instances: '0' is not valid; expected a whole number"),
        ("up embedded --instances x", "--instances: 'x' is not valid; expected a whole number"),
        ("up embedded --port 0", "--port: '0' is not valid; expected a whole number from 1 to"),
        ("up embedded --port 99999", "--port: '99999' is not valid; expected a whole number"),
        ("up embedded --target-memory 64m", "--target-memory: limits containers only; expected "),
        ("up embedded --target-cpus a", "--target-cpus: 'a' is not valid; expected "),
        ("up embedded --upstream httpbin", "--upstream: "),
        ("logs embedded", "NAME: 'embedded' is not up; no target is: clientbench targets up NAME"),
        ("logs embedded --lines 0", "--lines: '0' is not valid; expected a whole number from 1"),
        ("down embedded", "NAME: 'embedded' is not up; no target is: clientbench targets up NAME"),
        ("down", "NAME, --all: expected one of them"),
        ("down embedded --all", "NAME, --all: expected one of them"),
        ("--json status", "--json: expected after the sub-command"),
        ("sideways", "sideways"),
    ],
)
def test_bad_input_is_refused_in_one_line(words: str, said: str, tmp_path: Path) -> None:
    ended = Surroundings(tmp_path)(*words.split())

    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith("clientbench: ") and said in ended.err


def test_a_port_that_is_taken_is_refused(targets: Surroundings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = targets("up", "embedded", "--port", str(port))

    assert (ended.code, ended.out) == (3, "")
    assert ended.err == (
        f"clientbench: embedded: cannot listen on port {port} (Address already in use); "
        "choose a free port, or give none\n"
    )
    assert targets.files() == []


def test_a_state_folder_that_cannot_be_used_is_told(targets: Surroundings) -> None:
    (targets.folder / "state").write_text("a file")
    ended, said = brought_up(targets)
    (targets.folder / "state").unlink()

    assert (ended.code, ended.out, said.count("\n")) == (3, "", 1)
    assert "set XDG_STATE_HOME to a folder that you can write to" in said


def test_a_record_of_another_version_is_named(targets: Surroundings) -> None:
    record = targets.folder / "state" / "clientbench" / "targets" / "old.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"spec": {}}')
    ended = targets("status")
    record.unlink()

    assert (ended.code, ended.out) == (3, "")
    assert ended.err == (
        f"clientbench: {record}: is not a record that this version can read; remove it\n"
    )


# --- starts that fail, and processes that are killed ----------------------------------------------


def test_a_server_that_does_not_start_is_told_with_its_last_words(
    targets: Surroundings, tmp_path: Path
) -> None:
    ended = targets("up", "nginx-static", path=pretender(tmp_path, BROKEN))

    assert (ended.code, ended.out) == (3, "")
    # a slow machine says that it is starting
    assert ended.err.splitlines()[-1] == (
        "clientbench: nginx-static: instance-1 ended (exit status 7); its log ends: no way in"
    )
    assert targets.files() == []


def test_ctrl_c_ends_a_start(targets: Surroundings, tmp_path: Path) -> None:
    starting = targets.start("targets", "up", "nginx", path=pretender(tmp_path, SLOW))
    assert starting.stderr is not None
    assert (
        starting.stderr.readline() == "starting nginx in front of 3 × embedded (native, http) …\n"
    )
    assert targets.only()["state"] == "starting"
    said = "==> proxy <==\n(no output)\n"
    assert wait_until(lambda: targets("logs", "nginx").out == said)
    starting.send_signal(signal.SIGINT)
    out, err = starting.communicate(timeout=20)

    assert (starting.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert targets.nothing_is_left()


def test_down_ends_a_start(targets: Surroundings, tmp_path: Path) -> None:
    starting = targets.start("targets", "up", "nginx", path=pretender(tmp_path, SLOW))
    assert wait_until(lambda: bool(targets("status", "--json").json["targets"]))
    assert targets("down", "nginx").code == 0
    _, err = starting.communicate(timeout=20)

    assert starting.returncode == 3
    assert "Traceback" not in err


def test_a_host_that_was_killed_is_shown_as_dead_and_swept_up(targets: Surroundings) -> None:
    told = targets("up", "embedded", "--tls", "--json").json
    os.kill(told["pid"], signal.SIGKILL)
    status = targets("status")

    assert status.code == 0 and "dead: the host was killed" in status.out
    assert "clientbench targets down embedded" in status.out
    assert Path(told["ca_file"]).exists()
    assert wait_until(lambda: not targets.processes())
    down = targets("down", "--all")
    assert (down.code, down.err) == (0, "")
    assert down.out == "embedded (native, https): had crashed; its leftovers are removed\n"
    assert targets.nothing_is_left()


def test_the_next_one_sweeps_up_after_one_that_was_killed(targets: Surroundings) -> None:
    first = targets("up", "embedded", "--tls", "--json").json
    os.kill(first["pid"], signal.SIGKILL)
    second = targets("up", "embedded", "--json").json

    assert not Path(first["ca_file"]).exists()
    assert targets.only()["pid"] == second["pid"]


# --- comparisons that start targets ---------------------------------------------------------------


def test_the_target_of_a_comparison_is_left_alone_and_goes_with_it(targets: Surroundings) -> None:
    running = targets.start(
        "compare", "raw:sync", "--target", "embedded", "--instances", "2", *LONG
    )
    assert running.stderr is not None
    assert any(line.startswith("round 2/") for line in running.stderr)
    assert targets.files() != []
    assert targets("status").out == "no target is up\n"
    assert targets("down", "--all").out == "no target is up\n"
    assert targets("down", "embedded").code == 2
    assert any(line.startswith("round ") for line in running.stderr)  # it goes on
    running.kill()
    running.communicate()

    assert wait_until(targets.nothing_is_left)
    assert targets("down", "--all").out == "no target is up\n"


def test_what_the_killed_host_of_a_run_leaves_is_swept_up(targets: Surroundings) -> None:
    spec = TargetSpec(instances=2, tls=True)
    host = subprocess.Popen(
        [sys.executable, "-m", "servers.host", spec.to_json()],
        env={**os.environ, **targets.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert host.stdout is not None
    assert b'"ready"' in host.stdout.readline()
    host.kill()
    host.communicate()
    assert wait_until(lambda: not targets.processes())

    status = targets("status")
    assert "dead: the run that started it was killed" in status.out
    assert "clean up    clientbench targets down --all" in status.out
    assert targets("down", "embedded").code == 2
    down = targets("down", "--all")
    assert down.out == "embedded × 2 (native, https): had crashed; its leftovers are removed\n"
    assert targets.files() == []
