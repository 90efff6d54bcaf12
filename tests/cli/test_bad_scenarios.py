"""Mistakes in scenario files: one line each, with its place and what is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.input.file_lines import line_of
from tests.cli.command import clientbench, recording

TWO = '[[endpoint]]\nname = "a"\npath = "/a"\n[[endpoint]]\nname = "b"\npath = "/b"\n'
ONE = "[[endpoint]]\n"
BAD = [
    (f"rtae = 4\n{ONE}", "line 1: rtae is not known; did you mean rate?"),
    (f'{ONE}nmae = "x"', "line 2: endpoint[1].nmae is not known; did you mean name?"),
    (f"{ONE}weight = -1", "line 2: endpoint[1].weight: input should be greater than 0"),
    (f"{ONE}share = 30\n{ONE}share = 60", "line 2: shares sum to 90 %; expected 100 %"),
    (f'{ONE}share = "much"', "line 2: share = 'much'; expected a percentage above 0"),
    (f"{ONE}share = 60\n{ONE}", "line 3: has no share; expected one for every endpoint"),
    (f"{ONE}requests = 3\n{ONE}weight = 2", "endpoints have requests and weight; expected one"),
    (f"requests = 4\n{ONE}requests = 3", "line 1: has requests, and endpoints too"),
    (f'duration = "1s"\nrequests = 4\n{ONE}', "both set the length; expected one of them"),
    (f'rate = "fast"\n{ONE}', "line 1: rate: 'fast' is not valid; expected requests per second"),
    (f'mix = "random"\n{ONE}', "line 1: mix = 'random'; expected shuffled, weighted-random"),
    (f'mix = "dedicated"\nconcurrency = 1\n{TWO}', "line 2: concurrency: '1' is not valid"),
    (f'{ONE}method = "FETCH"', "line 2: endpoint 1: method: 'FETCH'; did you mean PATCH?"),
    (f'{ONE}path = "a"', "line 2: endpoint 1: path: "),
    (f'{ONE}path = "/a"\nurl = "http://h/"', "both name the place; expected one of them"),
    (f'{ONE}body = "x"', "line 2: endpoint 1: body: GET has none"),
    (f'{ONE}method = "PUT"\nbody_file = "gone"', "endpoint 1: body: "),
    (f'{ONE}method = "PUT"\nbody = "x"\njson = 1', "both are its body; expected one of them"),
    (f'{ONE}headers = {{ "Content-Length" = "4" }}', "line 2: endpoint 1: headers: "),
    (f'{ONE}expect = "2xxx"', "line 2: endpoint 1: expect: '2xxx' is not valid"),
    (f'{ONE}timeout = "never"', "line 2: endpoint 1: timeout: 'never' is not valid"),
    (f'{ONE}name = "a"\n{ONE}name = "a"', "line 4: two endpoints are called 'a'"),
    (f"[variables]\nu = {{}}\n{ONE}", "line 2: u has nothing; expected one of counter, choice"),
    (f'[variables]\nu = {{ csv = "x", uuid = true }}\n{ONE}', "line 2: u has uuid and csv"),
    (f'[variables]\nu = {{ csv = "gone.csv" }}\n{ONE}', "line 2: u: 'gone.csv' cannot be read"),
    (f'[variables]\nu = {{ csv = "one.csv", step = 2 }}\n{ONE}', "line 2: u: step needs counter"),
    (f'[variables]\nu = {{ csv = "uneven.csv" }}\n{ONE}', "'uneven.csv' line 3 has not 2 values"),
    (
        f'[variables]\nu = {{ csv = "empty.csv" }}\n{ONE}',
        "u: 'empty.csv' cannot be read (it is empty)",
    ),
    (f'[variables]\nu = {{ env = "NO_SUCH" }}\n{ONE}', "line 2: u: the environment has no NO_SUCH"),
    (f"[variables]\nu = {{ integer = [3, 1] }}\n{ONE}", "line 2: u: from 3 to 1 is no number"),
    (
        f'[variables]\nu = {{ csv = "one.csv" }}\n{ONE}path = "/{{{{u.nam}}}}"',
        "line 3: endpoint 1: '{{u.nam}}' has no value; did you mean u.name?",
    ),
    (
        f'[variables]\nu = {{ uuid = true }}\n{ONE}url = "http://{{{{u}}}}/"',
        "line 4: endpoint 1: url: has a variable in its host",
    ),
    (
        f'requests = 5\n[variables]\nu = {{ csv = "one.csv", order = "once" }}\n{ONE}'
        'path = "/{{u.name}}"',
        "one.csv has 1 rows, and the run needs 5 for u",
    ),
    (
        f'rate = 1\nduration = "2s"\n{ONE}share = 99\n{ONE}share = 1\npath = "/x"',
        "'GET /x' gets none of 2 requests",
    ),
    (f'url = "http://h/api"\n{ONE}', "line 1: url: has a path; expected only the server"),
    (
        f'clients = ["raw"]\n[[competitor]]\nclient = "raw"\n{ONE}',
        "both clients and [[competitor]]",
    ),
    ("[[endpoint]\n", "is no TOML"),
    ("", "has no [[endpoint]]"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=range(len(BAD)))
def test_a_mistake_is_told_in_one_line_before_anything_is_sent(
    text: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_text("name\nAda\n")
    (tmp_path / "uneven.csv").write_text("name,age\nAda,36\nBob\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "shop.toml").write_text(text)
    ended = clientbench("scenario", "check", "shop.toml", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, ""), ended
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("clientbench: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "gone.toml"), "'gone.toml' is no file; expected a scenario in TOML"),
        (("run", "."), "'.' is no file"),
        (("run", "shop.toml", "--body", "x"), "--body: each endpoint of the scenario has its own"),
        (("run", "shop.toml", "--method", "PUT"), "--method: each endpoint"),
        (("run", "shop.toml", "--body-size", "9"), "--body-size: each endpoint"),
        (("compare", "--scenario", "shop.toml", "--url", "/x"), "--url: has a path"),
        (("scenario", "new", "shop.toml"), "'shop.toml' is there already"),
    ],
)
def test_what_does_not_go_with_a_scenario_is_refused(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.toml").write_text(TWO)
    ended = clientbench(*words, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, ""), ended
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["shop.toml"]


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(
        f'clients = ["requests"]\nrequests = 40\nconcurrency = 9\ntag = ["from=file"]\n{TWO}'
    )
    words = ("--requests", "6", "--rounds", "1", "--warmup", "0", "--concurrency", "1", "--json")
    with recording() as server:
        ended = clientbench("run", "shop.toml", "raw", "--url", server.url, *words, cwd=tmp_path)
    assert ended.code == 0, ended
    (trial,) = ended.json["trials"]
    assert (trial["label"], trial["population"], trial["concurrency"]) == ("raw:sync", 6, 1)
    assert ended.json["run"]["provenance"]["tags"] == {"from": "file"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("rate",), 2),
        (("endpoint", 0, "name"), 5),
        (("endpoint", 1, "name"), 9),
        (("endpoint", 0, "headers", "X"), 7),
        (("endpoint", 1, "path"), 8),  # it is not there: its table is
        (("variables", "n", "step"), 13),
        (("gone",), 1),
    ],
)
def test_a_place_has_a_line(path: tuple[str | int, ...], line: int) -> None:
    text = """# a comment
rate = 5

[[endpoint]]
name = "a"
[endpoint.headers]
X = "1"
[[ endpoint ]] # the second
"name" = "b"

[variables]
m = 1
n = { counter = 1, step = 0 }
"""
    assert line_of(text, path) == line
