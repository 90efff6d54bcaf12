"""Generated command lines: every option of every command with values that are valid, at a bound, or nasty.

Options are read from the command line's own definition, so that a new one is tried without a change here.
What measures is kept tiny; hosts are a server of the campaign's own, closed ports of the loopback interface, or
names under ``.invalid``.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer.main

from benchmarks.campaign_command import Place, faults, found_secrets
from harness.cli.commands import app
from harness.settings import VARIABLES

__all__ = ["SECRETS", "Command", "Option", "attempt", "commands", "generated", "template"]

PASSWORD, TOKEN, BEARER = "p4ssw0rd-Tr0ub4dor", "t0kenHh7Jk3Nb1Zz", "b34rer-zQ4vR7tW1xYk3J9"
SECRETS = (PASSWORD, TOKEN, BEARER)
SPAWNED_SHARE = 0.03  # of the commands that start as a process of their own
REFUSED_SHARE = 0.9  # of those that would measure, which are given one more value that hardly fits

Words = tuple[str, ...]

NUMBERS: Words = (
    *("0", "-1", "-0", "1.5", "nan", "inf", "-inf", "1e20", "1e999", "1e-400", "-1e-9", "0x10"),
    *("1_000", " 1", "1 ", "+1", "", "x", "٣", "１", "1,5", "9" * 400, "%", "5%", "1%%", "--1"),
    *("1e", ".", "1;2", "1ms", "0s", "1us", "\t1", "1\n", "true", "None", "9223372036854775808"),
)
TEXTS: Words = (
    *(
        "",
        " ",
        "x",
        "-",
        "--",
        "é",
        "\u202eabc",
        "\u2066x\u2069",
        "\x1b]0;owned\x07",
        "\x1b[31mred",
    ),
    *(
        "a\rb",
        "a\nb",
        "a\x08b",
        "\x7f",
        "\x9b31m",
        "\udcff\udcfe",
        "%s%n%x",
        "{0}",
        "${HOME}",
        "$(id)",
    ),
    *(
        "'",
        '"',
        "\\",
        "a" * 300,
        "a" * 70_000,
        "[red]x[/red]",
        "😀",
        "\ufeff",
        "../../x",
        "null",
        "*",
    ),
    *(f"http://anna:{PASSWORD}@127.0.0.1:9/", f"http://h.invalid/?api_key={TOKEN}"),
    f"Authorization: Bearer {BEARER}",
)
PATHS: Words = (
    *(
        "",
        ".",
        "..",
        "/",
        "folder",
        "folder/",
        "missing/x.db",
        "a" * 300,
        "a" * 300 + ".json",
        "a/" * 600,
    ),
    *(
        "own.md",
        "own.json",
        "body.txt",
        "damaged.db",
        "good.db",
        "new.db",
        "fifo",
        "loop",
        "loop/x.md",
    ),
    *(
        "dangling",
        "link.md",
        "link.db",
        "hard.md",
        "good.db-wal",
        "/dev/full",
        "/dev/null",
        "/dev/stdout",
    ),
    *(
        "/proc/self/mem",
        "/sys/x.md",
        "new.json",
        "new.md",
        "new.csv",
        "new.txt",
        "x.JSON",
        "~",
        "~/x.db",
    ),
    *(
        "file:good.db?mode=ro",
        ":memory:",
        "file::memory:",
        "é.md",
        "a b.md",
        "\x1b[31m.md",
        "\u202e.md",
    ),
    *("\udcff.md", "unreadable.md", "-", "x.db/", "good.db/x", "con.md\n"),
)
STATEMENTS: Words = (
    *(
        "SELECT 1",
        "",
        ";",
        "--",
        "/*",
        "SELECT",
        "SELECT 1; SELECT 2",
        "DROP TABLE benchmark_results",
    ),
    *(
        "SELECT * FROM benchmark_results",
        "SELECT * FROM ranking",
        "SELECT char(27)||']0;x'||char(7)",
    ),
    *("SELECT 'a'||char(13)||'b'||char(8)", "SELECT char(8238)||'abc'", "SELECT x'00ff1b5b33316d'"),
    *("SELECT zeroblob(3000000000)", "SELECT zeroblob(1000000)", "SELECT CAST(x'ff' AS TEXT)"),
    *(
        "ATTACH DATABASE 'own.md' AS x",
        "ATTACH DATABASE 'stolen.db' AS x",
        "VACUUM INTO 'stolen.db'",
    ),
    *(
        "VACUUM",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA writable_schema=1",
        "SELECT load_extension('x')",
    ),
    *(
        "DELETE FROM runs",
        "INSERT INTO runs(id) VALUES(1)",
        "BEGIN EXCLUSIVE",
        "CREATE TEMP TABLE t(x)",
    ),
    *("SELECT 1 AS '\x1b[31m'", "SELECT ?", "SELECT :a", "WITH x AS (SELECT 1) SELECT * FROM x"),
    *(
        "SELECT 9e999, -9e999, NULL, 9223372036854775807",
        "SELECT 1" + ",1" * 3000,
        "EXPLAIN SELECT 1",
    ),
    *("SELECT" + "(" * 2000, "SELECT json('{')", "SELECT 'é\u2066'", "SELECT * FROM nothing"),
)
HEADERS: Words = (
    *(
        "X: y",
        "X:y",
        "X:",
        ": x",
        "no colon",
        "X Y: z",
        "X: \x1b[31m",
        "X: a\r\nY: b",
        "X: a\nb",
        "X: é",
    ),
    *(
        "X: \u202e",
        "Host: h.invalid",
        "Host:",
        "Content-Length: 5",
        "Content-Length: -1",
        "X: \udcff",
    ),
    *(
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Accept-Encoding: gzip",
        "Expect: 100-continue",
    ),
    *(
        f"Authorization: Bearer {BEARER}",
        f"Cookie: session={TOKEN}",
        "X: " + "a" * 70_000,
        "@body.txt",
    ),
    *(
        "@missing",
        "@fifo",
        "@folder",
        "@/dev/full",
        "@",
        "@/dev/zero",
        "X=HOME",
        "X=MISSING",
        "=",
        "X=",
    ),
)
OBJECTS: Words = (
    *(
        "{}",
        "{",
        "[1]",
        "null",
        '{"X": null}',
        '{"X": "y"}',
        '{"X": "\\u001b[31m"}',
        '{"X": "a\\r\\nb"}',
    ),
    *(
        "[" * 10_000,
        '{"X": 1e999}',
        '{"X": "y", "X": "z"}',
        '{"": ""}',
        '{"X": {"Y": 1}}',
        "NaN",
        '"x"',
    ),
    f'{{"Authorization": "Bearer {BEARER}"',
    f'{{"X-Api-Key": "{TOKEN}"}}',
)
SELECTORS: Words = (
    *("raw", "null", "raw:sync", "raw:async", "null:async+uvloop", "requests", "stdlib", "urllib3"),
    *(
        "requests==0.0.0",
        "requests==",
        "raw:fast",
        "raw+uvloop",
        "aiohttp:sync",
        "curl",
        "@",
        ":",
        "==",
        "+",
    ),
    *(
        "raw@",
        "raw@/nowhere",
        "raw@.",
        "raw@fifo",
        "raw@/bin/sh",
        "raw@/bin/true",
        "raw@/usr/bin/yes",
    ),
    *(
        "raw@/bin/cat",
        "raw@loop",
        "raw@body.txt",
        "raw@" + "a" * 300,
        "raw@/dev/full",
        "raw@\x1b[31m",
    ),
    *(
        "RAW",
        " raw",
        "raw ",
        "raw,null",
        "r\u0430w",
        "raw:async+asyncio",
        "raw:sync:sync",
        "--",
        "-x",
    ),
    f"http://anna:{PASSWORD}@127.0.0.1:9/",
    f"raw@http://127.0.0.1:9/?api_key={TOKEN}",
)

# Values that mean something, by the name of the option; all others get numbers, texts and paths alike.
VALID: dict[str, Words] = {
    "arrivals": ("uniform", "poisson", "burst"),
    "body": (
        "x",
        "@body.txt",
        "@missing",
        "@fifo",
        "@folder",
        "@/dev/full",
        "@",
        "@loop",
        "@/dev/zero",
    ),
    "body_size": ("0", "1", "64k", "1M", "-1", "1T", "99999999999"),
    "budget": ("0.1", "1"),
    "concurrency": ("1", "2", "3", "10001", "2,3"),
    "delay": ("1ms", "0.01", "0"),
    "duration": ("0.05", "50ms", "168h", "7d"),
    "error_budget": ("0", "1", "5%", "100%", "0%"),
    "expect": ("200", "2xx", "200-399,404", "999", "5xx", "1xx", "399-200", ","),
    "hold": ("dns", "tcp", "tls", "connection", "request", "first-byte"),
    "instances": ("1", "2"),
    "limit": ("1", "5", "1000000"),
    "lines": ("1", "5"),
    "max_body": ("1", "1k", "256m", "99999g"),
    "max_in_flight": ("1", "5"),
    "method": ("GET", "POST", "HEAD", "TRACE", "get", "DELETE"),
    "metric": ("throughput", "cpu-per-request", "p50", "p99", "peak-memory"),
    "n": ("1", "2", "5"),
    "points": ("1@0,2@0.02", "2@x", "@"),
    "precision": ("50%", "0.5", "1%"),
    "preset": ("concurrent-synced", "requests-graph", "steady"),
    "processes": ("1", "2"),
    "profile": ("parity", "defaults"),
    "rate": ("20", "100", "0.5"),
    "requests": ("1", "2", "3"),
    "rounds": ("1", "2"),
    "runtime": ("auto", "native", "docker", "docker-host"),
    "scheme": ("http", "https"),
    "seconds": ("0.1", "1"),
    "slice": ("10ms", "0.02"),
    "stage": ("20:0.1", "10-40:0.1", "1:1"),
    "start": ("fixed-workers", "per-request"),
    "target": ("embedded", "nothing"),
    "target_cpus": ("0", "0-1", "99", "0,0", "1-0"),
    "target_memory": ("512m", "1"),
    "think_time": ("0", "1ms"),
    "timeout": ("1", "0.5"),
    "trace": ("1", "0.1", "10%"),
    "upstream": ("embedded", "nothing"),
    "warmup": ("0", "0.01"),
}
# What would measure, and for how long: given last where the option was not drawn.
SHORT = {"duration": "0.05", "rounds": "1", "warmup": "0.01", "concurrency": "2", "timeout": "1"}
NOT_TOGETHER = {"duration": {"requests", "stage", "preset"}, "rounds": {"precision", "quick"}}
# Lengths that are valid and take longer than a campaign has.
TOO_LONG = {
    "duration": {"168h", "7d", "1e20"},
    "requests": {"9" * 18},
    "concurrency": {"1e20"},
}
# A self-test and a machine that is watched take minutes when nothing is wrong with their options.
REFUSED_ALWAYS: dict[Words, Words] = {("selftest",): ("--db", "folder")}


@dataclass(frozen=True)
class Option:
    """One option or argument, as the command line defines it."""

    name: str
    flags: Words  # empty for an argument
    takes_value: bool
    many: bool


@dataclass(frozen=True)
class Command:
    """One command and all that it can be given."""

    path: Words
    options: tuple[Option, ...]


def commands() -> list[Command]:
    """Every command of ``clientbench``, the older flag form not among them."""
    return list(_walk(typer.main.get_command(app), ()))


def _walk(command: Any, path: Words) -> Iterator[Command]:
    below = getattr(command, "commands", None)
    if below is None:
        yield Command(path, tuple(map(_option, command.params)))
        return
    for name, one in below.items():
        yield from _walk(one, (*path, name))


def _option(parameter: Any) -> Option:
    is_argument = parameter.param_type_name == "argument"
    flags = () if is_argument else (*parameter.opts, *parameter.secondary_opts)
    return Option(
        parameter.name,
        flags,
        is_argument or not parameter.is_flag,
        bool(parameter.multiple or parameter.nargs == -1),
    )


# -- one command line ------------------------------------------------------------------------------


def generated(number: int, seed: int, origin: str) -> tuple[list[str], dict[str, str]]:
    """Words and further environment variables of a case; the same for the same numbers.

    ``origin``: of a server that may be sent a few requests.
    """
    draw = random.Random(f"{seed}:{number}")
    words = _old_form(draw, origin) if draw.random() < 0.06 else _new_form(draw, origin)
    return words, _environment(draw)


def _new_form(draw: random.Random, origin: str) -> list[str]:
    everything = commands()
    weights = [3 + len(command.options) for command in everything]
    command = draw.choices(everything, weights)[0]
    arguments = [option for option in command.options if not option.flags]
    flags = [option for option in command.options if option.flags]
    most = min(len(flags), draw.choice((1, 1, 2, 3, 5)))
    drawn = draw.sample(flags, most)
    words = list(command.path)
    for option in arguments:
        words += _argument(draw, command, option, origin)
    for option in drawn:
        words += _flag(draw, command, option, origin)
    measures = any(option.name in SHORT for option in flags)
    others = [option for option in flags if option.takes_value and option not in drawn]
    if measures and others and draw.random() < REFUSED_SHARE:
        # A run takes seconds, a refusal none: most values are to be refused.
        option = draw.choice(others)
        words += [option.flags[0], draw.choice(draw.choice((NUMBERS, TEXTS)))]
        drawn.append(option)
    names = {option.name for option in drawn}
    known = {option.name: option for option in flags}
    words += _shortened(known, names)
    words += REFUSED_ALWAYS.get(command.path, ())
    return (
        [draw.choice(("compare", "results", "x", "--version", "--help", "-h")), *words]
        if (draw.random() < 0.01)
        else words
    )


def _shortened(known: dict[str, Option], drawn: set[str]) -> list[str]:
    """What keeps a measurement tiny, as far as the command has it and nothing drawn forbids it."""
    words: list[str] = []
    for name, value in SHORT.items():
        if name in known and name not in drawn and not NOT_TOGETHER.get(name, set()) & drawn:
            words += [known[name].flags[0], value]
    return words


def _argument(draw: random.Random, command: Command, option: Option, origin: str) -> list[str]:
    if option.name == "clients":
        count = draw.choice((1, 1, 2))
        return [draw.choice(("raw", "null", draw.choice(SELECTORS))) for _ in range(count)]
    return [_value(draw, command, option, origin)]


def _flag(draw: random.Random, command: Command, option: Option, origin: str) -> list[str]:
    flag = draw.choice(option.flags)
    if not option.takes_value:
        return [flag] if draw.random() < 0.95 else [f"{flag}=x"]
    times = draw.choice((1, 1, 2)) if option.many else 1
    words: list[str] = []
    for _ in range(times):
        value = _value(draw, command, option, origin)
        words += [f"{flag}={value}"] if draw.random() < 0.3 else [flag, value]
    return words if draw.random() < 0.98 else words[:-1]


def _value(draw: random.Random, command: Command, option: Option, origin: str) -> str:
    kinds = _kinds(option.name, command.path, origin)
    kinds.append(draw.choice((NUMBERS, TEXTS, PATHS)))
    values = draw.choices(kinds, [3] * (len(kinds) - 1) + [1])[0]
    value = draw.choice(values)
    if value in TOO_LONG.get(option.name, ()):
        return "0"
    return value


def _kinds(name: str, path: Words, origin: str) -> list[Words]:
    """Values that fit the option."""
    if name in ("url", "target"):
        return [_urls(origin), VALID.get(name, ("/", "/good/5"))]
    fitting: dict[str, Words] = {
        **dict.fromkeys(("db", "output"), PATHS),
        **dict.fromkeys(("clients", "client", "baseline"), SELECTORS),
        **dict.fromkeys(("header", "header_env"), HEADERS),
        "headers": OBJECTS,
        "query": STATEMENTS,
        **dict.fromkeys(("run", "other"), ("latest", "latest~1", "0", "f" * 36, "latest", *TEXTS)),
    }
    if name in fitting:
        return [fitting[name]]
    if name == "name":
        return [("embedded", "nothing", *TEXTS)]
    return [NUMBERS, VALID[name]] if name in VALID else [NUMBERS, TEXTS]


def _urls(origin: str) -> Words:
    host = origin.partition("//")[2]
    port = host.rpartition(":")[2]
    return (
        *(f"{origin}/good/5", f"{origin}/good/0", f"http://localhost:{port}/good/5", f"{origin}"),
        *(f"{origin}/good/5?api_key={TOKEN}", f"http://anna:{PASSWORD}@{host}/good/5"),
        *(
            f"{origin}/lf-only",
            f"{origin}/close",
            f"{origin}/escape-in-reason",
            f"{origin}/status-503",
        ),
        *("http://127.0.0.1:9/", "https://127.0.0.1:9/", f"https://{host}/", "http://[::1]:9/"),
        *(
            "http://nowhere.invalid/",
            "http://straße.invalid/",
            "http://xn--a.invalid/",
            "http://é.invalid:9/",
        ),
        *(
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "http://",
            "http:///x",
            "//127.0.0.1:9/",
            "http:/x",
        ),
        *("http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://127.0.0.1:-1/", "http://[::1/"),
        *(
            "http://a b.invalid/",
            "http://a\x1b[31m.invalid/",
            f"{origin}/good/5#\x07",
            f"{origin}/\u202e",
        ),
        *(
            f"http://anna:{PASSWORD}@",
            f"http://anna:{PASSWORD}@h.invalid:x/",
            f"anna:{PASSWORD}@h.invalid",
        ),
        *(
            f"{origin}/good/5/%2e%2e/%zz?a=%q1&b=[]",
            "http://" + "a" * 300 + ".invalid/",
            "javascript:1",
        ),
        *(
            f"http://[fe80::1%25lo]:{port}/",
            "http://.invalid/",
            "http://a..invalid/",
            "http://-.invalid/",
        ),
        *(
            f"{origin}/" + "a" * 9000,
            f"{origin}\r\nX: y",
            f"{origin}/a b",
            f"{origin}/\udcff",
            "HTTP://127.1:9",
        ),
    )


def _old_form(draw: random.Random, origin: str) -> list[str]:
    words = [
        *("--url", draw.choice(_urls(origin))),
        *draw.choice((["--client"], ["--compare"], ["--compare", "raw"])),
        draw.choice(SELECTORS),
    ]
    for flag in draw.sample(("--method", "--headers", "--header", "--body", "--output"), 2):
        words += [flag, draw.choice((*TEXTS, *PATHS, *HEADERS, *OBJECTS))]
    if draw.random() < 0.3:
        words += draw.choice((["--async"], ["--verify-ssl", draw.choice(TEXTS)], ["--config", "x"]))
    return [*words, "--duration", "0.05", "--concurrency", "2", "--rounds", "1", "--timeout", "1"]


def _environment(draw: random.Random) -> dict[str, str]:
    if draw.random() < 0.7:
        return {}
    bad_folder = ("", "body.txt", "/dev/full", "/proc/x", "a" * 300, "\x1b[31m", "loop")
    choices = {
        **dict.fromkeys(VARIABLES.values(), (*NUMBERS, "", "x")),
        VARIABLES["database"]: PATHS,
        VARIABLES["duration"]: ("0.05", "x", "nan", "inf", "0", "-1", ""),
        "XDG_CACHE_HOME": bad_folder,
        "XDG_STATE_HOME": bad_folder,
        "HOME": bad_folder,
        "COLUMNS": ("0", "1", "-5", "x", "99999", ""),
        "NO_COLOR": ("1", ""),
        "TERM": ("dumb", "", "\x1b[31m"),
        "LANG": ("C", "klingon", ""),
        "SSL_CERT_FILE": PATHS,
        "http_proxy": (f"http://anna:{PASSWORD}@127.0.0.1:9/", "\x1b[31m"),
        "TZ": ("klingon", ":/dev/full"),
    }
    names = draw.sample(sorted(choices), draw.choice((1, 1, 2)))
    return {name: draw.choice([v for v in choices[name] if "\0" not in v]) for name in names}


# -- one case --------------------------------------------------------------------------------------


def template(folder: Path) -> Path:
    """A database with a run in it, made once, copied for every case."""
    place = Place(folder, "template")
    ended = place.run(
        *("compare", "raw", "null", "--requests", "2", "--rounds", "1", "--warmup", "0"),
        *("--concurrency", "1", "--db", "good.db"),
    )
    if ended.code != 0:
        raise SystemExit(f"no database to begin with: {ended.err}")
    return place.folder / "good.db"


def attempt(number: int, seed: int, origin: str, database: Path, folder: Path) -> list[str]:
    """Run one generated command line in ``folder``; what is wrong about it."""
    place = Place(folder, str(number))
    _furnish(place.folder, database)
    before, since_ns = _contents(place.folder), place.touched_ns()
    words, environ = generated(number, seed, origin)
    spawned = random.Random(f"spawn {seed}:{number}").random() < SPAWNED_SHARE
    ended = place.run(*words, environ=environ, fork=not spawned)
    wrong = [*faults(ended, SECRETS), *_of_files(place, words, before, environ)]
    if words[:2] == ["targets", "up"] and ended.code == 0:
        place.run("targets", "down", "--all", environ=environ)
    return wrong + place.left(since_ns)


def _furnish(folder: Path, database: Path) -> None:
    """Files a user might have, and some that nobody should have."""
    (folder / "body.txt").write_text("a body\n")
    for name in ("own.md", "own.json", "unreadable.md"):
        (folder / name).write_text("a user's own\n")
    (folder / "unreadable.md").chmod(0)
    (folder / "folder").mkdir()
    shutil.copy(database, folder / "good.db")
    damaged = bytearray(database.read_bytes())
    damaged[1000:3000] = b"\xff" * 2000
    (folder / "damaged.db").write_bytes(damaged)
    os.mkfifo(folder / "fifo")
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nowhere/x")
    (folder / "link.md").symlink_to("good.db")
    (folder / "link.db").symlink_to("good.db")
    os.link(folder / "good.db", folder / "hard.md")


# A report may not take the place of any of these, and no command may change them.
THEIRS = ("body.txt", "own.md", "own.json", "unreadable.md", "damaged.db")


def _contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in THEIRS}


def _of_files(
    place: Place, words: Sequence[str], before: dict[str, bytes], environ: dict[str, str]
) -> list[str]:
    wrong = []
    if "--force" not in words:
        for name, content in before.items():
            path = place.folder / name
            if not path.exists() or path.read_bytes() != content:
                wrong.append(f"file changed: {name}")
    wrong += [f"database: {problem}" for problem in _of_database(place.folder / "good.db")]
    for path in place.folder.rglob("*"):
        if path.is_file() and path.name not in THEIRS:
            text = path.read_bytes().decode("latin-1")
            wrong += [
                f"secret: {form} in {path.name[:40]!a}" for form in found_secrets(text, SECRETS)
            ]
    return wrong


def _of_database(path: Path) -> list[str]:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check").fetchone()
            (runs,) = connection.execute("SELECT COUNT(*) FROM runs").fetchone()
    except sqlite3.Error as error:
        return [str(error)]
    return ([] if found == "ok" else [str(found)]) + ([] if runs else ["its run is gone"])
