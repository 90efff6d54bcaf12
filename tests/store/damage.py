"""Results databases that are damaged, in ways that a seed decides: ``python -m tests.store.damage FIRST LAST``.

Prints what every command says of each, where that is neither a result nor one line.
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from harness.cli.main import run as clientbench
from harness.errors import ClientbenchError
from harness.records.model import OpenLoop, Spread, TargetRecord
from harness.store import Keeper, Store
from servers.spec import TargetSpec
from tests.examples import Ceiling, finished, histogram, run, save, trial, two_clients
from tests.selftest.examples import HERE, selftest

PAGE_BYTES = 4096

ACCEPTED = {0, 2, 3}
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("list",),
    ("show", "run-1"),
    ("show", "open", "--json", "--matrix"),
    ("diff", "run-1", "run-2", "--across"),
    ("sql", "SELECT * FROM benchmark_results JOIN ranking USING (run_id) JOIN histograms"),
    ("merge", "FILE"),
)


def make(path: Path) -> None:
    """A database with something in every table."""
    waits = histogram([10**6] * 90)
    loop = OpenLoop(100, 1, 2, 3, waits, 2e6, waits, waits)
    made = two_clients(rounds=2)
    target = TargetRecord(TargetSpec("nginx", instances=2, upstream="embedded"), {"name": "nginx"})
    with Store.open(path) as store:
        store.save_selftest(selftest())
        for id_ in ("run-1", "run-2"):
            record = finished(
                made,
                id=id_,
                environment=HERE,
                ceilings=(Ceiling("requests", 9.5),),
                targets=(target,),
                spreads=(Spread(0, 1, "instance-1", 500),),
            )
            save(store, record, [replace(one, id=f"{id_}-{one.id}") for one in made])
            store.finish(record)
        save(store, run("open"), [trial(id="open-trial", open_loop=loop, error_counts={"dns": 1})])


def damaged(content: bytes, seed: int) -> bytes:
    """The file with some bytes changed, missing or in another's place."""
    draw = random.Random(seed)
    made = bytearray(content)
    place = draw.randrange(len(made))
    page = place - place % PAGE_BYTES
    match draw.randrange(6):
        case 0:
            for _ in range(draw.choice((1, 1, 4, 64))):
                made[draw.randrange(len(made))] ^= 1 << draw.randrange(8)
        case 1:
            made[place : place + 64] = draw.randbytes(64)
        case 2:
            made[page : page + PAGE_BYTES] = bytes(PAGE_BYTES)
        case 3:
            del made[place:]
        case 4:
            other = PAGE_BYTES * draw.randrange(len(made) // PAGE_BYTES)
            made[page : page + PAGE_BYTES] = content[other : other + PAGE_BYTES]
        case 5:  # what it says is changed, not how
            letters = [at for at, byte in enumerate(made) if chr(byte) in '0123456789"{}[],:-']
            for at in draw.sample(letters, 20):
                made[at] = ord(draw.choice('0123456789"{}[],:- x'))
    return bytes(made)


def complaints(path: Path, commands: Iterable[tuple[str, ...]] = COMMANDS) -> Iterator[str]:
    """What no command should do with a database: one line for each that does."""
    content = path.read_bytes()
    for words in commands:
        path.write_bytes(content)
        other = path.with_name("other.db")
        at = ["--db", str(other if words[0] == "merge" else path)]
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            code = clientbench(["results", *(str(path) if w == "FILE" else w for w in words), *at])
        said = err.getvalue()
        other.unlink(missing_ok=True)
        if code not in ACCEPTED or said.count("\n") != (code != 0):
            yield f"{' '.join(words)}: {code}: {said.strip()}"
    path.write_bytes(content)
    wrong = measured(path)
    if wrong is not None:
        yield f"measuring: {wrong}"


def measured(path: Path) -> str | None:
    """What goes wrong when a run is stored there: it is refused before it begins, or kept somewhere."""
    keeper = Keeper(path, lambda _: None)
    record = run("new", environment=HERE)
    try:
        keeper.check()
        with keeper:
            record = replace(record, selftest=keeper.selftest_of(record.environment))
            keeper.begin(record)
            made = [trial(id="new-trial")]
            keeper.save_round("new", 1, order=[], started_at="", ended_at="", trials=made)
            keeper.finish(record)
    except ClientbenchError as error:
        return str(error) if "\n" in str(error) else None
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None if keeper.kept.path is not None else "kept nowhere"


def main(first: int, last: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.db"
        make(whole)
        content = whole.read_bytes()
        for seed in range(first, last):
            own = Path(folder) / "own"
            own.mkdir()
            (own / "results.db").write_bytes(damaged(content, seed))
            for complaint in complaints(own / "results.db"):
                sys.stdout.write(f"{seed}: {complaint}\n")
            shutil.rmtree(own)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
