"""Users' own configurations of real servers: they run, are checked, and leave nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from servers.embedded.target import EmbeddedTarget
from servers.hosted import HostedTarget
from servers.spec import TargetSpec
from servers.standing import records, sweep
from tests.cli.command import clientbench
from tests.integration.test_native import Client, alive, record_of
from tests.require import require_software
from tests.servers.patience import eventually
from tests.targets import refusal, started

CONFIGURATIONS = Path(__file__).with_name("configurations")
# As their users have them: full files, with the address and the servers behind as variables.
FILES = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "caddy": "Caddyfile"}
PROGRAMS = tuple(FILES)
COUNTED = ("--requests", "40", "--rounds", "2", "--warmup", "0.02", "--concurrency", "4")
# Each with an error in its second line, and what its program has to say of that.
WRONG = {
    "nginx": ("events {}\nnonsense on; # {{ listen }}\n", 'unknown directive "nonsense" in mine:2'),
    "haproxy": ("global\n  nonsense on\n# {{ listen }}\n", "[mine:2] : unknown keyword 'nonsense'"),
    "caddy": ("http://{{ listen }} {\n\tnonsense\n}\n", "mine:2: unrecognized directive: nonsense"),
}
# Each where everybody can reach it.
OPEN = {
    "nginx": "events {}\nhttp { server { listen {{ port }}; } }\n",
    "haproxy": "defaults\n mode http\n timeout client 1s\nfrontend all\n bind *:{{ port }}\n"
    " http-request return status 200\n",
    "caddy": "http://{{ listen }} {\n\trespond hello\n}\n",
}
ALONE = "events {}\nhttp { server { listen {{ listen }}; root {{ here }}/pages; } }\n"


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def before_three(name: str, *, tls: bool = False) -> TargetSpec:
    """A user's front before three servers of ours."""
    config = str(CONFIGURATIONS / FILES[name])
    return TargetSpec(name, instances=3, tls=tls, upstream="embedded", alias="mine", config=config)


def written(folder: Path, name: str, text: str, port: int = 0) -> TargetSpec:
    """An origin with this configuration."""
    path = folder / "mine"
    path.write_text(text)
    return TargetSpec(name, alias="mine", config=str(path), port=port)


@contextlib.contextmanager
def running(spec: TargetSpec) -> Iterator[HostedTarget]:
    require_software(spec.name)
    with started(HostedTarget(spec)) as target:
        yield target


def header(target: HostedTarget, path: str) -> tuple[int, str | None, str | None]:
    """Status, whose answer it is, and what the front has added."""
    with Client(target) as client:
        client.connection.request("GET", path)
        response = client.connection.getresponse()
        response.read()
        return response.status, response.headers["X-Instance"], response.headers["X-Front"]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_front_as_its_user_has_it_runs_before_our_servers(name: str, tls: bool) -> None:
    with running(before_three(name, tls=tls)) as target:
        found = {header(target, "/get") for _ in range(60)}
        assert {(status, front) for status, _, front in found} == {(200, "tuned")}
        assert {who for _, who, _ in found} == {"instance-1", "instance-2", "instance-3"}
        assert header(target, "/local")[:2] == (200, None)
        counts = target.counts()
        assert counts is not None
        assert counts.requests == 60  # what the front answers itself is not seen
        for process in map(psutil.Process, target.processes_by_role()["proxy"]):
            listening = [
                one.laddr.ip
                for one in process.net_connections("tcp")
                if one.status == psutil.CONN_LISTEN
            ]
            assert set(listening) <= {"127.0.0.1"}
        folder, pids = Path(record_of(target).folder), target.processes()
        assert target.describe()["name"] == "mine"
    assert alive(pids) == []
    assert not folder.exists()
    assert not records()


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_its_log_is_written_beside_ours(name: str) -> None:
    with running(before_three(name)) as target:
        logs = Path(record_of(target).folder) / "proxy" / "scratch" / "access.log"
        header(target, "/get?mark-of-this-test")
        for process in map(psutil.Process, target.processes_by_role()["proxy"]):
            process.send_signal(signal.SIGUSR1)  # nginx writes what it has kept
        assert eventually(lambda: "mark-of-this-test" in logs.read_text())


def test_an_origin_serves_what_lies_beside_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "one.txt").write_text("first page")
    # started by root, its workers would have an account that does not see into our folder
    with running(written(tmp_path, "nginx", f"user root; {ALONE}")) as target:
        assert target.processes_by_role().keys() == {"origin"}
        assert target.counts() is None
        with Client(target) as client:
            assert client.get("/one.txt")[0] == 200
            assert client.get("/")[0] == 403  # that it answers is enough
    assert (tmp_path / "pages" / "one.txt").read_text() == "first page"


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_its_program_complains_of_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    require_software(name)
    text, said = WRONG[name]
    message = refusal(HostedTarget(written(tmp_path, name, text)))
    assert message.startswith(f"{name} refuses mine: ")
    assert said in message
    assert not records()


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_that_others_can_reach_is_refused(tmp_path: Path, name: str) -> None:
    require_software(name)
    message = refusal(HostedTarget(written(tmp_path, name, OPEN[name])))
    assert message.startswith(f"{name}: instance-1 listens on ")
    assert "where other machines can reach it; expected only the loopback interface: " in message
    assert not records()


