"""A process of its own that stores rounds: ``python -m tests.store.writer PATH RUN ROUNDS [then]``.

``wait`` holds still afterwards; ``half`` does so in the middle of storing one more round.
"""

import sys
import time

from harness.records.model import TrialSummary
from harness.store import Store
from tests.examples import run, save, trial


def main(path: str, run_id: str, rounds: int, then: str = "end") -> None:
    with Store.open(path) as store:
        save(store, run(run_id), [_trial(run_id, number) for number in range(1, rounds + 1)])
        if then == "half":
            _begin_a_round(store, run_id, rounds + 1)
        sys.stdout.write("saved\n")
        sys.stdout.flush()
        if then != "end":
            time.sleep(600)


def _trial(run_id: str, round: int) -> TrialSummary:
    return trial("requests", round, rate=10, id=f"{run_id}-{round}")


def _begin_a_round(store: Store, run_id: str, round: int) -> None:
    connection = store._db.conn
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO rounds VALUES (?, ?, '', '', '[]')", (run_id, round))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
