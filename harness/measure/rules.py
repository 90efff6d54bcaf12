"""Rules for correct responses, by endpoint."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from adapters.base import ERROR_KINDS, USUAL_MAX_BODY_BYTES
from harness.measure.populations import CODES, FIRST_STATUS, Integers
from harness.worker.recorder import END, ENDPOINT, OUTCOME, RECEIVED, START

__all__ = ["FIRST_STATUS", "Rules", "outcomes"]

LAST_STATUS = 999


@dataclass(frozen=True)
class Rules:
    """The rules for correct responses (DESIGN §1)."""

    expected: Collection[int]  # statuses
    length: int | None  # length of the body, if the target's response is known
    timeout_ns: int
    max_body_bytes: int = USUAL_MAX_BODY_BYTES

    def outcomes(self, rows: Integers) -> Integers:
        """Return each row's outcome after the checks of status, length and time: a status if
        correct.
        """
        outcome: Integers = rows[OUTCOME].copy()
        # neither a status nor an error code: some libraries return any number that the server sent
        no_code = (outcome < 1) | (outcome > len(ERROR_KINDS))
        no_status = (outcome < FIRST_STATUS) | (outcome > LAST_STATUS)
        outcome[no_code & no_status] = CODES["protocol"]
        answered = outcome >= FIRST_STATUS
        accepted = np.zeros(1000, np.bool_)
        accepted[list(self.expected)] = True
        wrong_status = answered & ~accepted[np.clip(outcome, 0, 999)]
        wrong_length = answered & (rows[RECEIVED] > self.max_body_bytes)
        if self.length is not None:
            wrong_length |= answered & (rows[RECEIVED] != self.length)
        late = answered & (rows[END] - rows[START] > self.timeout_ns)
        outcome[late] = CODES["timeout_total"]
        outcome[wrong_length] = CODES["body"]
        outcome[wrong_status] = CODES["status"]
        return outcome


def outcomes(rules: Sequence[Rules], rows: Integers) -> Integers:
    """Return each row's outcome after the checks of its endpoint: a status if correct."""
    if len(rules) == 1:
        return rules[0].outcomes(rows)
    found: Integers = rows[OUTCOME].copy()
    for number, one in enumerate(rules):
        own = rows[ENDPOINT] == number
        found[own] = one.outcomes(rows[:, own])
    return found
