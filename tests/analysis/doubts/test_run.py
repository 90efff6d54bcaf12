"""Doubts about the run as a whole, both ways."""

from __future__ import annotations

import pytest

from harness.analysis.doubts.run import (
    contamination_doubts,
    count_doubt,
    instance_doubt,
    processor_doubts,
    target_doubt,
)
from harness.clients.contamination import Contamination
from harness.machine.processors import Processors


@pytest.mark.parametrize(
    ("sent", "responses", "counted", "doubted"),
    [
        (10, 10, 10, False),
        (10, 8, 9, False),  # one was lost on the way there, one on the way back
        (10, 10, 11, True),  # somebody else, or a hidden retry
        (10, 10, 9, True),  # an answer from nowhere
        (10, 8, 7, True),
        (0, 0, 0, False),
    ],
)
def test_clients_and_target_must_agree(
    sent: int, responses: int, counted: int, doubted: bool
) -> None:
    assert (count_doubt(1, sent, responses, counted) is not None) == doubted


def test_too_few_processors_are_a_warning_with_a_remedy_that_fits() -> None:
    short = Processors(None, None, "target and workers share the only CPU")

    assert processor_doubts(Processors((0,), (1,)), True) == []
    (doubt,) = processor_doubts(short, True)
    assert "cores" in doubt.remedy
    assert "only CPU" in str(doubt)


def test_a_contamination_is_told_of_those_it_touches() -> None:
    of_one = Contamination(("requests",), "urllib3 is urllib3-future 2.25.904", "mend it")
    of_two = Contamination(("requests", "urllib3"), "urllib3 is urllib3-future 2.25.904", "mend it")
    apart = Contamination((), "a.pth names gevent", "leave it")

    assert contamination_doubts([]) == contamination_doubts([apart]) == []
    one, two = contamination_doubts([of_one, apart, of_two])
    assert one.kind == two.kind == "contaminated environment"
    assert (one.subject, two.subject) == ("requests", "run")
    assert "requests, urllib3" in two.message
    assert two.remedy == "mend it"


def test_what_ended_during_the_run_is_named() -> None:
    lost, instance = target_doubt("it is gone"), instance_doubt("nginx", 3, "instance-2 has ended")

    assert (lost.kind, lost.subject) == ("target lost", "run")
    assert (instance.kind, instance.subject) == ("instance lost", "nginx")
    assert "round 3" in instance.message
