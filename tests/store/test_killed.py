"""Merging and pruning that are killed on the way: all of it is done, or nothing."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.store import Store
from tests.examples import finished, save, two_clients
from tests.store.test_merging import everything

# Ends itself at a look for an interrupt: so often that it is in the middle of a statement.
KILLED = """
import itertools, os, signal, sys
from harness import interrupts
from harness.store import Store, files
from harness.store.pruning import Keep

looks = itertools.count(1)
files.STEPS_BETWEEN_LOOKS = 1

def look():
    if next(looks) >= int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    return False

interrupts.noted = look
with Store.open(sys.argv[1]) as store:
    if sys.argv[2] == "merge":
        store.merge(sys.argv[3])
    else:
        store.prune(Keep(newest=0), really=True)
"""


@pytest.mark.long
@pytest.mark.parametrize("looks", [1, 300, 3000, 6000, 10**9])
@pytest.mark.parametrize("what", ["merge", "prune"])
def test_a_database_is_as_it_was_or_all_is_done(
    what: str, looks: int, path: Path, tmp_path: Path
) -> None:
    source, whole = tmp_path / "source.db", tmp_path / "whole.db"
    with Store.open(source) as store:
        made = finished(two_clients())
        save(store, made, two_clients())
        store.finish(made)
    with Store.open(path):
        pass
    if what == "prune":
        shutil.copy(source, path)
    before = everything(path)
    shutil.copy(path, whole)
    done = everything(whole) if ended(what, whole, source, 10**9) == 0 else {}
    code = ended(what, path, source, looks)
    assert code == (0 if looks == 10**9 else -signal.SIGKILL)
    assert everything(path) in (before, done)
    assert ended(what, path, source, 10**9) == 0
    assert everything(path) == done


def ended(what: str, path: Path, source: Path, looks: int) -> int:
    words = [sys.executable, "-c", KILLED, str(path), what, str(source), str(looks)]
    return subprocess.run(words, check=False, timeout=60).returncode