def test_one_that_listens_elsewhere_is_refused(tmp_path: Path) -> None:
    require_software("nginx")
    text = "events {}\nhttp { server { listen 127.0.0.1:14998; } }\n"
    message = refusal(HostedTarget(written(tmp_path, "nginx", text, port=14997)))
    assert message == (
        "nginx: instance-1 listens on port 14998 instead of 127.0.0.1:14997; "
        "expected listen {{ listen }};"
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_outlives_a_host_that_is_killed(name: str) -> None:
    require_software(name)
    target = HostedTarget(before_three(name))
    try:
        target.start()
        target.wait_ready()
        pids = target.processes()
        assert len(alive(pids)) == len(pids)
        record = record_of(target)
        os.kill(record.pid, signal.SIGKILL)
        assert eventually(lambda: not alive(pids))
        sweep(record)
        assert not Path(record.folder).exists()
    finally:
        target.stop()


def test_the_hash_is_that_of_the_configuration_and_not_of_its_place(tmp_path: Path) -> None:
    def configuration(folder: str, text: str) -> str:
        (tmp_path / folder).mkdir()
        with running(written(tmp_path / folder, "nginx", text)) as target:
            return target.describe()["configuration"]

    first, elsewhere = configuration("a", ALONE), configuration("b", ALONE)
    assert first == elsewhere
    assert configuration("c", ALONE.replace("pages", "others")) != first


def test_two_configurations_of_one_program_are_compared(tmp_path: Path) -> None:
    require_software("nginx")
    for file in ("nginx.conf", "headers.conf"):
        (tmp_path / file).write_text((CONFIGURATIONS / file).read_text())
    ended = clientbench(
        *("compare", "raw:sync", "--target", "tuned=nginx:./nginx.conf", "--target", "nginx"),
        *(*COUNTED, "--output", "report.json"),
        cwd=tmp_path,
    )
    assert ended.code == 0, ended.err
    assert "counts differ" not in ended.out
    database = tmp_path / "benchmark_results.db"
    with closing(sqlite3.connect(database)) as connection:
        measured = connection.execute(
            "SELECT DISTINCT label, target, upstream, error_count FROM benchmark_results"
        ).fetchall()
        seen = connection.execute(
            "SELECT spec, description FROM targets ORDER BY sequence"
        ).fetchall()
        versions = connection.execute(
            "SELECT COUNT(DISTINCT software) FROM library_summary"
        ).fetchone()
    assert versions == (2,)
    assert sorted(measured) == [
        ("raw:sync nginx", "nginx", "embedded", 0),
        ("raw:sync tuned", "tuned", "embedded", 0),
    ]
    specs, descriptions = zip(*((json.loads(a), json.loads(b)) for a, b in seen), strict=True)
    assert [(one["name"], one["alias"], one["config"]) for one in specs] == [
        ("nginx", "tuned", "nginx.conf"),
        ("nginx", "", ""),
    ]
    assert descriptions[0]["configuration"] != descriptions[1]["configuration"]
    report = (tmp_path / "report.json").read_text()
    for text in (report, database.read_bytes().decode("latin-1"), ended.out):
        assert str(tmp_path / "nginx.conf") not in text
    again = clientbench("results", "show", "latest", cwd=tmp_path)
    assert "raw:sync tuned" in again.out


def test_its_file_may_have_a_name_that_is_no_text(tmp_path: Path) -> None:
    require_software("nginx")
    name = os.fsdecode(b"\xff.conf")
    (tmp_path / name).write_text(
        "events {}\nhttp { server { listen {{ listen }}; location / { return 200 ok; } } }\n"
    )
    ended = clientbench("compare", "raw:sync", "--target", f"nginx:{name}", *COUNTED, cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert clientbench("results", "show", "latest", "--json", cwd=tmp_path).code == 0


def test_what_the_front_answers_itself_is_no_warning(tmp_path: Path) -> None:
    """Our servers do not see it, so that their count says nothing of the clients'."""
    require_software("haproxy")
    config = str(CONFIGURATIONS / "haproxy.cfg")
    ended = clientbench(
        *("compare", "raw:sync", "--target", "haproxy", "--config", config, "--url", "/local"),
        *(*COUNTED, "--json"),
        cwd=tmp_path,
    )
    assert ended.code == 0, ended.err
    assert ended.json["competitors"][0]["errors"] == 0
    assert "counts differ" not in {one["kind"] for one in ended.json["doubts"]}


def test_one_that_is_up_is_healthy_whatever_its_paths(tmp_path: Path) -> None:
    require_software("nginx")
    (tmp_path / "mine.conf").write_text(ALONE)
    try:
        up = clientbench("targets", "up", "nginx", "--config", "mine.conf", "--json", cwd=tmp_path)
        assert up.code == 0, up.err
        (look,) = clientbench("targets", "status", "--json", cwd=tmp_path).json["targets"]
        assert (look["name"], look["state"]) == ("nginx", "healthy")
    finally:
        down = clientbench("targets", "down", "nginx", cwd=tmp_path)
    assert down.out == "nginx:mine.conf (native, http): stopped\n"


def test_a_server_that_runs_already_goes_by_its_name(
    tmp_path: Path, http_target: EmbeddedTarget
) -> None:
    ended = clientbench(
        *("compare", "raw:sync", "--target", f"prod={http_target.base_url}"),
        *("--target", "blue=embedded", *COUNTED, "--baseline", "prod", "--json"),
        cwd=tmp_path,
    )
    assert ended.code == 0, ended.err
    assert ended.json["run"]["baseline"] == "raw:sync prod"
    assert [one["label"] for one in ended.json["competitors"]] == ["raw:sync prod", "raw:sync blue"]
    assert ended.json["competitors"][0]["url"] == f"{http_target.base_url}/"
