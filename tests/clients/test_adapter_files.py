"""Adapters in files of the user's own: what is read from them, and who sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.main import run
from harness.clients import interpreters
from harness.clients.adapter_files import AdapterFile, read
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue
from harness.errors import UnusableError, UsageError
from harness.scenario.selector import parse

SOURCE = """
from adapters.base import Adapter

REQUIRES = ("httpx>=0.27",)

class Mine(Adapter):
    name = "mine"
    distribution = "httpx"

    def open(self): ...
    def send(self, request):
        return 200, 0
    def close(self): ...

ADAPTERS = (Mine,)
"""
BOTH = """
import adapters.base as contract
from adapters.over_httpx import AsyncOverHttpx as Awaiting

REQUIRES: tuple = ["httpx2[http2]>=2", "anyio"]

class Base(contract.Adapter):
    name: str = "my-own"

class Mine(Base): ...

class Other(Awaiting):
    name = "my-own"

ADAPTERS = [Other, Mine]
"""


def written(folder: Path, source: str = SOURCE, name: str = "mine.py") -> str:
    (folder / name).write_text(source)
    return str(folder / name)


def one(folder: Path, source: str = SOURCE, name: str = "mine.py") -> AdapterFile:
    (found,) = read([written(folder, source, name)], ["httpx"])
    return found


def test_name_requirements_and_mode_are_read_and_nothing_is_imported(tmp_path: Path) -> None:
    found = one(tmp_path, SOURCE + "raise SystemExit('it was imported')\n")

    assert (found.name, found.file, found.modes) == ("mine", "mine.py", ("sync",))
    assert (found.requires, found.distribution) == (("httpx>=0.27",), "httpx")
    assert found.module == "clientbench_adapter_mine"


def test_what_classes_inherit_is_read_from_their_bases(tmp_path: Path) -> None:
    found = one(tmp_path, BOTH)

    assert (found.name, found.modes) == ("my-own", ("async", "sync"))
    assert found.requires == ("httpx2[http2]>=2", "anyio")
    assert (found.distribution, found.has_extras) == ("httpx2", True)
    assert found.module == "clientbench_adapter_my_own"


def test_an_adapter_for_the_standard_library_requires_nothing(tmp_path: Path) -> None:
    found = one(tmp_path, SOURCE.replace('("httpx>=0.27",)', "()"))

    assert (found.requires, found.distribution) == ((), None)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("class Mine", "class", "is not Python, line 6: invalid syntax"),
        ("REQUIRES", "x = '\0'\nREQUIRES", "is not Python: source code string cannot contain"),
        ("ADAPTERS = (Mine,)", "", "has no ADAPTERS; expected a line such as ADAPTERS = "),
        ("(Mine,)", "()", "has no ADAPTERS; expected a line such as ADAPTERS = "),
        ("(Mine,)", "(Nobody,)", "has no class Nobody, which ADAPTERS names"),
        ('name = "mine"', "pass", 'has no name; expected name = "…" in the classes of ADAPTERS'),
        ('"mine"', "str(1)", 'has no name; expected name = "…" in the classes of ADAPTERS'),
        ('"mine"', '"My Own"', "names its client 'My Own'; expected small letters, digits"),
        ('"mine"', '"httpx"', "names its client 'httpx', which is another client's name"),
        ("REQUIRES", "NEEDS", "has no REQUIRES; expected a literal such as REQUIRES = "),
        ('("httpx>=0.27",)', "found()", "has REQUIRES = found(); expected a literal such as"),
        ('("httpx>=0.27",)', '"httpx"', "has REQUIRES = 'httpx'; expected a literal such as"),
        ('("httpx>=0.27",)', "(1,)", "has REQUIRES = (1,); expected a literal such as"),
        ('("httpx>=0.27",)', '("h x",)', "has REQUIRES = ('h x',); expected a literal such as"),
        ("httpx>=0.27", "httpx @ file:///x", "expected a literal such as REQUIRES = "),
        ("(Adapter)", "(object)", "has classes without a mode of their own; expected one"),
        ("(Mine,)", "(Mine, Mine)", "has classes without a mode of their own; expected one"),
        ("(Adapter)", "(Mine)", "is not Python that can be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    path = written(tmp_path, SOURCE.replace(old, new, 1))
    with pytest.raises(UsageError) as refused:
        read([path], ["httpx"])
    assert refused.value.fields == ("adapter",)
    assert refused.value.problem.startswith(f"{path!r} ")
    assert told in refused.value.problem
    assert "\n" not in refused.value.problem


def test_a_file_that_is_not_there_and_a_name_that_is_used_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.py' cannot be read: No such file"):
        read([str(tmp_path / "nowhere.py")], [])
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read([str(tmp_path)], [])
    paths = [written(tmp_path), written(tmp_path, name="again.py")]
    with pytest.raises(UsageError, match=r"again.py' names its client 'mine'"):
        read(paths, [])


def test_only_its_own_client_sees_it_and_its_digest_is_part_of_that_environment(
    tmp_path: Path,
) -> None:
    found = []
    for text in (SOURCE, SOURCE + "# changed\n"):
        with Bundle([one(tmp_path, text)]) as bundle:
            catalogue = Catalogue(bundle)
            clients = catalogue.clients(["mine", "httpx"])
            found.append([catalogue.environment(client.closure).digest for client in clients])
            mine, httpx = clients
            assert mine.problem is None
            assert (mine.version, list(mine.modes)) == (httpx.version, ["sync"])
            assert mine.plugin == f"mine.py {mine.closure.versions['mine.py']}"
            assert "mine.py" not in httpx.closure.versions
            assert {**mine.closure.versions} == {
                **httpx.closure.versions,
                "mine.py": mine.closure.versions["mine.py"],
            }
    (mine_before, httpx_before), (mine_after, httpx_after) = found
    assert mine_before != mine_after
    assert httpx_before == httpx_after


@pytest.mark.parametrize(
    ("requires", "is_served"),
    [
        ('("httpx>=0.27",)', True),
        ('("httpx", "h11>=0.9")', True),
        ('("httpx>=9",)', False),
        ('("httpx", "nobody-has-this")', False),
        ('("httpx[http2]",)', False),  # the extra may be there or not
        ("()", True),
    ],
)
def test_an_installed_library_serves_it_if_it_fits(
    requires: str, is_served: bool, tmp_path: Path
) -> None:
    source = SOURCE.replace('("httpx>=0.27",)', requires)
    with Bundle([one(tmp_path, source.replace('distribution = "httpx"', ""))]) as bundle:
        assert Catalogue(bundle).serves(parse("mine")) is is_served


def test_an_adapter_that_cannot_be_imported_is_told_with_the_reason(tmp_path: Path) -> None:
    broken = one(tmp_path, "import nobody_has_this\n" + SOURCE)
    why = "'mine' cannot be used: ModuleNotFoundError"
    with Bundle([broken]) as bundle, pytest.raises(UnusableError, match=why):
        Catalogue(bundle).select(parse("mine"))


def test_an_import_that_does_not_end_is_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(interpreters, "ASK_TIMEOUT_S", 3)
    asked = tmp_path / "asked"
    endless = f"open({str(asked)!r}, 'a').write('once ')\nwhile True: pass\n"
    source = SOURCE.replace('("httpx>=0.27",)', "()").replace('distribution = "httpx"', "")
    path = written(tmp_path, source + endless)

    for words in (("compare", "mine"), ("clients", "check", "mine")):
        assert run((*words, "--adapter", path)) == 3
        assert capfd.readouterr().err == (
            "clientbench: client: 'mine' cannot be used: its import did not end within 3 s\n"
        )
    assert asked.read_text() == "once "
